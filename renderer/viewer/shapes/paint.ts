// Draws shapes on a canvas of the page's own pixels, thousands at a time: lines keep their width at any zoom.
import { type CssPx, cssPx, imagePx, scaleOf, toCss, type ViewTransform } from "../coordinates.ts";
import { type Drawn, pairs } from "./geometry.ts";

const POINT_RADIUS = 5;
/** A curve is drawn with a corner for each so many CSS pixels of its longer radius. */
const CURVE_STEP = 1.5;
const CURVE_STEPS = [12, 64] as const;

export interface PaintedShape {
  readonly geometry: Drawn;
  readonly color: string;
  readonly name: string;
}

/** Corners on the page, and whether the line closes. */
export function outlineOf(view: ViewTransform, shape: Drawn): { corners: CssPx[]; closed: boolean } {
  switch (shape.kind) {
    case "box": {
      const { x, y, width, height } = shape;
      const corners = [imagePx(x, y), imagePx(x + width, y), imagePx(x + width, y + height), imagePx(x, y + height)];
      return { corners: corners.map((corner) => toCss(view, corner)), closed: true };
    }
    case "ellipse": {
      const turn = (shape.angle * Math.PI) / 180;
      const [fewest, most] = CURVE_STEPS;
      const radius = Math.max(shape.radiusX, shape.radiusY) * scaleOf(view);
      const steps = Math.max(fewest, Math.min(most, Math.ceil(radius / CURVE_STEP)));
      const corners = Array.from({ length: steps }, (_, i) => {
        const at = (2 * Math.PI * i) / steps;
        const [dx, dy] = [shape.radiusX * Math.cos(at), shape.radiusY * Math.sin(at)];
        return toCss(
          view,
          imagePx(
            shape.x + dx * Math.cos(turn) - dy * Math.sin(turn),
            shape.y + dx * Math.sin(turn) + dy * Math.cos(turn),
          ),
        );
      });
      return { corners, closed: true };
    }
    case "point": {
      const { x, y } = toCss(view, imagePx(shape.x, shape.y));
      const corners = Array.from({ length: 12 }, (_, i) => {
        const at = (2 * Math.PI * i) / 12;
        return cssPx(x + POINT_RADIUS * Math.cos(at), y + POINT_RADIUS * Math.sin(at));
      });
      return { corners, closed: true };
    }
    default:
      return { corners: pairs(shape.points).map((corner) => toCss(view, corner)), closed: shape.kind === "polygon" };
  }
}

/** Where a shape's name goes: above its topmost corner. */
function namePlace(corners: readonly CssPx[]): CssPx {
  return corners.reduce((top, corner) => (corner.y < top.y ? corner : top));
}

/** With more shapes than this, dark lines would only fill the picture. */
const MOST_SHADOWS = 500;

/** Names are left out where there are more shapes than this: they would cover each other and the picture. */
const MOST_NAMES = 60;

/** Draws all shapes; `width` and `height` are the canvas's CSS pixels, `ratio` the screen's pixels per CSS pixel. */
export function paintShapes(
  context: CanvasRenderingContext2D,
  view: ViewTransform,
  shapes: readonly PaintedShape[],
  { width, height, ratio }: { width: number; height: number; ratio: number },
): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const names: { text: string; at: CssPx }[] = [];
  const inSight: { corners: CssPx[]; closed: boolean; color: string }[] = [];
  for (const { geometry, color, name } of shapes) {
    const { corners, closed } = outlineOf(view, geometry);
    const outside = corners.every(({ x }) => x < 0) || corners.every(({ x }) => x > width);
    if (outside || corners.every(({ y }) => y < 0) || corners.every(({ y }) => y > height)) continue;
    inSight.push({ corners, closed, color });
    if (name !== "") names.push({ text: name, at: namePlace(corners) });
  }
  // One stroke for each shape: a single path of thousands takes ten times as long to draw.
  const stroke = ({ corners, closed }: { corners: CssPx[]; closed: boolean }) => {
    context.beginPath();
    for (const [index, { x, y }] of corners.entries()) {
      if (index === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    if (closed) context.closePath();
    context.stroke();
  };
  if (inSight.length <= MOST_SHADOWS) {
    // A dark line under the coloured one keeps it visible on bright pictures.
    context.lineWidth = 4;
    context.strokeStyle = "rgb(0 0 0 / 60%)";
    for (const shape of inSight) stroke(shape);
  }
  context.lineWidth = 2;
  for (const shape of inSight) {
    context.strokeStyle = shape.color;
    stroke(shape);
  }
  if (names.length > MOST_NAMES) return;
  context.font = "12px system-ui, sans-serif";
  context.lineWidth = 3;
  context.strokeStyle = "rgb(0 0 0 / 80%)";
  context.fillStyle = "#fff";
  for (const { text, at } of names) {
    context.strokeText(text, at.x + 4, at.y - 5);
    context.fillText(text, at.x + 4, at.y - 5);
  }
}
