import { expect, test } from "vitest";
import { recipeOf, type StepDraft, withoutStep, withStep } from "../../../renderer/views/models/compression-draft.ts";

const build = (...kinds: StepDraft["step"][]) =>
  kinds.reduce<readonly StepDraft[]>((steps, kind) => withStep(steps, kind), []);

test("integers stay the last step, once, whatever is added after them", () => {
  const steps = build("quantise", "prune", "distil", "quantise");
  expect(steps.map(({ step }) => step)).toEqual(["prune", "distil", "quantise"]);
});

test("what is left after a pruning is taught without a training between; a first pupil gets a net of its own", () => {
  expect(recipeOf(build("prune", "distil"))).toMatchObject([
    { step: "prune", share: 0.5, epochs: 0 },
    { step: "distil", student: null, weight: 0.7 },
  ]);
  expect(recipeOf(build("distil"))).toMatchObject([{ student: { architecture: "convnet", width: 16 } }]);
  expect(recipeOf(withoutStep(build("prune", "distil"), 0))).toMatchObject([{ student: { architecture: "convnet" } }]);
});

test("a step without its number, or with one out of range, makes no recipe", () => {
  const [prune] = build("prune");
  expect(recipeOf([{ ...prune, share: "" } as StepDraft])).toBeNull();
  expect(recipeOf([{ ...prune, share: 99 } as StepDraft])).toBeNull();
  expect(recipeOf([])).toBeNull();
});
