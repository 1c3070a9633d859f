// Asynchronous successive halving: many configurations begin, and only the best third at each rung is trained three times as long.
//
// A worker that is free asks what to do. It promotes a trial that is among the best third of its rung and not yet above it, highest rung first; if there is
// none, a new configuration begins. Nobody waits for a rung to fill, so slow trials hold up nothing (Li et al. 2020, ASHA,
// https://arxiv.org/abs/1810.05934). Hyperband's brackets differ in how long the shortest training is; new trials go to them in turn, in proportion to how
// many each would begin (Li et al. 2018, https://jmlr.org/papers/v18/16-558.html). Pure functions of what was trained so far, like the samplers.

export interface HalvingOptions {
  /** Epochs of the shortest and the longest training; whole numbers from 1 on, the first not above the second. */
  readonly shortest: number;
  readonly longest: number;
  /** One in so many is promoted, and trained so many times as long; a whole number from 2 on. 3 when absent. */
  readonly reduction?: number;
  /** Whether new trials go to all of Hyperband's brackets, or all to the one with the shortest beginning. */
  readonly brackets?: boolean;
}

export interface HalvingTrial {
  /** The bracket that it began in. */
  readonly bracket: number;
  /** What was small at the end of each rung that it finished, lowest rung first. Not finite: it failed there, and is never promoted. */
  readonly values: readonly number[];
  /** Whether it is being trained for the rung after those. */
  readonly running: boolean;
}

/** `trial` is the index of the one to promote, or null for a new configuration; it is trained until it has had `epochs` in all. */
export interface HalvingStep {
  readonly trial: number | null;
  readonly bracket: number;
  readonly epochs: number;
}

/** Epochs in all at the end of each rung of a bracket, the last being the longest. */
export function rungs({ shortest, longest, reduction = 3 }: HalvingOptions, bracket = 0): number[] {
  const found: number[] = [];
  for (let epochs = shortest * reduction ** bracket; epochs < longest; epochs *= reduction) found.push(epochs);
  return [...found, longest];
}

/** What a free worker does next. Throws a RangeError for options that make no rungs. */
export function nextHalving(trials: readonly HalvingTrial[], options: HalvingOptions): HalvingStep {
  const { shortest, longest, reduction = 3, brackets = false } = options;
  if (!(Number.isInteger(shortest) && Number.isInteger(longest) && shortest >= 1 && shortest <= longest)) {
    throw new RangeError(`Trainings go from ${shortest} to ${longest} epochs. Give whole numbers, the shorter first.`);
  }
  if (!(Number.isInteger(reduction) && reduction >= 2)) {
    throw new RangeError(`One in ${reduction} cannot be promoted. Give a whole number from 2 on.`);
  }
  const count = brackets ? rungs(options).length : 1;
  for (let bracket = 0; bracket < count; bracket++) {
    const steps = rungs(options, bracket);
    for (let rung = steps.length - 2; rung >= 0; rung--) {
      const trial = promotable(trials, bracket, rung, reduction);
      if (trial !== null) return { trial, bracket, epochs: steps[rung + 1]! };
    }
  }
  const bracket = neediest(trials, count, options);
  return { trial: null, bracket, epochs: rungs(options, bracket)[0]! };
}

/** The best of a rung's best part that has not gone on; trials that stand in the way of nobody are left out. */
function promotable(trials: readonly HalvingTrial[], bracket: number, rung: number, reduction: number): number | null {
  const finished = [...trials.entries()]
    .filter(([, trial]) => trial.bracket === bracket && trial.values.length > rung)
    .sort(([, a], [, b]) => worth(a, rung) - worth(b, rung));
  const best = finished.slice(0, Math.floor(finished.length / reduction));
  const found = best.find(
    ([, { values, running }]) => values.length === rung + 1 && !running && Number.isFinite(values[rung]!),
  );
  return found?.[0] ?? null;
}

const worth = ({ values }: HalvingTrial, rung: number): number =>
  Number.isFinite(values[rung]!) ? values[rung]! : Number.MAX_VALUE;

/** The bracket that has begun the fewest of its share; that of b rungs begins reduction ^ (b - 1) / b trials for each that it finishes. */
function neediest(trials: readonly HalvingTrial[], count: number, options: HalvingOptions): number {
  const { reduction = 3 } = options;
  const lack = Array.from({ length: count }, (_, bracket) => {
    const height = rungs(options, bracket).length;
    const share = reduction ** (height - 1) / height;
    return trials.filter((trial) => trial.bracket === bracket).length / share;
  });
  return lack.indexOf(Math.min(...lack));
}
