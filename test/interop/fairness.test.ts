// Fresh random cases in groups, judged live by the published definitions on scikit-learn's rates (Debian's python3-sklearn) and by us.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { auditFairness } from "../../main/comparison/fairness.ts";
import type { CaseFacts } from "../../main/comparison/groups.ts";
import { evaluate } from "../../main/models/metrics.ts";
import { createRandom } from "../../main/models/random.ts";

const SCRIPT = fileURLToPath(new URL("./fairness.py", import.meta.url));
const CLASSES = ["no", "yes"].map((name) => ({ id: name, name, color: "#000000" }));
const GROUPS = ["F", "M", "O"];
const DIFFERENCES = ["demographicParity", "equalOpportunity", "equalisedOdds", "auc"] as const;
const FIGURES = ["sensitivity", "specificity", "selectionRate", "accuracy", "auc", "brier", "bias"] as const;

type Theirs = Record<(typeof DIFFERENCES)[number], number> & {
  groups: Record<string, Record<(typeof FIGURES)[number], number>>;
};

test("40 random problems of 2 and 3 groups, with and without ties, get the published figures to 1e-6", () => {
  const seed = Date.now() % 2 ** 32;
  const random = createRandom(seed);
  const problems = Array.from({ length: 40 }, (_, problem) => {
    const groups = GROUPS.slice(0, 2 + (problem % 2));
    const size = 60 + random.below(200);
    const group = Array.from({ length: size }, (_, i) => groups[i % groups.length]!);
    // Each group has both truths.
    const truth = group.map((_, i) => (i < 2 * groups.length ? i < groups.length : random.uniform() < 0.4));
    const score = truth.map((yes) => {
      const p = 1 / (1 + Math.exp(-((yes ? 1 : -1) + random.normal())));
      return problem % 4 < 2 ? p : Math.round(p * 16) / 16;
    });
    return { truth, score, group };
  });
  const answer = execFileSync("/usr/bin/python3", [SCRIPT], { input: JSON.stringify(problems), maxBuffer: 2 ** 28 });
  const references = JSON.parse(answer.toString()) as Theirs[];
  expect(references.length).toBe(problems.length);
  const same = (ours: number | undefined, theirs: number, what: string): void => {
    expect(Math.abs(ours! - theirs), `${what}, seed ${seed}`).toBeLessThanOrEqual(1e-6);
  };
  for (const [i, { truth, score, group }] of problems.entries()) {
    const predictions = truth.map((yes, n) => ({
      ...{ imageId: `${n}`, truth: Number(yes) },
      probabilities: [1 - score[n]!, score[n]!],
    }));
    const facts = group.map((PatientSex, n): [string, CaseFacts] => [
      `${n}`,
      { imageId: `${n}`, patient: "", modality: "", answers: {}, tags: { PatientSex } },
    ]);
    const evaluation = { modelId: "m", part: "test" as const, ...evaluate(CLASSES, predictions, 0.5) };
    const ours = auditFairness(evaluation, new Map(facts), new Map(), { by: ["sex"], minimum: 1 });
    for (const name of DIFFERENCES) same(ours.differences[name]?.value, references[i]![name], name);
    for (const { values, figures } of ours.groups) {
      const theirs = references[i]!.groups[values[0]!]!;
      for (const name of FIGURES) {
        const figure = figures![name];
        same(typeof figure === "number" ? figure : figure?.value, theirs[name], `${name} of ${values[0]}`);
      }
    }
  }
});
