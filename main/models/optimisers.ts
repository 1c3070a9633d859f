// Optimisers: how a parameter moves, given its gradient. Each writes the nodes of one parameter and says what it has to remember.
//
// Weight decay is decoupled (Loshchilov and Hutter 2017, https://arxiv.org/abs/1711.05101): the parameter shrinks by
// learning rate * decay, apart from the gradient, so it means the same for all. Adam with it is what is called AdamW.
import type { GraphBuilder, Value } from "../graph/builder.ts";
import { floatTensor, type Tensor } from "../graph/graph.ts";

export interface OptimiserOptions {
  /** Of sgd and rmsprop, from 0 to below 1. */
  readonly momentum?: number;
  /** Of sgd: the gradient is taken where the momentum leads to (Nesterov 1983, in the form of Sutskever et al. 2013). */
  readonly nesterov?: boolean;
}

export interface Optimiser {
  /** What is remembered per parameter, zeros at first: "moment1" for instance. */
  readonly memories: readonly string[];
  /** Those of them that hold squares of gradients, whose root divides. */
  readonly squares: readonly string[];
  /** Scalar inputs of the graph beside `learning_rate`. */
  readonly scalars: readonly string[];
  /** Values of all scalar inputs at `step`, counted from 1. */
  readonly values: (step: number, learningRate: number) => Readonly<Record<string, number>>;
  /** Writes the new parameter and the new memories under the names that `UpdateSite` gives. */
  readonly update: (b: GraphBuilder, at: UpdateSite) => void;
}

interface UpdateSite {
  readonly parameter: Value;
  readonly gradient: Value;
  readonly memories: readonly Value[];
  readonly scalar: (name: string) => Value;
  /** A scalar that is proportional to the learning rate, times the parameter's own factor. */
  readonly rate: (name: string) => Value;
  /** Decoupled weight decay; 0 for what does not decay. */
  readonly decay: number;
  /** 1 - learning rate * decay, where there is decay. */
  readonly shrink: Value | null;
  readonly nextParameter: string;
  readonly nextMemories: readonly string[];
}

export const LEARNING_RATE = "learning_rate";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
const MOMENTUM = 0.9;
/** PyTorch's. */
const RMS_KEPT = 0.99;
/** As published. */
const LAMB_EPSILON = 1e-6;

/** The parameter after decoupled decay: times 1 - learning rate * decay. */
function decayed(b: GraphBuilder, { parameter, shrink }: UpdateSite): Value {
  return shrink ? b.mul(parameter, shrink) : parameter;
}

/**
 * Adam (Kingma and Ba 2014, https://arxiv.org/abs/1412.6980, beta 0.9 and 0.999, epsilon 1e-8). The moments are kept as plain sums
 * M = beta1 M + g and V = beta2 V + g^2; their factors (1 - beta) and the bias correction fold into two scalars that the caller
 * feeds, which saves four passes over every weight: p -= adam_rate * M / (sqrt(V) + adam_epsilon).
 */
const adam = (): Optimiser => ({
  memories: ["moment1", "moment2"],
  squares: ["moment2"],
  scalars: ["adam_rate", "adam_epsilon"],
  values: (step, learningRate) => {
    const root = Math.sqrt((1 - BETA2) / (1 - BETA2 ** step));
    return {
      [LEARNING_RATE]: learningRate,
      adam_rate: (learningRate * (1 - BETA1)) / ((1 - BETA1 ** step) * root),
      adam_epsilon: EPSILON / root,
    };
  },
  update: (b, at) => {
    const kept1 = b.mul(at.memories[0]!, BETA1);
    const moment1 = b.as(at.nextMemories[0]!).add(kept1, at.gradient);
    const kept2 = b.mul(at.memories[1]!, BETA2);
    const square = b.mul(at.gradient, at.gradient);
    const moment2 = b.as(at.nextMemories[1]!).add(kept2, square);
    const ratio = b.div(moment1, b.add(b.sqrt(moment2), at.scalar("adam_epsilon")));
    const move = b.mul(ratio, at.rate("adam_rate"));
    b.as(at.nextParameter).sub(decayed(b, at), move);
  },
});

