// Average precision of detections: the area under precision over recall, over all points (PASCAL VOC from 2010 on, Everingham et al. 2015,
// https://doi.org/10.1007/s11263-014-0733-5).
import { type BoxedObject, type Detection, intersectionOverUnion } from "../boxes.ts";

/** What was found in an image and what is there. */
export interface DetectedImage {
  readonly found: readonly Detection[];
  readonly there: readonly BoxedObject[];
}

/**
 * Average precision of a class, from 0 to 1; null when no image has it. Detections of all images are taken likeliest first; each is right when the box of its class
 * with which it agrees best has an intersection over union of at least `overlap` and no likelier detection took it. Precision at a recall is the best at that or
 * a higher one.
 */
export function averagePrecision(images: readonly DetectedImage[], classIndex: number, overlap: number): number | null {
  const truths = images.map(({ there }) => there.filter((object) => object.classIndex === classIndex));
  const total = truths.reduce((sum, { length }) => sum + length, 0);
  if (total === 0) return null;
  const taken = truths.map(({ length }) => new Uint8Array(length));
  const ranked = images
    .flatMap(({ found }, image) => found.map((detection) => ({ detection, image })))
    .filter(({ detection }) => detection.classIndex === classIndex)
    .sort((a, b) => b.detection.score - a.detection.score);
  let right = 0;
  const curve = ranked.map(({ detection, image }, i) => {
    let best = { overlap: 0, index: -1 };
    truths[image]!.forEach(({ box }, index) => {
      const agreement = intersectionOverUnion(detection.box, box);
      if (agreement > best.overlap) best = { overlap: agreement, index };
    });
    if (best.index >= 0 && best.overlap >= overlap && taken[image]![best.index] === 0) {
      taken[image]![best.index] = 1;
      right++;
    }
    return { recall: right / total, precision: right / (i + 1) };
  });
  let sum = 0;
  let best = 0;
  for (let i = curve.length - 1; i >= 0; i--) {
    best = Math.max(best, curve[i]!.precision);
    sum += best * (curve[i]!.recall - (curve[i - 1]?.recall ?? 0));
  }
  return sum;
}

/** The mean of average precision over the classes that the images have, at an overlap of one half: mAP50. null when they have none. */
export function meanAveragePrecision(images: readonly DetectedImage[], classes: number, overlap = 0.5): number | null {
  const each = Array.from({ length: classes }, (_, c) => averagePrecision(images, c, overlap)).filter(
    (value) => value !== null,
  );
  return each.length === 0 ? null : each.reduce((sum, value) => sum + value, 0) / each.length;
}
