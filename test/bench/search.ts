// How near a search comes to the best there is: ours against random search and Optuna's TPE, at the same number of trials.
//
// Regret is the best value found less the lowest there is. Median over 20 seeds; a ratio is the worst over the problems. Optuna is Debian's python3-optuna,
// run beside us in the same process of measuring: it asks, we answer, so every search minimises the very same function. Arguments: seeds (default 20).
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ask, type Sampler } from "../../main/training/search/ask.ts";
import type { Configuration, Trial } from "../../main/training/search/space.ts";
import { type BenchResult, BenchUnavailable } from "../support/bench.ts";
import { branin, hartmann, type Problem, perceptron } from "./search/problems.ts";

export const title = "Regret of Bayesian search against random search and Optuna's TPE";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("search/optuna_tpe.py", import.meta.url));
const LIMITS = { vsRandom: 0.5, vsOptuna: 1 };

type Search = (problem: Problem, seed: number) => Promise<number>;

const ours =
  (sampler: Sampler): Search =>
  async (problem, seed) => {
    const trials: Trial[] = [];
    while (trials.length < problem.trials) {
      const configuration = ask(problem.space, trials, { sampler, seed })!;
      trials.push({ configuration, value: await problem.value(configuration) });
    }
    return Math.min(...trials.map(({ value }) => value!));
  };

/** One Python for all searches: its start costs more than they do. */
function optuna() {
  const child = spawn(PYTHON, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const search: Search = async ({ space, trials, value }, seed) => {
    child.stdin.write(`${JSON.stringify({ seed, trials, space })}\n`);
    let best = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < trials; trial++) {
      const { value: line, done } = await lines.next();
      if (done) throw new Error("Optuna ended before its search did; what it said is above.");
      const found = await value(JSON.parse(line) as Configuration);
      best = Math.min(best, found);
      child.stdin.write(`${JSON.stringify(Number.isFinite(found) ? found : null)}\n`);
    }
    return best;
  };
  return { search, end: () => child.stdin.end() };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

export default async function search([seeds = "20"]: readonly string[]): Promise<BenchResult> {
  await promisify(execFile)(PYTHON, ["-c", "import optuna"]).catch(() => {
    throw new BenchUnavailable("Optuna is not here: install Debian's python3-optuna.");
  });
  const theirs = optuna();
  const searches: Record<string, Search> = {
    random: ours("random"),
    tpe: ours("tpe"),
    bayesian: ours("bayesian"),
    optuna: theirs.search,
  };
  const figures: Record<string, number> = { vsRandom: 0, vsOptuna: 0 };
  try {
    for (const problem of [branin, hartmann, perceptron()]) {
      const found: Record<string, number[]> = {};
      for (const [name, find] of Object.entries(searches)) {
        const started = performance.now();
        found[name] = [];
        for (let seed = 1; seed <= Number(seeds); seed++) found[name].push(await find(problem, seed));
        console.error(`${problem.name} ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      }
      const lowest = problem.lowest ?? Math.min(...Object.values(found).flat());
      const regret = (name: string): number => median(found[name]!.map((value) => value - lowest));
      for (const name of Object.keys(searches)) figures[`${problem.name}.${name}`] = regret(name);
      figures.vsRandom = Math.max(figures.vsRandom!, regret("bayesian") / regret("random"));
      figures.vsOptuna = Math.max(figures.vsOptuna!, regret("bayesian") / regret("optuna"));
    }
  } finally {
    theirs.end();
  }
  const required = { vsRandom: `<= ${LIMITS.vsRandom}`, vsOptuna: `<= ${LIMITS.vsOptuna}` };
  return { figures, required, ok: figures.vsRandom! <= LIMITS.vsRandom && figures.vsOptuna! <= LIMITS.vsOptuna };
}
