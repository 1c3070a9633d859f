// The spaces of the viewer, which the compiler keeps apart, and the one conversion between them.
//
// ImagePx: the picture's own pixels; (0, 0) is the outer corner of the first pixel, (columns, rows) that of the last. Boxes and
// masks live here and nowhere else. CssPx: pixels of the page, from the top left corner of the viewport element.
// The picture is never rotated or mirrored here, so the view is a scale and a shift per axis (two scales, because pixels of
// some images are not square on the patient).

interface Space<Name extends string> {
  readonly x: number;
  readonly y: number;
  /** exists for the compiler only */
  readonly space?: Name;
}
export type ImagePx = Space<"image">;
export type CssPx = Space<"css">;

export const imagePx = (x: number, y: number): ImagePx => ({ x, y });
export const cssPx = (x: number, y: number): CssPx => ({ x, y });

/** A box of ImagePx. Width and height are positive. */
export interface ImageRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ImageSize {
  readonly columns: number;
  readonly rows: number;
}

/** css = origin + scale * image, per axis. */
export interface ViewTransform {
  readonly origin: CssPx;
  /** CSS pixels per image pixel */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** From where two corners of the picture are on the page. */
export function viewTransform(size: ImageSize, topLeft: CssPx, bottomRight: CssPx): ViewTransform {
  return {
    origin: topLeft,
    scaleX: (bottomRight.x - topLeft.x) / size.columns,
    scaleY: (bottomRight.y - topLeft.y) / size.rows,
  };
}

export function toCss(view: ViewTransform, point: ImagePx): CssPx {
  return cssPx(view.origin.x + point.x * view.scaleX, view.origin.y + point.y * view.scaleY);
}

export function toImage(view: ViewTransform, point: CssPx): ImagePx {
  return imagePx((point.x - view.origin.x) / view.scaleX, (point.y - view.origin.y) / view.scaleY);
}

export function rectToCss(
  view: ViewTransform,
  rect: ImageRect,
): { x: number; y: number; width: number; height: number } {
  const { x, y } = toCss(view, imagePx(rect.x, rect.y));
  return { x, y, width: rect.width * view.scaleX, height: rect.height * view.scaleY };
}

/** The point of the picture nearest to it. */
export function clampPoint(size: ImageSize, { x, y }: ImagePx): ImagePx {
  return imagePx(Math.min(size.columns, Math.max(0, x)), Math.min(size.rows, Math.max(0, y)));
}

/** The rectangle between two points, in any order. */
export function rectBetween(a: ImagePx, b: ImagePx): ImageRect {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}

/** Shifted, but never over the edge of the picture. */
export function moveRect(size: ImageSize, rect: ImageRect, dx: number, dy: number): ImageRect {
  return {
    ...rect,
    x: Math.min(size.columns - rect.width, Math.max(0, rect.x + dx)),
    y: Math.min(size.rows - rect.height, Math.max(0, rect.y + dy)),
  };
}
