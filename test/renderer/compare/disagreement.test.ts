import { expect, test } from "vitest";
import type { Case } from "../../../preload/contract/index.ts";
import { disagreements } from "../../../renderer/views/compare/disagreement.ts";

const NORMAL = { id: "n", name: "normal", color: "#000000" };
const LESION = { id: "l", name: "lesion", color: "#ffffff" };
const item = (imageId: string, truth: number, predicted: number, sure = 0.9): Case => ({
  imageId,
  truth,
  predicted,
  probabilities: predicted === 0 ? [sure, 1 - sure] : [1 - sure, sure],
  loss: 0,
});

test("images with the same answer are left out, and the one that was right is named", () => {
  const first = { classes: [NORMAL, LESION], cases: [item("a", 0, 0), item("b", 1, 1), item("c", 1, 0)] };
  const second = { classes: [NORMAL, LESION], cases: [item("a", 0, 0), item("b", 1, 0), item("c", 1, 1)] };
  const { common, items } = disagreements(first, second);
  expect(common).toBe(3);
  expect(items.map(({ imageId, right }) => [imageId, right])).toEqual([
    ["b", "first"],
    ["c", "second"],
  ]);
});

test("classes are matched by identity: another order of outputs is no disagreement", () => {
  const first = { classes: [NORMAL, LESION], cases: [item("a", 0, 0)] };
  const second = { classes: [LESION, NORMAL], cases: [item("a", 1, 1)] };
  expect(disagreements(first, second)).toEqual({ common: 1, items: [] });
});

test("an image only one was judged on, or labelled differently since, is not counted", () => {
  const first = { classes: [NORMAL, LESION], cases: [item("a", 0, 0), item("b", 0, 0)] };
  const second = { classes: [NORMAL, LESION], cases: [item("b", 1, 1), item("c", 1, 1)] };
  expect(disagreements(first, second)).toEqual({ common: 0, items: [] });
});

test("the most decided disagreement comes first", () => {
  const first = { classes: [NORMAL, LESION], cases: [item("weak", 0, 0, 0.55), item("strong", 0, 0, 0.99)] };
  const second = { classes: [NORMAL, LESION], cases: [item("weak", 0, 1, 0.6), item("strong", 0, 1, 0.95)] };
  expect(disagreements(first, second).items.map(({ imageId }) => imageId)).toEqual(["strong", "weak"]);
});
