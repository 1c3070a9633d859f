// The door of the samplers: what to try next, given everything tried so far.
//
// Pure functions of the space, the trials and a seed: nothing is remembered between two questions, so a search that was killed goes on with exactly the
// configurations it would have tried. The n-th question draws from its own stream of chance.
import { createRandom } from "../../models/random.ts";
import { askBayesian } from "./bayesian.ts";
import { haltonPoint } from "./halton.ts";
import {
  checkSpace,
  type Configuration,
  configurationAt,
  exists,
  type Parameter,
  type SearchSpace,
  type SearchValue,
  type Trial,
  valueAt,
} from "./space.ts";
import { askTpe } from "./tpe.ts";

/** `auto`: `bayesian`, but `tpe` where parameters depend on others or there are more than twenty. */
export type Sampler = "grid" | "random" | "bayesian" | "tpe" | "auto";

interface AskOptions {
  readonly sampler: Sampler;
  readonly seed: number;
  /** Values of a `float` that a grid tries, and of an `integer` with more than that; 5 when absent. */
  readonly levels?: number;
}

const PURPOSE = 0x5a3;
const LEVELS = 5;
/** Beyond that a Gaussian process learns too little from the trials that one can afford. */
const MOST_DIMENSIONS = 20;

/**
 * The configuration to try after `trials`, in the order in which they were asked for, running and failed ones among them. Null when a grid is done.
 * Throws a RangeError for a space that cannot be searched.
 */
export function ask(
  space: SearchSpace,
  trials: readonly Trial[],
  { sampler, seed, levels = LEVELS }: AskOptions,
): Configuration | null {
  checkSpace(space);
  const number = trials.length;
  if (sampler === "grid") return grid(space, levels)[number] ?? null;
  if (sampler === "random") {
    const random = createRandom(seed, PURPOSE, number);
    return configurationAt(
      space,
      space.map(() => random.uniform()),
    );
  }
  const told = trials.filter(({ value }) => value !== null && Number.isFinite(value)).length;
  const start = Math.min(10, 2 + space.length);
  if (number < start || told < 2) return configurationAt(space, haltonPoint(number, space.length, seed));
  const conditional = space.some(({ when }) => when !== undefined) || space.length > MOST_DIMENSIONS;
  return sampler === "tpe" || (sampler === "auto" && conditional)
    ? askTpe(space, trials, seed)
    : askBayesian(space, trials, seed);
}

/** All configurations of a grid, the last parameter changing fastest. */
function grid(space: SearchSpace, levels: number): Configuration[] {
  return space.reduce<Record<string, SearchValue>[]>(
    (all, parameter) =>
      all.flatMap((before) =>
        exists(parameter, before)
          ? gridValues(parameter, levels).map((value) => ({ ...before, [parameter.name]: value }))
          : [before],
      ),
    [{}],
  );
}

/** Every option or whole number where there are few; else values from end to end, even on the parameter's scale. */
function gridValues(parameter: Parameter, levels: number): SearchValue[] {
  if (parameter.kind === "choice") return [...parameter.options];
  const { kind, low, high } = parameter;
  if (kind === "integer" && high - low < levels) return Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const steps = Math.max(2, Math.floor(levels));
  return [...new Set(Array.from({ length: steps }, (_, i) => valueAt(parameter, i / (steps - 1))))];
}
