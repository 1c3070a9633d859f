// The spaces of the viewer, which the compiler keeps apart, and the one conversion between them.
//
// ImagePx: the picture's own pixels; (0, 0) is the outer corner of the first pixel, (columns, rows) that of the last. Shapes and
// masks live here and nowhere else. CssPx: pixels of the page, from the top left corner of the viewport element.

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

/** css = origin + across * x + down * y: a picture may be scaled, turned and mirrored, and its pixels need not be square. */
export interface ViewTransform {
  readonly origin: CssPx;
  /** where one image pixel to the right goes on the page */
  readonly across: CssPx;
  /** where one image pixel down goes on the page */
  readonly down: CssPx;
}

/** From where three corners of the picture are on the page. */
export function viewTransform(size: ImageSize, topLeft: CssPx, topRight: CssPx, bottomLeft: CssPx): ViewTransform {
  return {
    origin: topLeft,
    across: cssPx((topRight.x - topLeft.x) / size.columns, (topRight.y - topLeft.y) / size.columns),
    down: cssPx((bottomLeft.x - topLeft.x) / size.rows, (bottomLeft.y - topLeft.y) / size.rows),
  };
}

/** CSS pixels per image pixel along a row. */
export const scaleOf = ({ across }: ViewTransform): number => Math.hypot(across.x, across.y);

export function toCss({ origin, across, down }: ViewTransform, { x, y }: ImagePx): CssPx {
  return cssPx(origin.x + across.x * x + down.x * y, origin.y + across.y * x + down.y * y);
}

export function toImage({ origin, across, down }: ViewTransform, { x, y }: CssPx): ImagePx {
  const determinant = across.x * down.y - down.x * across.y;
  const [right, below] = [x - origin.x, y - origin.y];
  return imagePx((right * down.y - below * down.x) / determinant, (below * across.x - right * across.y) / determinant);
}

/** For the CSS property `transform` of an element of as many CSS pixels as the picture has pixels. */
export function cssMatrix({ origin, across, down }: ViewTransform): string {
  return `matrix(${across.x}, ${across.y}, ${down.x}, ${down.y}, ${origin.x}, ${origin.y})`;
}

/** The point of the picture nearest to it. */
export function clampPoint(size: ImageSize, { x, y }: ImagePx): ImagePx {
  return imagePx(Math.min(size.columns, Math.max(0, x)), Math.min(size.rows, Math.max(0, y)));
}

/** The rectangle between two points, in any order. */
export function rectBetween(a: ImagePx, b: ImagePx): ImageRect {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}
