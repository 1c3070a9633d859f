// Plots of the report as SVG text: lines in a frame with ticks, units on both axes, and a legend. No script, no font of its own, the same on paper.
import { niceTicks } from "./ticks.ts";

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Grey and dashed: chance, or what is only there to compare with. */
  readonly quiet?: boolean;
  /** A second line of the same model: dashed, in the colour of `like`. */
  readonly like?: number;
  /** Steps instead of slopes. */
  readonly steps?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
}

export interface Axis {
  readonly name: string;
  readonly from?: number;
  readonly to?: number;
}

/** Okabe and Ito's order, dark enough for white paper (3:1); dashes tell lines apart without colour. */
export const COLOURS = ["#0067b0", "#b8450a", "#0b7a55", "#9d3c80", "#7a5c00", "#4b5563"] as const;
const DASHES = ["", "7 3", "2 2", "9 3 2 3", "12 4", "1 3"] as const;
const QUIET = "#777";
const SIZE = { width: 360, height: 250, left: 52, right: 10, top: 8, bottom: 40 } as const;
/** Points of a line that are drawn: more lie between dots of a printer. */
const MOST_POINTS = 300;

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[one] ?? "&#39;");

/** `decimal` writes the numbers at the ticks. Empty text where no line has a point. */
export function plot({ title, x, y, lines }: Plot, decimal: (value: number) => string): string {
  const drawn = lines.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return "";
  const xs = scale(
    x,
    drawn.flatMap(({ points }) => points.map(([value]) => value)),
    [SIZE.left, SIZE.width - SIZE.right],
  );
  const ys = scale(
    y,
    drawn.flatMap(({ points }) => points.map(([, value]) => value)),
    [SIZE.height - SIZE.bottom, SIZE.top],
  );
  const [left, right, bottom, top] = [SIZE.left, SIZE.width - SIZE.right, SIZE.height - SIZE.bottom, SIZE.top];
  const grid = [
    ...xs.ticks.map(
      (tick) =>
        `<line x1="${xs.at(tick)}" x2="${xs.at(tick)}" y1="${bottom}" y2="${top}"/><text x="${xs.at(tick)}" y="${bottom + 13}" text-anchor="middle">${decimal(tick)}</text>`,
    ),
    ...ys.ticks.map(
      (tick) =>
        `<line x1="${left}" x2="${right}" y1="${ys.at(tick)}" y2="${ys.at(tick)}"/><text x="${left - 5}" y="${ys.at(tick) + 3}" text-anchor="end">${decimal(tick)}</text>`,
    ),
  ];
  let coloured = 0;
  const styles = drawn.map(({ quiet, like }) => {
    if (quiet) return { colour: QUIET, dash: "3 3", width: 1 };
    const index = like ?? coloured++;
    const colour = COLOURS[index % COLOURS.length]!;
    return like === undefined
      ? { colour, dash: DASHES[index % DASHES.length]!, width: 1.8 }
      : { colour, dash: "2 3", width: 1.1 };
  });
  const strokes = drawn.map(({ points, steps }, i) => {
    const { colour, dash, width } = styles[i]!;
    const path = thinned(points)
      .map(
        ([px, py], k) =>
          `${k === 0 ? "M" : steps ? "" : "L"}${k > 0 && steps ? `V${ys.at(py)}H` : ""}${xs.at(px)}${k > 0 && steps ? "" : ` ${ys.at(py)}`}`,
      )
      .join("");
    return `<path d="${path}" stroke="${colour}" stroke-width="${width}"${dash ? ` stroke-dasharray="${dash}"` : ""}/>`;
  });
  const legend = drawn.map(({ name }, i) => {
    const { colour, dash } = styles[i]!;
    const sample = `<svg width="26" height="8" aria-hidden="true"><line x1="0" x2="26" y1="4" y2="4" stroke="${colour}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ""}/></svg>`;
    return `<li>${sample} ${escaped(name)}</li>`;
  });
  const middle = (top + bottom) / 2;
  return `<figure><figcaption>${escaped(title)}</figcaption>
<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${escaped(title)}">
<g class="grid">${grid.join("")}</g>
<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" class="frame"/>
<g class="lines">${strokes.join("")}</g>
<text x="${(left + right) / 2}" y="${SIZE.height - 6}" text-anchor="middle" class="axis">${escaped(x.name)}</text>
<text transform="translate(11 ${middle}) rotate(-90)" text-anchor="middle" class="axis">${escaped(y.name)}</text>
</svg><ul class="legend">${legend.join("")}</ul></figure>`;
}

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

function scale({ from, to }: Axis, values: readonly number[], [start, end]: readonly [number, number]): Scale {
  let low = from ?? values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let high = to ?? values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!(high > low)) [low, high] = [low - 0.5, low + 0.5];
  const at = (value: number): number => {
    const inside = Math.min(high, Math.max(low, value));
    return Math.round((start + ((inside - low) / (high - low)) * (end - start)) * 10) / 10;
  };
  return { ticks: niceTicks(low, high), at };
}

function thinned(points: Line["points"]): Line["points"] {
  if (points.length <= MOST_POINTS) return points;
  const every = (points.length - 1) / (MOST_POINTS - 1);
  return Array.from({ length: MOST_POINTS }, (_, i) => points[Math.round(i * every)]!);
}
