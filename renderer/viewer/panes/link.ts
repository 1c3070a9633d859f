// How panes follow each other through slices, and how one looks like another.
//
// Where two stacks share a frame of reference and are parallel, a pane goes to the slice that lies nearest in the patient. Where
// coordinates cannot be compared, panes keep the distance in slices that they had when they were linked. Stacks of one frame of
// reference that are not parallel do not follow: their lines show where they cross (reference.ts).
import type { ImageStack } from "../../../preload/contract/index.ts";
import { pixelsOfFrame } from "../../../preload/contract/pixels.ts";
import { type ImagePx, type ImageSize, imagePx } from "../coordinates.ts";
import { dot, ontoSlice, type SlicePlane, slicePlane, toPatient } from "../volume/geometry.ts";

/** Cosine of the largest angle between slices that still follow each other: 5 degrees. */
const PARALLEL = Math.cos(Math.PI / 36);

/** Where each slice of a stack lies; null for those that do not say. */
export function planesOfStack({ slices, images }: ImageStack): (SlicePlane | null)[] {
  const described = new Map(images.map((image) => [image.id, image]));
  return slices.map(({ imageId, frame, geometry }) => {
    const image = described.get(imageId);
    if (!image || !geometry) return null;
    const { rows, columns, spacing } = pixelsOfFrame(image.pixels, frame);
    return slicePlane({ ...geometry, spacing: geometry.spacing ?? spacing }, { rows, columns });
  });
}

/** Coordinates of both can be compared. */
export const sameFrame = (a: SlicePlane | null | undefined, b: SlicePlane | null | undefined): boolean =>
  Boolean(a && b && a.frameOfReference !== null && a.frameOfReference === b.frameOfReference);

const parallel = (a: SlicePlane, b: SlicePlane) => Math.abs(dot(a.normal, b.normal)) >= PARALLEL;

export interface Leader {
  readonly plane: SlicePlane | null;
  /** its slice, counted as the main picture counts: its own less its offset */
  readonly count: number;
}

export interface Follower {
  readonly planes: readonly (SlicePlane | null)[];
  readonly index: number;
  /** slices after the leader */
  readonly offset: number;
}

/** The slice to which a pane goes with another one. */
export function followedIndex({ plane, count }: Leader, { planes, index, offset }: Follower): number {
  if (planes.length === 0) return index;
  const here = planes[index];
  if (!plane || !here || !sameFrame(plane, here)) return Math.max(0, Math.min(planes.length - 1, count + offset));
  if (!parallel(plane, here)) return index;
  const middle = toPatient(plane, imagePx(plane.size.columns / 2, plane.size.rows / 2));
  let [nearest, least] = [index, Number.POSITIVE_INFINITY];
  for (const [at, one] of planes.entries()) {
    if (!one) continue;
    const distance = Math.abs(ontoSlice(one, middle).distance);
    if (distance < least) [nearest, least] = [at, distance];
  }
  return nearest;
}

/** Where a pane begins beside the main picture: the same place of the patient, or the same part of the way. */
export function firstIndex(main: Leader & { readonly of: number }, planes: readonly (SlicePlane | null)[]): number {
  const last = planes.length - 1;
  if (sameFrame(main.plane, planes[0])) return followedIndex(main, { planes, index: 0, offset: 0 });
  return main.of < 2 ? 0 : Math.round((main.count / (main.of - 1)) * last);
}

/** What one pane shows of its picture. */
export interface Look {
  readonly size: ImageSize;
  /** [between rows, between columns] in mm; null: unknown */
  readonly spacing: readonly [number, number] | null;
  readonly plane: SlicePlane | null;
  /** in the middle of the pane */
  readonly center: ImagePx;
  /** CSS pixels per image pixel along a row */
  readonly scale: number;
}

/** The same look for another picture: the same place of the patient or part of the picture, and the same size of a mm. */
export function lookLike(
  from: Look,
  to: Pick<Look, "size" | "spacing" | "plane">,
): { readonly center: ImagePx; readonly scale: number } {
  const scale =
    from.spacing && to.spacing
      ? (from.scale / from.spacing[1]) * to.spacing[1]
      : (from.scale * from.size.columns) / to.size.columns;
  const comparable = from.plane && to.plane && sameFrame(from.plane, to.plane) && parallel(from.plane, to.plane);
  if (comparable && from.plane && to.plane) {
    return { center: ontoSlice(to.plane, toPatient(from.plane, from.center)).at, scale };
  }
  const { columns, rows } = from.size;
  return {
    center: imagePx((from.center.x / columns) * to.size.columns, (from.center.y / rows) * to.size.rows),
    scale,
  };
}
