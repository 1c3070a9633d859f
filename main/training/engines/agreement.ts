// Before a device is used for training it must agree with the CPU: the same graph on the same numbers gives the same numbers.
//
// Graphics drivers have bugs and devices round differently; a model trained on a device that computes something else would be wrong
// without any error. One small step of the very graph that is to be trained settles it, on this machine, with this driver. Where they disagree, every value of
// the step is compared in the order in which it is computed, and the first operator whose inputs agree and whose output does not is named.
import { AppError } from "../../../preload/contract/index.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { isFloat } from "../../graph/data-type.ts";
import type { Graph, Node } from "../../graph/graph.ts";
import { inferShapes } from "../../graph/infer-shapes.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";
import { createRandom } from "../../models/random.ts";
import { createSession, type DeviceId, type Values } from "./session.ts";

/** Largest relative L2 difference of any output. float32 training steps differ by 1e-6 to 1e-4 between correct devices (README). */
export const AGREEMENT = 1e-3;
/**
 * Some steps magnify rounding: the gradients of a deep U-Net on two images differ by some 1e-3 between any two float32 implementations, those of a batch norm over two values are
 * nothing but rounding, and one value that rounds to the other side of a Relu's corner or another place of a maximum moves whole channels. How much each output does is seen by
 * moving the inputs a little, several times: by units in the last place, and `times` what that changes is allowed the output too.
 */
const MOVES = [
  { units: 1, times: 10 },
  { units: 32, times: 3 },
  { units: 32, times: 3 },
  { units: 32, times: 3 },
] as const;
/** A unit in the last place of float32, relative. */
const UNIT = 2 ** -23;

export interface Agreement {
  /** Largest relative L2 difference over all outputs, and the output it was found in. */
  readonly difference: number;
  readonly output: string;
}

interface On {
  readonly device: DeviceId;
  readonly threads: number;
}

