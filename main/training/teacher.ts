// A model whose answers another one learns from: what it says of the very pictures that the other one is given, varied and mixed as they are, so that both look at the same
// (Beyer et al. 2021, https://arxiv.org/abs/2106.05237).
//
// It is asked for probabilities, which every model of a project gives, float or int8, with or without copies; the logarithm of a probability is its logit but for a constant
// that no softmax sees.
import { AppError, type InputSpec } from "../../preload/contract/index.ts";
import { floatTensor, type Tensor } from "../graph/graph.ts";
import type { Project } from "../project/project.ts";
import { createSession } from "./engines/session.ts";

export interface Teacher {
  readonly onnx: Uint8Array;
  /** A picture as it is prepared for the learner, as the teacher expects it; in place. */
  readonly adapt: (pixels: Float32Array) => Float32Array;
}

/** The teacher of a learner that takes such input and tells these classes apart. Errors: app/not-found; app/invalid-input where its classes or its size are others. */
export function teacherOf(
  project: Project,
  id: string,
  { input, classIds }: { input: InputSpec; classIds: readonly string[] },
): Teacher {
  const model = project.models.get(id);
  if (model.classes.map((one) => one.id).join() !== classIds.join()) {
    throw new AppError(
      "app/invalid-input",
      `The teacher "${model.name}" must tell the classes of this snapshot apart, in the same order: choose a model that was trained for them.`,
    );
  }
  if (model.input.size !== input.size) {
    const [teacher, own] = [model.input.size, input.size].map((size) => `${size} × ${size}`);
    throw new AppError(
      "app/invalid-input",
      `The teacher "${model.name}" takes images of ${teacher} pixels and the recipe gives it ${own}: set the recipe's input size to that of the teacher.`,
    );
  }
  return { onnx: project.models.onnx(id), adapt: rangeOf(input, model.input) };
}

/** Values that are 0 and 1 for the one become what they are for the other; outside they are clipped, as images are. */
function rangeOf(from: InputSpec, to: InputSpec): Teacher["adapt"] {
  if (from.low === to.low && from.high === to.high) return (pixels) => pixels;
  const scale = (from.high - from.low) / (to.high - to.low);
  const offset = (from.low - to.low) / (to.high - to.low);
  return (pixels) => pixels.map((value) => Math.min(1, Math.max(0, value * scale + offset)));
}

export interface Teaching {
  /** Distributions [N, K] of images [N, 1, rows, columns], softened. */
  readonly answers: (images: Tensor) => Promise<Tensor>;
  readonly dispose: () => Promise<void>;
}

/** Opens the teacher on the processor. @param temperature from 1, by which its logits are divided */
export async function openTeacher(
  { onnx, adapt }: Teacher,
  { temperature, threads }: { temperature: number; threads: number },
): Promise<Teaching> {
  const session = await createSession(onnx, { device: "cpu", threads, use: "inference" });
  return {
    answers: async ({ dims, data }) => {
      const image = floatTensor(dims, adapt(data as Float32Array));
      const { probabilities } = await session.run({ image }, ["probabilities"]);
      return softened(probabilities!, temperature);
    },
    dispose: () => session.dispose(),
  };
}

/** Keeps 0 out of a logarithm; far below what float32 answers with. */
const NOTHING = 1e-38;

/** softmax(log(p) / temperature) of each row. */
export function softened({ dims, data }: Tensor, temperature: number): Tensor {
  const classes = dims[1]!;
  const soft = Float32Array.from(data as Float32Array, (p) => Math.max(p, NOTHING) ** (1 / temperature));
  for (let row = 0; row < soft.length; row += classes) {
    const own = soft.subarray(row, row + classes);
    const sum = own.reduce((total, value) => total + value, 0);
    for (let c = 0; c < classes; c++) own[c]! /= sum;
  }
  return floatTensor(dims, soft);
}
