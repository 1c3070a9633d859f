// Who is in a snapshot: counted by hand, with each way in which one patient gets into two parts.
import { expect, test } from "vitest";
import { type BalanceItem, describeBalance } from "../../main/comparison/balance.ts";
import type { Part } from "../../preload/contract/index.ts";

const NOBODY = new Map<string, string>();
let counted = 0;
function item(
  part: Part,
  classIndex: number,
  more: Partial<BalanceItem> & { sex?: string; age?: string } = {},
): BalanceItem {
  const { sex = "F", age = "", ...rest } = more;
  const imageId = `i${counted++}`;
  const patient = rest.patient ?? imageId;
  const facts = { imageId, patient, modality: "DX", answers: {}, tags: { PatientSex: sex, PatientAge: age } };
  return { imageId, part, classIndex, patient, study: "", series: "", picture: "", facts, ...rest };
}
const times = (count: number, make: () => BalanceItem) => Array.from({ length: count }, make);
const settings = { by: ["sex"], minimum: 10 };

test("counts, rates with Wilson's interval and parts are those of each group; the largest difference is told", () => {
  const items = [
    ...times(12, () => item("train", 1)),
    ...times(8, () => item("test", 0)),
    ...times(3, () => item("train", 1, { sex: "M" })),
    ...times(7, () => item("validation", 0, { sex: "M" })),
    ...times(2, () => item("test", 1, { sex: "" })),
  ];
  const { groups, rates, overall } = describeBalance(items, 2, NOBODY, settings);
  expect(groups.map(({ values, cases, perClass }) => [values[0], cases, perClass])).toEqual([
    ["F", 20, [8, 12]],
    ["M", 10, [7, 3]],
    ["", 2, [0, 2]],
  ]);
  expect(groups[1]!.parts).toEqual({
    train: { cases: 3, positives: 3 },
    validation: { cases: 7, positives: 0 },
    test: { cases: 0, positives: 0 },
  });
  // Wilson, 12 of 20, as R's binom.confint prints it.
  expect(groups[0]!.rate!.value).toBe(0.6);
  expect(groups[0]!.rate!.low).toBeCloseTo(0.3866, 4);
  expect(groups[0]!.rate!.high).toBeCloseTo(0.7812, 4);
  expect(rates!.value).toBeCloseTo(0.3, 12);
  expect([rates!.highest, rates!.lowest]).toEqual([0, 1]);
  expect(overall).toMatchObject({ cases: 32, perClass: [15, 17] });
});

const leak = (items: BalanceItem[], kind: string) =>
  describeBalance(items, 2, NOBODY, settings).leakage.find((one) => one.kind === kind);

test.each([
  ["patient", { patient: "P1" }],
  ["study", { study: "1.2.3" }],
  ["series", { series: "1.2.3.4" }],
  ["picture", { picture: "00ff00ff00ff00ff" }],
] as const)("the same %s in two parts is told, in one part it is not", (kind, more) => {
  const apart = [item("train", 0, more), item("test", 1, more), item("test", 1)];
  expect(leak(apart, kind)).toEqual({ kind, shared: 1, images: 2 });
  const together = [item("train", 0, more), item("train", 1, more)];
  expect(leak(together, kind)).toEqual({ kind, shared: 0, images: 0 });
});

test("what nobody knows is nothing in common, and blank pictures do not look alike", () => {
  const items = [item("train", 0, { patient: "" }), item("test", 1, { patient: "" })];
  for (const kind of ["patient", "study", "series", "picture"]) expect(leak(items, kind)!.shared).toBe(0);
  const blank = { picture: "0000000000000000" };
  expect(leak([item("train", 0, blank), item("test", 0, blank)], "picture")!.shared).toBe(0);
});

test("a patient whose tags differ is in two groups", () => {
  const items = [item("train", 0, { patient: "P1" }), item("train", 1, { patient: "P1", sex: "M" }), item("train", 1)];
  expect(describeBalance(items, 2, NOBODY, settings).patientsInGroups).toBe(1);
});

test("a class that is not there is refused", () => {
  expect(() => describeBalance([item("train", 0)], 2, NOBODY, { ...settings, positive: 2 })).toThrow(
    "below 2, found 2",
  );
});
