// Who learns, who steers, who judges: divides patients into the parts of a snapshot.
//
// A patient is in one part only, because two images of one person resemble each other more than a model may know. Under that
// condition the parts' shares and every class's shares come as near to the wanted ones as a greedy choice gets: patients go, most
// images first, to the part where they lower the sum of squared relative misses (a chi-square) over the classes they bring
// and over all images. A class with at least as many patients as there are parts is in every part.
//
// The result depends on the seed and on the images, never on their order: ties are broken by SHA-256 of seed and patient.

import { createHash } from "node:crypto";
import type { Part } from "../../preload/contract/index.ts";

export const PARTS = ["train", "validation", "test"] as const satisfies readonly Part[];

export interface SplitItem {
  /** sha256 of the image: a name that does not depend on when it was imported */
  readonly identity: string;
  /** patient ID; an image without one is its own patient */
  readonly patient: string;
  readonly classIndex: number;
  /** the part it came with, or null to let the split choose */
  readonly part: Part | null;
}

interface Group {
  readonly order: string;
  readonly members: number[];
  /** images of each class */
  readonly counts: number[];
  readonly part: Part | null;
}

/** Name of the patient that an image belongs to; images without a patient ID belong to one of their own. */
export const patientKey = (item: SplitItem) =>
  item.patient === "" ? `image ${item.identity}` : `patient ${item.patient}`;

/** A patient whose images came with different parts is in the part that most came with; a tie goes to the earlier part. */
function partOf(items: readonly SplitItem[]): Part | null {
  const votes = PARTS.map((part) => items.filter((item) => item.part === part).length);
  const most = Math.max(...votes);
  return most === 0 ? null : PARTS[votes.indexOf(most)]!;
}

function groupsOf(items: readonly SplitItem[], classes: number, seed: number): Group[] {
  const byPatient = new Map<string, number[]>();
  items.forEach((item, index) => {
    const key = patientKey(item);
    const members = byPatient.get(key);
    if (members === undefined) byPatient.set(key, [index]);
    else members.push(index);
  });
  const groups = [...byPatient].map(([key, members]): Group => {
    const counts = new Array<number>(classes).fill(0);
    for (const index of members) counts[items[index]!.classIndex]!++;
    const order = createHash("sha256").update(`${seed}\n${key}`).digest("hex");
    return { order, members, counts, part: partOf(members.map((index) => items[index]!)) };
  });
  const totals = classTotals(groups, classes);
  // Rare classes first, so that they are spread while every part still has room; then large patients, then chance.
  const rarest = (group: Group) => Math.min(...totals.filter((_, index) => group.counts[index]! > 0));
  return groups.sort(
    (a, b) => rarest(a) - rarest(b) || b.members.length - a.members.length || (a.order < b.order ? -1 : 1),
  );
}

function classTotals(groups: readonly Group[], classes: number): number[] {
  return Array.from({ length: classes }, (_, index) => groups.reduce((sum, group) => sum + group.counts[index]!, 0));
}

/**
 * The part of each item, in their order. `fractions` are of images, in the order of PARTS, all above zero; items that came with a part
 * keep it and count towards it. Every class index is below `classes` and has at least one item.
 */
export function splitByPatient(
  items: readonly SplitItem[],
  classes: number,
  fractions: readonly [number, number, number],
  seed: number,
): Part[] {
  const groups = groupsOf(items, classes, seed);
  // One more column than classes: all images together.
  const row = (group: Group) => [...group.counts, group.members.length];
  const totals = [...classTotals(groups, classes), items.length];
  const taken = PARTS.map(() => totals.map(() => 0));
  const parts = new Array<Part>(items.length);
  const waiting = totals.map((_, column) => groups.filter((g) => g.part === null && row(g)[column]! > 0).length);

  const put = (group: Group, place: number) => {
    row(group).forEach((count, column) => {
      taken[place]![column]! += count;
    });
    for (const index of group.members) parts[index] = PARTS[place]!;
  };
  /** by how much the sum of squared relative misses changes when the group goes there */
  const cost = (group: Group, place: number) =>
    row(group).reduce((sum, count, column) => {
      const wanted = totals[column]! * fractions[place]!;
      return count === 0 ? sum : sum + (count * (2 * (taken[place]![column]! - wanted) + count)) / wanted;
    }, 0);
  /** parts that would otherwise stay without a class of this group, when the patients left are just enough for them */
  const urgent = (group: Group) => {
    for (let column = 0; column < classes; column++) {
      if (group.counts[column] === 0) continue;
      const empty = PARTS.flatMap((_, place) => (taken[place]![column] === 0 ? [place] : []));
      if (empty.length > 0 && waiting[column]! <= empty.length) return empty;
    }
    return null;
  };

  for (const group of groups) if (group.part !== null) put(group, PARTS.indexOf(group.part));
  for (const group of groups) {
    if (group.part !== null) continue;
    const places = urgent(group) ?? [0, 1, 2];
    put(
      group,
      places.reduce((best, place) => (cost(group, place) < cost(group, best) ? place : best)),
    );
    row(group).forEach((count, column) => {
      if (count > 0) waiting[column]!--;
    });
  }
  return parts;
}
