// What can be asked of a shape and done to it, whatever its kind: bounds, handles, moving, whether the pointer is on it.
//
// All in image pixels. Nothing leaves the picture: points are held at its edges. Masks are drawn and painted elsewhere
// (../masks); here they only have bounds.
import type { Geometry } from "../../../preload/contract/index.ts";
import { clampPoint, type ImagePx, type ImageRect, type ImageSize, imagePx, rectBetween } from "../coordinates.ts";

export type Drawn = Exclude<Geometry, { kind: "mask" }>;
export type DrawnKind = Drawn["kind"];

/** Smaller than this on either side is a click, not a shape. ImagePx. */
const SMALLEST_SIDE = 1;
const RADIANS = Math.PI / 180;

/** Alternating x and y as points. */
export function pairs(points: readonly number[]): ImagePx[] {
  return Array.from({ length: points.length >> 1 }, (_, i) => imagePx(points[2 * i], points[2 * i + 1]));
}

const flat = (points: readonly ImagePx[]): number[] => points.flatMap(({ x, y }) => [x, y]);

/** The points that make the shape; of boxes and ellipses the corners of what surrounds them (before turning). */
function cornersOf(shape: Drawn): ImagePx[] {
  switch (shape.kind) {
    case "box": {
      const { x, y, width, height } = shape;
      return [imagePx(x, y), imagePx(x + width, y), imagePx(x + width, y + height), imagePx(x, y + height)];
    }
    case "ellipse": {
      const { radiusX, radiusY } = shape;
      return [
        [-radiusX, -radiusY],
        [radiusX, -radiusY],
        [radiusX, radiusY],
        [-radiusX, radiusY],
      ].map(([dx, dy]) => turned(shape, dx, dy));
    }
    case "point":
      return [imagePx(shape.x, shape.y)];
    default:
      return pairs(shape.points);
  }
}

/** From the centre of an ellipse along its own axes. */
function turned({ x, y, angle }: Extract<Drawn, { kind: "ellipse" }>, dx: number, dy: number): ImagePx {
  const [cos, sin] = [Math.cos(angle * RADIANS), Math.sin(angle * RADIANS)];
  return imagePx(x + dx * cos - dy * sin, y + dx * sin + dy * cos);
}

/** Half the sides of the upright rectangle around an ellipse. */
function halfSides({ radiusX, radiusY, angle }: Extract<Drawn, { kind: "ellipse" }>): [number, number] {
  const [cos, sin] = [Math.cos(angle * RADIANS), Math.sin(angle * RADIANS)];
  return [Math.hypot(radiusX * cos, radiusY * sin), Math.hypot(radiusX * sin, radiusY * cos)];
}

/** The upright rectangle around a shape. */
export function boundsOf(shape: Drawn): ImageRect {
  if (shape.kind === "box") return shape;
  if (shape.kind === "ellipse") {
    const [halfX, halfY] = halfSides(shape);
    return { x: shape.x - halfX, y: shape.y - halfY, width: 2 * halfX, height: 2 * halfY };
  }
  const corners = cornersOf(shape);
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  return rectBetween(imagePx(Math.min(...xs), Math.min(...ys)), imagePx(Math.max(...xs), Math.max(...ys)));
}

/** Shifted, but never over the edge of the picture. */
export function moved<Shape extends Drawn>(size: ImageSize, shape: Shape, dx: number, dy: number): Shape {
  const { x, y, width, height } = boundsOf(shape);
  const right = Math.min(size.columns - x - width, Math.max(-x, dx));
  const down = Math.min(size.rows - y - height, Math.max(-y, dy));
  if ("points" in shape) {
    return { ...shape, points: shape.points.map((value, index) => value + (index % 2 === 0 ? right : down)) };
  }
  return { ...shape, x: shape.x + right, y: shape.y + down };
}

/** Places of a shape's handles. A box and an ellipse have eight, others one for each point. */
export function handlesOf(shape: Drawn): ImagePx[] {
  switch (shape.kind) {
    case "box": {
      const { x, y, width, height } = shape;
      return SIDES.map(({ dx, dy }) => imagePx(x + ((dx + 1) / 2) * width, y + ((dy + 1) / 2) * height));
    }
    case "ellipse":
      return SIDES.map(({ dx, dy }) => {
        const onCurve = dx !== 0 && dy !== 0 ? Math.SQRT1_2 : 1;
        return turned(shape, dx * shape.radiusX * onCurve, dy * shape.radiusY * onCurve);
      });
    default:
      return cornersOf(shape);
  }
}

