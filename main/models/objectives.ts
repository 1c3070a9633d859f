// What a training step makes small: truths as inputs of the graph, and the one number `loss`.
//
// An objective reads the outputs of a model by the names that its kind of output gives them, and declares what the loop must feed beside the cases.
import type { GraphBuilder, Value } from "../graph/builder.ts";
import { fixedDims, floatTensor } from "../graph/graph.ts";
import {
  binaryCrossEntropy,
  type CrossEntropyOptions,
  diceLoss,
  huber,
  lovaszLoss,
  softmaxCrossEntropy,
  squaredError,
  type TverskyOptions,
  tverskyLoss,
} from "./losses.ts";

export interface Objective {
  /** Writes the loss of a forward graph whose number of cases is fixed; adds the inputs that hold the truths. */
  readonly write: (b: GraphBuilder) => Value;
}

/** Input `target` [N, K]: a distribution over the classes for each case, one-hot or mixed. */
export function classObjective(options: CrossEntropyOptions = {}): Objective {
  return {
    write: (b) => {
      const logits = b.value("logits");
      const target = b.input("target", "float32", fixedDims(logits.shape, "The answers"));
      return softmaxCrossEntropy(b, logits, target, options);
    },
  };
}

/** Input `target` [N, L]: 1 where a label holds, 0 where not, -1 where nobody knows. */
export function labelsObjective(options: { gamma?: number } = {}): Objective {
  return {
    write: (b) => {
      const logits = b.value("logits");
      const target = b.input("target", "float32", fixedDims(logits.shape, "The answers"));
      return binaryCrossEntropy(b, logits, target, options);
    },
  };
}

/** Input `target` [N, V]. `delta` makes it Huber's loss instead of the squared error. */
export function valueObjective({ delta }: { delta?: number } = {}): Objective {
  return {
    write: (b) => {
      const values = b.value("values");
      const target = b.input("target", "float32", fixedDims(values.shape, "The answers"));
      return delta === undefined ? squaredError(b, values, target) : huber(b, values, target, delta);
    },
  };
}

export interface MaskLoss extends CrossEntropyOptions, TverskyOptions {
  readonly kind: "cross-entropy" | "focal" | "dice" | "dice-cross-entropy" | "tversky" | "lovasz";
}

/** Focal loss as published. */
const FOCAL_GAMMA = 2;

/** Input `target` float32 [N, ...size]: the class of each pixel, -1 where nobody knows. */
export function maskObjective({ kind, ...options }: MaskLoss): Objective {
  return {
    write: (b) => {
      const logits = b.value("logits");
      const [batch, classes, ...size] = fixedDims(logits.shape, "The masks") as [number, number, ...number[]];
      const target = b.input("target", "float32", [batch, ...size]);
      const numbers = floatTensor(
        [classes, ...size.map(() => 1)],
        Array.from({ length: classes }, (_, i) => i),
      );
      const each = b.cast(b.equal(b.unsqueeze(target, [1]), b.constant(numbers)), logits.type);
      switch (kind) {
        case "cross-entropy":
          return softmaxCrossEntropy(b, logits, each, options);
        case "focal":
          return softmaxCrossEntropy(b, logits, each, { ...options, gamma: FOCAL_GAMMA });
        case "dice":
          return diceLoss(b, logits, each);
        case "dice-cross-entropy":
          return b.add(diceLoss(b, logits, each), softmaxCrossEntropy(b, logits, each, options));
        case "tversky":
          return tverskyLoss(b, logits, each, options);
        case "lovasz":
          return lovaszLoss(b, logits, each);
      }
    },
  };
}
