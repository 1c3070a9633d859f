// Boxes: how far two agree, what a detector's places should answer (FCOS), and which of its answers stand.
//
// Pure arithmetic on arrays, in input pixels. A box is [left, top, right, bottom] with left < right and top < bottom.
import { DETECTOR_STRIDES, detectorPlaces, type Place } from "./architectures/detector.ts";

export type BoxCorners = readonly [left: number, top: number, right: number, bottom: number];

/** A thing in an image: where, and which class. */
export interface BoxedObject {
  readonly box: BoxCorners;
  readonly classIndex: number;
}

/** A thing that a detector found; `score` from 0 to 1. */
export interface Detection extends BoxedObject {
  readonly score: number;
}

const area = ([left, top, right, bottom]: BoxCorners): number => Math.max(0, right - left) * Math.max(0, bottom - top);

/** Intersection over union, from 0 to 1. */
export function intersectionOverUnion(a: BoxCorners, b: BoxCorners): number {
  const both = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  const either = area(a) + area(b) - both;
  return either > 0 ? both / either : 0;
}

/** Truths of one image for `boxesObjective`, P places: classes [P, C], distances [P, 4], centreness [P]. */
export interface PlaceTargets {
  readonly classes: Float32Array;
  readonly distances: Float32Array;
  readonly centreness: Float32Array;
}

/** A place answers for a box when it lies this many strides around the box's centre (Tian et al. 2020, https://arxiv.org/abs/2006.09214). */
const CENTRE_RADIUS = 1.5;
/** A level of stride s answers for reaches from 4 s to 8 s, the first for shorter ones and the last for longer ones too. */
const REACH = 8;

/**
 * What every place of an image of this size should answer. A place belongs to the smallest box that it lies in, near the centre, at the level for its
 * size; the others belong to none. A box that no place belongs to by these rules gets the place inside that is nearest to its centre, so that no box is lost.
 */
export function placeTargets(
  size: readonly number[],
  objects: readonly BoxedObject[],
  classes: number,
  places: readonly Place[] = detectorPlaces(size),
): PlaceTargets {
  const owner = new Int32Array(places.length).fill(-1);
  // Larger boxes first: where boxes lie over each other the smallest writes last.
  const bySize = objects.map((_, i) => i).sort((a, b) => area(objects[b]!.box) - area(objects[a]!.box));
  for (const index of bySize) {
    const { box } = objects[index]!;
    let nearest = { place: -1, distance: Number.POSITIVE_INFINITY };
    let found = false;
    places.forEach((place, p) => {
      const reaches = reachesOf(place, box);
      if (Math.min(...reaches) <= 0) return;
      const away = Math.max(Math.abs(place.x - (box[0] + box[2]) / 2), Math.abs(place.y - (box[1] + box[3]) / 2));
      if (away < nearest.distance) nearest = { place: p, distance: away };
      if (away > CENTRE_RADIUS * place.stride || !isForLevel(Math.max(...reaches), place.stride)) return;
      owner[p] = index;
      found = true;
    });
    if (!found && nearest.place >= 0) owner[nearest.place] = index;
  }
  const targets = {
    classes: new Float32Array(places.length * classes),
    distances: new Float32Array(places.length * 4),
    centreness: new Float32Array(places.length),
  };
  owner.forEach((index, p) => {
    if (index < 0) return;
    const { box, classIndex } = objects[index]!;
    const [left, top, right, bottom] = reachesOf(places[p]!, box);
    targets.classes[p * classes + classIndex] = 1;
    targets.distances.set([left, top, right, bottom], 4 * p);
    const balance = (a: number, b: number): number => Math.min(a, b) / Math.max(a, b);
    targets.centreness[p] = Math.sqrt(balance(left, right) * balance(top, bottom));
  });
  return targets;
}

/** How far a box reaches from a place to the left, top, right and bottom; below 0 where the place lies outside. */
const reachesOf = ({ x, y }: Place, [left, top, right, bottom]: BoxCorners) =>
  [x - left, y - top, right - x, bottom - y] as const;

function isForLevel(reach: number, stride: number): boolean {
  const [first, last] = [DETECTOR_STRIDES[0], DETECTOR_STRIDES.at(-1)!];
  const least = stride === first ? 0 : (REACH / 2) * stride;
  const most = stride === last ? Number.POSITIVE_INFINITY : REACH * stride;
  return reach > least && reach <= most;
}

export interface Standing {
  /** Answers below it do not count. */
  readonly threshold: number;
  /** Of two boxes of a class that overlap by more than this the likelier one stands. */
  readonly overlap: number;
  /** At most so many an image. */
  readonly most: number;
}

export const STANDING: Standing = { threshold: 0.05, overlap: 0.5, most: 100 };

/**
 * The answers of a detector for one image that stand after greedy non-maximum suppression for each class, likeliest first.
 * `probabilities` [P, C], `boxes` [P, 4].
 */
export function standingBoxes(
  probabilities: Float32Array,
  boxes: Float32Array,
  classes: number,
  { threshold, overlap, most }: Standing = STANDING,
): readonly Detection[] {
  const places = boxes.length / 4;
  const candidates: Detection[] = [];
  for (let p = 0; p < places; p++) {
    for (let c = 0; c < classes; c++) {
      const score = probabilities[p * classes + c]!;
      if (!(score >= threshold)) continue;
      const [left, top, right, bottom] = boxes.subarray(4 * p, 4 * p + 4) as unknown as BoxCorners;
      candidates.push({ score, classIndex: c, box: [left, top, right, bottom] });
    }
  }
  return suppressed(candidates, overlap).slice(0, most);
}

/** Greedy non-maximum suppression, each class for itself; likeliest first. */
export function suppressed(candidates: readonly Detection[], overlap: number): readonly Detection[] {
  const standing: Detection[] = [];
  for (const one of candidates.toSorted((a, b) => b.score - a.score)) {
    const covered = standing.some(
      ({ classIndex, box }) => classIndex === one.classIndex && intersectionOverUnion(box, one.box) > overlap,
    );
    if (!covered) standing.push(one);
  }
  return standing;
}
