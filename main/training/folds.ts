// Which images a run learns from and which it is judged on while it learns: the parts of the snapshot, or one fold of a cross-validation.
//
// Folds divide the training and the validation part anew; the test part stays untouched whatever the fold. A patient is in one fold only. The division
// depends on the snapshot's items and the number of folds alone, so the runs of all folds together use every image once for validation.
import { AppError, type Recipe } from "../../preload/contract/index.ts";
import { createRandom } from "../models/random.ts";
import type { Project } from "../project/project.ts";
import type { SnapshotItem } from "./dataset.ts";

interface Patient {
  readonly items: number[];
  readonly classes: number[];
}

/** The items of a snapshot in the parts that a run with this recipe uses. Errors: app/not-found; snapshot/part-empty with fewer patients than folds. */
export function itemsOfRun(project: Project, snapshotId: string, { fold }: Pick<Recipe, "fold">): SnapshotItem[] {
  const items = project.snapshots.items(snapshotId);
  if (fold === null) return items;
  const { seed, classes } = project.snapshots.get(snapshotId);
  const divided = items.map((item, index) => ({ ...item, index })).filter(({ part }) => part !== "test");
  const foldOf = divideByPatient(divided, classes.length, fold.count, seed);
  const parts = items.map(({ part }) => part);
  divided.forEach(({ index }, i) => {
    parts[index] = foldOf[i] === fold.index ? "validation" : "train";
  });
  return items.map((item, index) => ({ ...item, part: parts[index]! }));
}

/**
 * Fold of each item, from 0: patients go, rarest class and most images first, to the fold that has the fewest cases of their classes.
 * An item without a patient is its own.
 */
export function divideByPatient(
  items: readonly { readonly patient: string; readonly classIndex: number }[],
  classes: number,
  count: number,
  seed: number,
): Uint8Array {
  const patients = new Map<string, Patient>();
  const totals = new Array<number>(classes).fill(0);
  items.forEach(({ patient, classIndex }, index) => {
    const key = patient === "" ? `image ${index}` : `patient ${patient}`;
    const own = patients.get(key) ?? { items: [], classes: new Array<number>(classes).fill(0) };
    own.items.push(index);
    own.classes[classIndex]!++;
    totals[classIndex]!++;
    patients.set(key, own);
  });
  if (patients.size < count) {
    throw new AppError("snapshot/part-empty", `There are ${patients.size} patients, too few for ${count} folds.`);
  }
  const rarest = (one: Patient): number => Math.min(...totals.filter((_, c) => one.classes[c]! > 0));
  const order = createRandom(seed, count)
    .shuffle([...patients.values()])
    .sort((a, b) => rarest(a) - rarest(b) || b.items.length - a.items.length);
  const taken = Array.from({ length: count }, () => ({ images: 0, classes: new Array<number>(classes).fill(0) }));
  const folds = new Uint8Array(items.length);
  for (const patient of order) {
    /** How full a fold is of what this patient brings; images in all decide between equals. */
    const fullness = (fold: number): number =>
      patient.classes.reduce((sum, n, c) => sum + (n === 0 ? 0 : (n * taken[fold]!.classes[c]!) / totals[c]!), 0) +
      (1e-3 * taken[fold]!.images) / items.length;
    const fold = taken.reduce((best, _, i) => (fullness(i) < fullness(best) ? i : best), 0);
    for (const item of patient.items) folds[item] = fold;
    patient.classes.forEach((n, c) => {
      taken[fold]!.classes[c]! += n;
    });
    taken[fold]!.images += patient.items.length;
  }
  return folds;
}