async function runOn(graph: Uint8Array, feeds: Values, device: DeviceId, threads: number) {
  const session = await createSession(graph, { device, threads, use: "training" });
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

/** Runs `model` once on each device and compares every floating-point output. Errors: those of createSession. */
export async function compareWithCpu(model: Uint8Array, feeds: Values, { device, threads }: On): Promise<Agreement> {
  return worst(await runOn(model, feeds, "cpu", threads), await runOn(model, feeds, device, threads));
}

/** Errors: training/device-disagrees, naming the operator, or the output where no operator can be told. */
export async function requireAgreement(graph: Graph, feeds: Values, on: On): Promise<void> {
  const model = writeOnnx(graph);
  const expected = await runOn(model, feeds, "cpu", on.threads);
  const found = await runOn(model, feeds, on.device, on.threads);
  if (worst(expected, found).difference <= AGREEMENT) return;
  const moved: Values[] = [];
  for (const [seed, { units }] of MOVES.entries()) {
    moved.push(await runOn(model, withNoise(feeds, units * UNIT, seed), "cpu", on.threads));
  }
  const excess = worstExcess(expected, found, moved);
  if (!excess) return;
  const { output, difference, allowed } = excess;
  const culprit = await firstDisagreement(graph, feeds, on, AGREEMENT);
  const where = culprit ? `${culprit.op} "${culprit.name}"` : `the output ${output}`;
  throw new AppError(
    "training/device-disagrees",
    `One training step on ${on.device} differs from the processor by ${difference.toPrecision(2)} (allowed: ${allowed.toPrecision(2)}), first in ${where}; train on the processor.`,
  );
}

/**
 * The output that differs furthest beyond what it may, given what the processor answers about inputs that were moved as `MOVES` says; null where all are within.
 * Where the processor itself gives no number, nothing more is allowed.
 */
export function worstExcess(
  expected: Values,
  found: Values,
  moved: readonly Values[],
): (Agreement & { readonly allowed: number }) | null {
  const changes = moved.map((values) => differences(expected, values));
  const excesses = [...differences(expected, found)].map(([output, difference]) => {
    const own = changes.map((change, i) => MOVES[i]!.times * change.get(output)!).filter(Number.isFinite);
    return { output, difference, allowed: Math.max(AGREEMENT, ...own) };
  });
  const beyond = excesses.filter(({ difference, allowed }) => difference > allowed);
  return beyond.toSorted((a, b) => b.difference / b.allowed - a.difference / a.allowed)[0] ?? null;
}

/**
 * The first node, in the order of the graph, that gives something else on the device than on the processor though what it reads agrees to `within`; null when
 * there is none. Runs the graph with every floating-point value as an output: small graphs only.
 */
async function firstDisagreement(graph: Graph, feeds: Values, on: On, within: number): Promise<Node | null> {
  const open = writeOnnx(withEveryValue(graph));
  const expected = await runOn(open, feeds, "cpu", on.threads);
  const found = await runOn(open, feeds, on.device, on.threads);
  const agrees = (name: string): boolean => {
    const [a, b] = [expected[name], found[name]];
    return !a || !b || relativeDifference(a.data as Float32Array, b.data as Float32Array) <= within;
  };
  return graph.nodes.find(({ inputs, outputs }) => !outputs.every(agrees) && inputs.every(agrees)) ?? null;
}

/** The first node, in the order of the graph, with an output that is not finite; null when all are. Runs on the processor, every value an output. */
export async function firstNonFinite(graph: Graph, feeds: Values, threads: number): Promise<Node | null> {
  const values = await runOn(writeOnnx(withEveryValue(graph)), feeds, "cpu", threads);
  const finite = (name: string): boolean =>
    !values[name] || (values[name].data as Float32Array).every((value) => Number.isFinite(value));
  return graph.nodes.find(({ outputs }) => !outputs.every(finite)) ?? null;
}

/** The same graph, every floating-point value of which is an output. */
function withEveryValue(graph: Graph): Graph {
  const types = inferShapes(graph);
  const made = graph.nodes.flatMap(({ outputs }) =>
    outputs.filter((name) => name !== "" && isFloat(types.get(name)!.type)),
  );
  const b = GraphBuilder.from(graph, { outputs: false });
  for (const name of new Set(made)) b.output(b.value(name));
  return b.build();
}

function worst(expected: Values, found: Values): Agreement {
  let result: Agreement = { difference: 0, output: "" };
  for (const [output, difference] of differences(expected, found)) {
    if (difference > result.difference) result = { difference, output };
  }
  return result;
}

/** Of every output with real numbers. */
function differences(expected: Values, found: Values): ReadonlyMap<string, number> {
  const real = Object.entries(expected).filter(([, { type }]) => type === "float32" || type === "float64");
  return new Map(
    real.map(([output, { data }]) => [
      output,
      relativeDifference(data as Float32Array, found[output]!.data as Float32Array),
    ]),
  );
}

/** Every number times 1 - `part` to 1 + `part`, drawn at random; whole ones stay, since classes, masks and switches are compared with each other. */
function withNoise(feeds: Values, part: number, seed: number): Values {
  const random = createRandom(seed, 1);
  const moved = (value: number): number =>
    Number.isInteger(value) ? value : value * (1 + part * (2 * random.uniform() - 1));
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { type, dims, data }]) => [
      name,
      type === "float32" ? { type, dims, data: Float32Array.from(data as Float32Array, moved) } : { type, dims, data },
    ]),
  );
}

/** L2 norm of the difference over the L2 norm of what was expected; Infinity when a number is missing or not finite. */
function relativeDifference(expected: ArrayLike<number>, found: ArrayLike<number>): number {
  if (expected.length !== found.length) return Number.POSITIVE_INFINITY;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (expected[i]! - found[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  const relative = Math.sqrt(difference / Math.max(norm, 1e-30));
  return Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
}
