// Optimisers: how a parameter moves, given its gradient. Each writes the nodes of one parameter and says what it has to remember.
//
// Weight decay is decoupled (Loshchilov and Hutter 2017, https://arxiv.org/abs/1711.05101): the parameter shrinks by
// learning rate * decay, apart from the gradient, so it means the same for both.
import type { GraphBuilder, Value } from "../graph/builder.ts";
import { floatTensor, type Tensor } from "../graph/graph.ts";

export interface Optimiser {
  /** What is remembered per parameter, zeros at first: "moment1" for instance. */
  readonly memories: readonly string[];
  /** Scalar inputs of the graph beside `learning_rate`. */
  readonly scalars: readonly string[];
  /** Values of all scalar inputs at `step`, counted from 1. */
  readonly values: (step: number, learningRate: number) => Readonly<Record<string, number>>;
  /** Writes the new parameter and the new memories under the names that `UpdateSite` gives. */
  readonly update: (b: GraphBuilder, at: UpdateSite) => void;
}

interface UpdateSite {
  /** The parameter, already shrunk by weight decay. */
  readonly parameter: Value;
  readonly gradient: Value;
  readonly memories: readonly Value[];
  readonly scalar: (name: string) => Value;
  readonly nextParameter: string;
  readonly nextMemories: readonly string[];
}

export const LEARNING_RATE = "learning_rate";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
const MOMENTUM = 0.9;

/**
 * Adam (Kingma and Ba 2014, https://arxiv.org/abs/1412.6980, beta 0.9 and 0.999, epsilon 1e-8). The moments are kept as plain sums
 * M = beta1 M + g and V = beta2 V + g^2; their factors (1 - beta) and the bias correction fold into two scalars that the caller
 * feeds, which saves four passes over every weight: p -= adam_rate * M / (sqrt(V) + adam_epsilon).
 */
const adam: Optimiser = {
  memories: ["moment1", "moment2"],
  scalars: ["adam_rate", "adam_epsilon"],
  values: (step, learningRate) => {
    const root = Math.sqrt((1 - BETA2) / (1 - BETA2 ** step));
    return {
      [LEARNING_RATE]: learningRate,
      adam_rate: (learningRate * (1 - BETA1)) / ((1 - BETA1 ** step) * root),
      adam_epsilon: EPSILON / root,
    };
  },
  update: (b, { parameter, gradient, memories, scalar, nextParameter, nextMemories }) => {
    const kept1 = b.mul(memories[0]!, BETA1);
    const moment1 = b.as(nextMemories[0]!).add(kept1, gradient);
    const kept2 = b.mul(memories[1]!, BETA2);
    const square = b.mul(gradient, gradient);
    const moment2 = b.as(nextMemories[1]!).add(kept2, square);
    const ratio = b.div(moment1, b.add(b.sqrt(moment2), scalar("adam_epsilon")));
    const move = b.mul(ratio, scalar("adam_rate"));
    b.as(nextParameter).sub(parameter, move);
  },
};

/** Stochastic gradient descent with momentum 0.9: v = 0.9 v + g, p -= rate * v. */
const sgd: Optimiser = {
  memories: ["velocity"],
  scalars: [],
  values: (_, learningRate) => ({ [LEARNING_RATE]: learningRate }),
  update: (b, { parameter, gradient, memories, scalar, nextParameter, nextMemories }) => {
    const kept = b.mul(memories[0]!, MOMENTUM);
    const velocity = b.as(nextMemories[0]!).add(kept, gradient);
    const move = b.mul(velocity, scalar(LEARNING_RATE));
    b.as(nextParameter).sub(parameter, move);
  },
};

export const OPTIMISERS = { adam, sgd } as const;

export function zeros(dims: readonly number[]): Tensor {
  return floatTensor(dims, new Float32Array(dims.reduce((product, dim) => product * dim, 1)));
}
