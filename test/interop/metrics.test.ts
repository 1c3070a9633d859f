// Fresh random cases, judged live by scikit-learn (Debian's python3-sklearn) and by us.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { evaluate } from "../../main/models/metrics.ts";
import { createRandom } from "../../main/models/random.ts";
import { type MetricsReference, predictionsOf, sameFigures } from "../support/metricsReference.ts";

const generator = fileURLToPath(new URL("../models/fixtures/generate_metrics.py", import.meta.url));

test("40 random problems with 2 to 5 classes, with and without ties, get scikit-learn's figures", () => {
  const seed = Date.now() % 2 ** 32;
  const random = createRandom(seed);
  const problems = Array.from({ length: 40 }, (_, problem) => {
    const k = 2 + (problem % 4);
    const n = 30 + random.below(400);
    const skill = 2 * random.uniform();
    const truth = Array.from({ length: n }, (_, i) => (i < k ? i : random.below(k)));
    const probabilities = truth.map((t) => {
      const logits = Array.from({ length: k }, (_, c) => random.normal() + (c === t ? skill : 0));
      const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
      const p = logits.map((z) => Math.exp(z) / total);
      if (problem % 2 === 0) return p;
      const tied = p.map((x) => Math.floor(x * 16) / 16);
      tied[0] = tied[0]! + 1 - tied.reduce((sum, x) => sum + x, 0);
      return tied;
    });
    return { truth, probabilities };
  });
  const answer = execFileSync("/usr/bin/python3", [generator, "--stdin"], {
    input: JSON.stringify(problems),
    maxBuffer: 2 ** 28,
  });
  const references = JSON.parse(answer.toString()) as MetricsReference["reference"][];
  expect(references.length, `seed ${seed}`).toBe(problems.length);
  for (const [i, problem] of problems.entries()) {
    const classes = problem.probabilities[0]!.map((_, c) => ({ id: `${c}`, name: `${c}`, color: "#000000" }));
    sameFigures(evaluate(classes, predictionsOf(problem)), references[i]!);
  }
});