/** Handles of a box or ellipse: -1 the left or top edge, 1 the right or bottom one, 0 neither. */
export const SIDES = [
  { dx: -1, dy: -1 },
  { dx: 0, dy: -1 },
  { dx: 1, dy: -1 },
  { dx: 1, dy: 0 },
  { dx: 1, dy: 1 },
  { dx: 0, dy: 1 },
  { dx: -1, dy: 1 },
  { dx: -1, dy: 0 },
] as const;

/** With one handle pulled to a point; a box pulled over its opposite edge turns round. Null where nothing would be left of it. */
export function pulled(size: ImageSize, shape: Drawn, handle: number, to: ImagePx): Drawn | null {
  const point = clampPoint(size, to);
  switch (shape.kind) {
    case "box": {
      const { dx, dy } = SIDES[handle];
      const fixed = imagePx(dx === -1 ? shape.x + shape.width : shape.x, dy === -1 ? shape.y + shape.height : shape.y);
      const free = imagePx(dx === 0 ? shape.x + shape.width : point.x, dy === 0 ? shape.y + shape.height : point.y);
      const rect = rectBetween(fixed, free);
      return isLarge(rect) ? { ...shape, ...rect } : null;
    }
    case "ellipse":
      return pulledEllipse(size, shape, handle, point);
    case "point":
      return { ...shape, x: point.x, y: point.y };
    default: {
      const points = [...shape.points];
      points[2 * handle] = point.x;
      points[2 * handle + 1] = point.y;
      return { ...shape, points };
    }
  }
}

function pulledEllipse(
  size: ImageSize,
  shape: Extract<Drawn, { kind: "ellipse" }>,
  handle: number,
  point: ImagePx,
): Drawn | null {
  const { dx, dy } = SIDES[handle];
  const [cos, sin] = [Math.cos(shape.angle * RADIANS), Math.sin(shape.angle * RADIANS)];
  const [right, down] = [point.x - shape.x, point.y - shape.y];
  const onCurve = dx !== 0 && dy !== 0 ? Math.SQRT2 : 1;
  const radiusX = dx === 0 ? shape.radiusX : Math.abs(right * cos + down * sin) * onCurve;
  const radiusY = dy === 0 ? shape.radiusY : Math.abs(down * cos - right * sin) * onCurve;
  if (Math.min(radiusX, radiusY) < SMALLEST_SIDE / 2) return null;
  const next = { ...shape, radiusX, radiusY };
  const [halfX, halfY] = halfSides(next);
  const fits = [shape.x / halfX, (size.columns - shape.x) / halfX, shape.y / halfY, (size.rows - shape.y) / halfY];
  const scale = Math.min(1, ...fits);
  return { ...next, radiusX: radiusX * scale, radiusY: radiusY * scale };
}

/** A box or ellipse between two points; null while it is no more than a click. */
export function spanned(size: ImageSize, kind: "box" | "ellipse", from: ImagePx, to: ImagePx): Drawn | null {
  const rect = rectBetween(clampPoint(size, from), clampPoint(size, to));
  if (!isLarge(rect)) return null;
  if (kind === "box") return { kind, ...rect };
  const [radiusX, radiusY] = [rect.width / 2, rect.height / 2];
  return { kind, x: rect.x + radiusX, y: rect.y + radiusY, radiusX, radiusY, angle: 0 };
}

const isLarge = ({ width, height }: ImageRect) => width >= SMALLEST_SIDE && height >= SMALLEST_SIDE;

export const sameShape = (a: Drawn, b: Drawn): boolean => JSON.stringify(a) === JSON.stringify(b);

/** How near the pointer must be to a line to be on it, and whether it may be anywhere inside. `within` in image pixels. */
export function isUnder(shape: Drawn, { x, y }: ImagePx, within: number): boolean {
  const bounds = boundsOf(shape);
  const near =
    x >= bounds.x - within &&
    y >= bounds.y - within &&
    x <= bounds.x + bounds.width + within &&
    y <= bounds.y + bounds.height + within;
  if (!near) return false;
  switch (shape.kind) {
    case "box":
      return true;
    case "ellipse": {
      const [cos, sin] = [Math.cos(shape.angle * RADIANS), Math.sin(shape.angle * RADIANS)];
      const [right, down] = [x - shape.x, y - shape.y];
      return (
        Math.hypot(
          (right * cos + down * sin) / (shape.radiusX + within),
          (down * cos - right * sin) / (shape.radiusY + within),
        ) <= 1
      );
    }
    case "point":
      return Math.hypot(x - shape.x, y - shape.y) <= within;
    case "polygon":
      return isInside(shape.points, x, y) || nearLine(shape.points, true, x, y, within);
    default:
      return nearLine(shape.points, false, x, y, within);
  }
}

