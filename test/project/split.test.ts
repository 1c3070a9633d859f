import fc from "fast-check";
import { expect, test } from "vitest";
import { PARTS, patientKey, type SplitItem, splitByPatient } from "../../main/project/split.ts";

const FRACTIONS: [number, number, number] = [0.7, 0.15, 0.15];

interface Patient {
  classIndex: number;
  images: number;
  named: boolean;
}
const imagesOf = (patients: readonly Patient[]) =>
  patients.flatMap(({ classIndex, images, named }, patient) =>
    Array.from(
      { length: images },
      (_, image): SplitItem => ({
        identity: `${patient}/${image}`,
        patient: named ? `P${patient}` : "",
        classIndex,
        part: null,
      }),
    ),
  );
const patientOf = (classIndex: fc.Arbitrary<number>) =>
  fc.record({ classIndex, images: fc.integer({ min: 1, max: 4 }), named: fc.boolean() });

/** Patients with one to four images, each patient of one class, some images without a patient ID. */
const cohort = fc.array(patientOf(fc.nat(2)), { minLength: 1, maxLength: 120 }).map(imagesOf);

/** The same with at least twenty patients of each class. */
const largeCohort = fc
  .tuple(...[0, 1, 2].map((index) => fc.array(patientOf(fc.constant(index)), { minLength: 20, maxLength: 80 })))
  .map((classes) => imagesOf(classes.flat()));

const split = (items: readonly SplitItem[], seed = 1, fractions = FRACTIONS) =>
  splitByPatient(items, 3, fractions, seed);
const inPart = (items: readonly SplitItem[], parts: readonly string[], part: string) =>
  items.filter((_, index) => parts[index] === part);

test("a patient is never in two parts", () => {
  fc.assert(
    fc.property(cohort, fc.nat(), (items, seed) => {
      const parts = split(items, seed);
      const partOf = new Map<string, string>();
      items.forEach((item, index) => {
        const key = patientKey(item);
        expect(partOf.get(key) ?? parts[index]).toBe(parts[index]);
        partOf.set(key, parts[index]!);
      });
    }),
  );
});

test("also a patient with images of several classes, or of several suggested parts, is in one part", () => {
  const mixed = fc.array(
    fc.record({
      patient: fc.constantFrom("", "A", "B", "C", "D", "E"),
      classIndex: fc.nat(2),
      part: fc.constantFrom(null, ...PARTS),
    }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(mixed, (rows) => {
      const items = rows.map((row, index) => ({ ...row, identity: `${index}` }));
      const parts = split(items);
      for (const patient of ["A", "B", "C", "D", "E"]) {
        const own = new Set(parts.filter((_, index) => items[index]!.patient === patient));
        expect(own.size).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("a class with three patients or more is in every part", () => {
  fc.assert(
    fc.property(cohort, fc.nat(), (items, seed) => {
      const parts = split(items, seed);
      for (const classIndex of [0, 1, 2]) {
        const own = items.filter((item) => item.classIndex === classIndex);
        if (new Set(own.map(patientKey)).size < 3) continue;
        for (const part of PARTS) {
          expect(inPart(items, parts, part).some((item) => item.classIndex === classIndex)).toBe(true);
        }
      }
    }),
  );
});

test("shares of all images and of each class miss the wanted ones by less than one large patient", () => {
  const LARGEST = 4;
  fc.assert(
    fc.property(largeCohort, fc.nat(), (items, seed) => {
      const parts = split(items, seed);
      PARTS.forEach((part, place) => {
        for (const classIndex of [0, 1, 2]) {
          const own = items.filter((item) => item.classIndex === classIndex);
          const got = inPart(items, parts, part).filter((item) => item.classIndex === classIndex).length;
          expect(Math.abs(got - own.length * FRACTIONS[place]!)).toBeLessThanOrEqual(LARGEST);
        }
      });
    }),
    { numRuns: 50 },
  );
});

test("the same seed gives the same parts, whatever the order of import; another seed gives others", () => {
  fc.assert(
    fc.property(cohort, fc.nat(), (items, seed) => {
      const byIdentity = (list: readonly SplitItem[]) => {
        const parts = split(list, seed);
        return new Map(list.map((item, index) => [item.identity, parts[index]]));
      };
      const forward = byIdentity(items);
      const backward = byIdentity([...items].reverse());
      expect([...forward].every(([identity, part]) => backward.get(identity) === part)).toBe(true);
    }),
  );
  const items = Array.from(
    { length: 60 },
    (_, index): SplitItem => ({ identity: `${index}`, patient: "", classIndex: index % 2, part: null }),
  );
  expect(split(items, 1)).not.toEqual(split(items, 2));
});

test("items that came with a part keep it", () => {
  const items = Array.from(
    { length: 30 },
    (_, index): SplitItem => ({
      identity: `${index}`,
      patient: "",
      classIndex: index % 2,
      part: index < 20 ? PARTS[index % 3]! : null,
    }),
  );
  expect(split(items).slice(0, 20)).toEqual(items.slice(0, 20).map(({ part }) => part));
});

test("a patient with a third of all images does not go to a small part", () => {
  const items = Array.from(
    { length: 90 },
    (_, index): SplitItem => ({
      identity: `${index}`,
      patient: index < 30 ? "large" : `P${index}`,
      classIndex: index % 2,
      part: null,
    }),
  );
  expect(split(items)[0]).toBe("train");
});
