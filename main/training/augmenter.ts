// Augmentation ready to run: a session of the graph and the draws that it needs, for whichever task has images.
import type { Tensor } from "../graph/graph.ts";
import { writeOnnx } from "../graph/onnx-writer.ts";
import { type AugmentationShape, augmentationGraph } from "../models/augmentation.ts";
import type { Random } from "../models/random.ts";
import { type Augment, drawAugmentation, stepsOf } from "./augmentation.ts";
import { createSession, type SessionOptions } from "./engines/session.ts";

export interface Augmenter {
  /** Images [batch, channels, rows, columns], and masks [batch, 1, rows, columns] where the shape has them, varied. */
  vary(
    image: Tensor,
    mask: Tensor | null,
    random: Random,
  ): Promise<{ readonly image: Tensor; readonly mask: Tensor | null }>;
  dispose(): Promise<void>;
}

export async function createAugmenter(
  augment: Augment,
  shape: Omit<AugmentationShape, "steps">,
  on: Pick<SessionOptions, "device" | "threads">,
): Promise<Augmenter> {
  const graph = augmentationGraph({ ...shape, steps: stepsOf(augment) });
  const session = await createSession(writeOnnx(graph), { ...on, use: "training" });
  return {
    vary: async (image, mask, random) => {
      const drawn = drawAugmentation(augment, shape, random);
      const answers = await session.run({ image, ...(mask ? { mask } : {}), ...drawn });
      return { image: answers.augmented!, mask: answers.augmented_mask ?? null };
    },
    dispose: () => session.dispose(),
  };
}