/** Even-odd rule. */
export function isInside(points: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [points[i], points[i + 1], points[j], points[j + 1]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

function nearLine(points: readonly number[], closed: boolean, x: number, y: number, within: number): boolean {
  const end = closed ? points.length : points.length - 2;
  for (let i = 0; i < end; i += 2) {
    const j = (i + 2) % points.length;
    const [ax, ay] = [points[i], points[i + 1]];
    const [right, down] = [points[j] - ax, points[j + 1] - ay];
    const length = right * right + down * down;
    const at = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * right + (y - ay) * down) / length));
    if (Math.hypot(x - ax - at * right, y - ay - at * down) <= within) return true;
  }
  return false;
}

/** Fewer points for a line drawn by hand: none of those left out is further than `within` from it (Douglas and Peucker 1973). */
export function simplified(points: readonly ImagePx[], within: number): ImagePx[] {
  if (points.length < 3) return [...points];
  const keep = new Uint8Array(points.length);
  keep[0] = 1;
  keep[points.length - 1] = 1;
  const open: [number, number][] = [[0, points.length - 1]];
  for (let span = open.pop(); span; span = open.pop()) {
    const [first, last] = span;
    const line = flat([points[first], points[last]]);
    let [furthest, distance] = [-1, within];
    for (let i = first + 1; i < last; i++) {
      const away = distanceTo(line, points[i]);
      if (away > distance) [furthest, distance] = [i, away];
    }
    if (furthest < 0) continue;
    keep[furthest] = 1;
    open.push([first, furthest], [furthest, last]);
  }
  return points.filter((_, index) => keep[index] === 1);
}

function distanceTo([ax, ay, bx, by]: readonly number[], { x, y }: ImagePx): number {
  const [right, down] = [bx - ax, by - ay];
  const length = right * right + down * down;
  const at = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * right + (y - ay) * down) / length));
  return Math.hypot(x - ax - at * right, y - ay - at * down);
}

export interface Measures {
  /** mm, or image pixels where the image says no spacing */
  length?: number;
  /** mm² or pixels² */
  area?: number;
  /** degrees, 0 to 180 */
  angle?: number;
}

/** `spacing`: [between rows, between columns] in mm. */
export function measure(shape: Drawn, spacing: readonly [number, number]): Measures {
  const [rowMm, columnMm] = spacing;
  switch (shape.kind) {
    case "box":
      return { area: shape.width * columnMm * shape.height * rowMm };
    case "ellipse":
      return { area: Math.PI * shape.radiusX * shape.radiusY * rowMm * columnMm };
    case "point":
      return {};
    case "polygon":
      return {
        area: Math.abs(signedArea(shape.points)) * rowMm * columnMm,
        length: along(shape.points, spacing, true),
      };
    case "angle": {
      const [a, vertex, b] = pairs(shape.points).map(({ x, y }) => imagePx(x * columnMm, y * rowMm));
      const turn = Math.atan2(a.y - vertex.y, a.x - vertex.x) - Math.atan2(b.y - vertex.y, b.x - vertex.x);
      const degrees = Math.abs(turn / RADIANS) % 360;
      return { angle: degrees > 180 ? 360 - degrees : degrees };
    }
    default:
      return { length: along(shape.points, spacing, false) };
  }
}

/** Half the sum of cross products: positive where the points go clockwise on the page. */
export function signedArea(points: readonly number[]): number {
  let sum = 0;
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    sum += points[j] * points[i + 1] - points[i] * points[j + 1];
  }
  return sum / 2;
}

function along(points: readonly number[], [rowMm, columnMm]: readonly [number, number], closed: boolean): number {
  let sum = 0;
  const end = closed ? points.length : points.length - 2;
  for (let i = 0; i < end; i += 2) {
    const j = (i + 2) % points.length;
    sum += Math.hypot((points[j] - points[i]) * columnMm, (points[j + 1] - points[i + 1]) * rowMm);
  }
  return sum;
}
