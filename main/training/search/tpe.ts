// Tree-structured Parzen estimator: where good trials are dense and others are not (Bergstra et al. 2011,
// https://papers.nips.cc/paper/2011/hash/86e8f7ab32cfd12577bc2619bc635690-Abstract.html).
//
// Each parameter has two densities of its own, over the trials in which it exists: of the best tenth, and of the others. Candidates are drawn from the first;
// the one whose ratio of both is largest wins. A parameter that only some choices have is drawn after that choice, so conditional spaces are natural.
import { createRandom, type Random } from "../../models/random.ts";
import {
  type Configuration,
  exists,
  type Parameter,
  type SearchSpace,
  type SearchValue,
  type Trial,
  unitOf,
  valueAt,
} from "./space.ts";

const PURPOSE = 0x79e;
const CANDIDATES = 24;
const GOOD = 0.1;
const MOST_GOOD = 25;

interface Density {
  draw(random: Random): SearchValue;
  /** Logarithm of the density of a value; of options, of the probability. */
  log(value: SearchValue): number;
}

/** The next configuration. `trials` hold at least two; those that run count among the others, so parallel trials spread. */
export function askTpe(space: SearchSpace, trials: readonly Trial[], seed: number): Configuration {
  const random = createRandom(seed, PURPOSE, trials.length);
  const rank = ({ value }: Trial): number => (value === null || !Number.isFinite(value) ? Infinity : value);
  const sorted = trials.toSorted((a, b) => rank(a) - rank(b) || 0);
  const count = Math.min(MOST_GOOD, Math.ceil(GOOD * trials.length));
  const [good, others] = [sorted.slice(0, count), sorted.slice(count)];
  const configuration: Record<string, SearchValue> = {};
  for (const parameter of space) {
    if (!exists(parameter, configuration)) continue;
    const [inGood, inOthers] = [good, others].map((part) => densityOf(parameter, part));
    let best = { value: inGood!.draw(random), ratio: -Infinity };
    for (let i = 0; i < CANDIDATES; i++) {
      const value = inGood!.draw(random);
      const ratio = inGood!.log(value) - inOthers!.log(value);
      if (ratio > best.ratio) best = { value, ratio };
    }
    configuration[parameter.name] = best.value;
  }
  return configuration;
}

function densityOf(parameter: Parameter, trials: readonly Trial[]): Density {
  const values = trials.flatMap(({ configuration }) => configuration[parameter.name] ?? []);
  return parameter.kind === "choice"
    ? ofOptions(parameter.options, values)
    : ofUnits(
        parameter,
        values.map((value) => unitOf(parameter, value)),
      );
}

/** How often each option was chosen; one more choice is spread over all of them. */
function ofOptions(options: readonly SearchValue[], values: readonly SearchValue[]): Density {
  const weights = options.map((option) => values.filter((value) => value === option).length + 1 / options.length);
  const total = values.length + 1;
  return {
    draw: (random) => {
      let left = random.uniform() * total;
      const at = weights.findIndex((weight) => (left -= weight) < 0);
      return options[at < 0 ? options.length - 1 : at]!;
    },
    log: (value) => Math.log(weights[options.indexOf(value)]! / total),
  };
}

/** A bell around each value, as wide as the larger gap to its neighbours and cut off at 0 and 1, and one wide bell in the middle. */
function ofUnits(parameter: Parameter, units: readonly number[]): Density {
  const centres = [...units, 0.5].sort((a, b) => a - b);
  const least = 1 / Math.min(100, 1 + centres.length);
  const middle = centres.indexOf(0.5);
  const bells = centres.map((centre, i) => {
    const gap = Math.max(centre - (centres[i - 1] ?? 0), (centres[i + 1] ?? 1) - centre);
    const width = i === middle ? 1 : Math.min(1, Math.max(least, gap));
    return { centre, width, inside: bellBelow((1 - centre) / width) - bellBelow(-centre / width) };
  });
  const drawUnit = (random: Random): number => {
    const { centre, width } = bells[random.below(bells.length)]!;
    for (;;) {
      const u = centre + width * random.normal();
      if (u >= 0 && u <= 1) return u;
    }
  };
  return {
    draw: (random) => valueAt(parameter, drawUnit(random)),
    log: (value) => {
      const u = unitOf(parameter, value);
      let sum = 0;
      for (const { centre, width, inside } of bells)
        sum += Math.exp(-0.5 * ((u - centre) / width) ** 2) / (width * inside);
      return Math.log(sum / bells.length);
    },
  };
}

/** Share of the normal distribution below z, within 7.5e-8 (Abramowitz and Stegun 26.2.17): enough for weights. */
function bellBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * poly;
  return z > 0 ? 1 - tail : tail;
}