/** Stochastic gradient descent with momentum: v = momentum v + g, p -= rate * v; with Nesterov p -= rate * (g + momentum v). */
const sgd = ({ momentum = MOMENTUM, nesterov = false }: OptimiserOptions): Optimiser => ({
  memories: ["velocity"],
  squares: [],
  scalars: [],
  values: (_, learningRate) => ({ [LEARNING_RATE]: learningRate }),
  update: (b, at) => {
    const kept = b.mul(at.memories[0]!, momentum);
    const velocity = b.as(at.nextMemories[0]!).add(kept, at.gradient);
    const direction = nesterov ? b.add(at.gradient, b.mul(velocity, momentum)) : velocity;
    const move = b.mul(direction, at.rate(LEARNING_RATE));
    b.as(at.nextParameter).sub(decayed(b, at), move);
  },
});

/** RMSprop (Tieleman and Hinton 2012) with momentum, as PyTorch's: s = 0.99 s + 0.01 g^2, v = momentum v + g / (sqrt(s) + epsilon), p -= rate * v. */
const rmsprop = ({ momentum = MOMENTUM }: OptimiserOptions): Optimiser => ({
  memories: ["square", "velocity"],
  squares: ["square"],
  scalars: [],
  values: (_, learningRate) => ({ [LEARNING_RATE]: learningRate }),
  update: (b, at) => {
    const fresh = b.mul(b.mul(at.gradient, at.gradient), 1 - RMS_KEPT);
    const square = b.as(at.nextMemories[0]!).add(b.mul(at.memories[0]!, RMS_KEPT), fresh);
    const scaled = b.div(at.gradient, b.add(b.sqrt(square), EPSILON));
    const velocity = b.as(at.nextMemories[1]!).add(b.mul(at.memories[1]!, momentum), scaled);
    b.as(at.nextParameter).sub(decayed(b, at), b.mul(velocity, at.rate(LEARNING_RATE)));
  },
});

/**
 * LAMB (You et al. 2019, https://arxiv.org/abs/1904.00962): Adam's direction u with decay inside, each parameter moved by its own norm over u's: p -= rate *
 * |p| / |u| * u, the ratio being 1 where either norm is 0.
 */
const lamb = (): Optimiser => ({
  memories: ["moment1", "moment2"],
  squares: ["moment2"],
  scalars: ["correction1", "correction2"],
  values: (step, learningRate) => ({
    [LEARNING_RATE]: learningRate,
    correction1: 1 / (1 - BETA1 ** step),
    correction2: 1 / (1 - BETA2 ** step),
  }),
  update: (b, at) => {
    const { parameter, gradient, memories, decay } = at;
    const moment1 = b.as(at.nextMemories[0]!).add(b.mul(memories[0]!, BETA1), b.mul(gradient, 1 - BETA1));
    const square = b.mul(b.mul(gradient, gradient), 1 - BETA2);
    const moment2 = b.as(at.nextMemories[1]!).add(b.mul(memories[1]!, BETA2), square);
    const root = b.add(b.sqrt(b.mul(moment2, at.scalar("correction2"))), LAMB_EPSILON);
    const direction = b.div(b.mul(moment1, at.scalar("correction1")), root);
    const whole = decay > 0 ? b.add(direction, b.mul(parameter, decay)) : direction;
    const [own, its] = [norm(b, parameter), norm(b, whole)];
    const usable = b.op("And", [b.greater(own, 0), b.greater(its, 0)]);
    const trust = b.where(usable, b.div(own, its), b.scalar(1));
    b.as(at.nextParameter).sub(parameter, b.mul(whole, b.mul(trust, at.rate(LEARNING_RATE))));
  },
});

/** Euclidean norm of a whole tensor, a scalar. */
export function norm(b: GraphBuilder, x: Value): Value {
  return b.sqrt(squaredNorm(b, x));
}

/** Its square. */
export function squaredNorm(b: GraphBuilder, x: Value): Value {
  return b.reduceSum(
    b.mul(x, x),
    x.shape.map((_, axis) => axis),
    false,
  );
}

export const OPTIMISERS = { adam, sgd, rmsprop, lamb } as const;
export type OptimiserName = keyof typeof OPTIMISERS;

export function zeros(dims: readonly number[]): Tensor {
  return floatTensor(dims, new Float32Array(dims.reduce((product, dim) => product * dim, 1)));
}
