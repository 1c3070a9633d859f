import fc from "fast-check";
import { expect, test } from "vitest";
import { divideByPatient, itemsOfRun } from "../../main/training/folds.ts";
import { projectWithBlobs } from "./blob-project.ts";

const item = fc.record({
  patient: fc.constantFrom("", "a", "b", "c", "d", "e", "f", "g"),
  classIndex: fc.integer({ min: 0, max: 2 }),
});

test("a patient is in one fold, every image in one, and the same items are divided alike", () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 12, maxLength: 60 }), fc.integer({ min: 2, max: 4 }), (items, count) => {
      const patients = new Set(items.map(({ patient }, i) => patient || `${i}`)).size;
      if (patients < count) return;
      const folds = divideByPatient(items, 3, count, 7);
      expect(divideByPatient(items, 3, count, 7)).toEqual(folds);
      const of = new Map<string, number>();
      items.forEach(({ patient }, i) => {
        expect(folds[i]).toBeLessThan(count);
        if (patient === "") return;
        expect(of.get(patient) ?? folds[i]).toBe(folds[i]);
        of.set(patient, folds[i]!);
      });
      expect(new Set(folds).size).toBe(count);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("single images of two classes are spread so that folds differ by at most one image of each class", () => {
  const items = Array.from({ length: 103 }, (_, i) => ({ patient: "", classIndex: i % 10 === 0 ? 1 : 0 }));
  const folds = divideByPatient(items, 2, 5, 3);
  for (const classIndex of [0, 1]) {
    const sizes = [0, 1, 2, 3, 4].map(
      (fold) => items.filter((one, i) => folds[i] === fold && one.classIndex === classIndex).length,
    );
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  }
});

test("the folds of a run leave the test part alone and validate on every other image once", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const plain = itemsOfRun(project, snapshotId, { fold: null });
  expect(plain).toEqual(project.snapshots.items(snapshotId));
  const validated: string[] = [];
  for (const index of [0, 1, 2]) {
    const items = itemsOfRun(project, snapshotId, { fold: { index, count: 3 } });
    const inPart = (some: typeof items, part: string): string[] =>
      some.filter((one) => one.part === part).map(({ imageId }) => imageId);
    expect(inPart(items, "test")).toEqual(inPart(plain, "test"));
    validated.push(...inPart(items, "validation"));
  }
  expect(validated.sort()).toEqual(
    plain
      .filter(({ part }) => part !== "test")
      .map(({ imageId }) => imageId)
      .sort(),
  );
});

test("more folds than patients are refused", () => {
  const items = [{ patient: "a", classIndex: 0 }];
  expect(() => divideByPatient(items, 1, 2, 1)).toThrow(expect.objectContaining({ code: "snapshot/part-empty" }));
});
