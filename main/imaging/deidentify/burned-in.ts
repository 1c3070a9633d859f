// Where text may be burned into a picture: a finder of suspects for a person to look at. It would rather show too much than too little.
//
// Letters are thin, have hard edges, are of one height and stand in a row. So: what is thinner than a window and stands out from its
// surroundings (a top-hat, for bright and for dark letters, for small and for large ones); connected pieces of it that are as
// large as letters and whose edges are steep; pieces of like height beside each other. No randomness, no learning, no reading of text.

import type { DecodedFrame } from "../types.ts";
import { joinLines, type Line } from "./lines.ts";
import { negative, smooth, topHat } from "./morphology.ts";
import { type Piece, PieceFinder } from "./pieces.ts";

export interface Suspect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** 0 to 1; how much it looks like text, for the order in which a person is shown them */
  readonly score: number;
}

/** Strokes up to this width, in pixels, count as thin; the first finds small letters, the second large ones. */
const WINDOWS = [5, 15] as const;
/** From this window on the picture is smoothed first: large letters lose nothing, and speckle that breaks their strokes goes. */
const SMOOTH_FROM = 15;
/** Heights above the surroundings, of 255, at which pieces are looked for: faint letters on calm ground, strong ones on rough ground. */
const LEVELS = [10, 15, 22, 33, 50, 75, 112] as const;
/** Letters stand out further than the level they are found at by this factor; noise only just does. */
const LEAST_EXCESS = 1.35;
/** Of a letter, in pixels; the edges of large ones may be soft. */
const LEAST_HEIGHT = 6;
const LARGE = 24;
const MOST_HEIGHT = 64;
/** Where more than this share of the picture stands out, it is noise that does, and letters drown in it. */
const MOST_SHARE = 0.25;
/** Around a line, in pixels and in heights of it: soft edges and accents, and to both sides a letter that was not found. */
const MARGIN = 3;
const SIDE_MARGIN = 0.6;

/** Suspected lines of text, the likeliest first. Under 200 ms for 512 × 512 pixels. */
export function findBurnedIn(frame: DecodedFrame): Suspect[] {
  const { rows, columns } = frame;
  if (rows < 8 || columns < 8) return [];
  const light = brightness(frame);
  const dark = negative(light);
  const lines: Line[] = [];
  for (const sharp of [light, dark]) {
    for (const window of WINDOWS) {
      const picture = window < SMOOTH_FROM ? sharp : smooth(sharp, rows, columns);
      const thin = topHat(picture, rows, columns, window);
      const finder = new PieceFinder(thin, picture, rows, columns);
      for (const level of LEVELS) {
        if (finder.share(level) > MOST_SHARE) continue;
        const pieces = finder.at(level, MOST_HEIGHT);
        lines.push(
          ...joinLines(pieces.filter((piece) => looksLikeLetter(piece) && piece.contrast >= LEAST_EXCESS * level)),
        );
      }
    }
  }
  return merge(lines, rows, columns);
}

/** One byte a pixel: the range from the darkest to the brightest sample, colour as its brightest channel (coloured text on grey). */
function brightness({ values, samples }: DecodedFrame): Uint8Array {
  const pixels = values.length / samples;
  const one = (i: number): number =>
    samples === 3 ? Math.max(values[3 * i], values[3 * i + 1], values[3 * i + 2]) : values[i];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < pixels; i++) {
    const value = one(i);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const scale = most > least ? 255 / (most - least) : 0;
  return Uint8Array.from({ length: pixels }, (_, i) => (one(i) - least) * scale);
}

/** Not filled, not a hair, with edges that are steep for how high it stands out. */
function looksLikeLetter({ width, height, area, steepness }: Piece): boolean {
  if (height < LEAST_HEIGHT || width > 4 * height) return false;
  const fill = area / (width * height);
  return (
    steepness >= (height > LARGE ? 0.25 : 0.45) && (fill >= 0.12 || width <= 3) && (fill <= 0.9 || width <= height / 2)
  );
}

function merge(lines: readonly Line[], rows: number, columns: number): Suspect[] {
  let boxes = lines.map((line) => ({ ...line }));
  for (let changed = true; changed; ) {
    changed = false;
    const kept: typeof boxes = [];
    for (const box of boxes) {
      const other = kept.find((candidate) => overlaps(candidate, box));
      if (!other) kept.push(box);
      else {
        Object.assign(other, {
          left: Math.min(other.left, box.left),
          top: Math.min(other.top, box.top),
          right: Math.max(other.right, box.right),
          bottom: Math.max(other.bottom, box.bottom),
          score: Math.max(other.score, box.score),
        });
        changed = true;
      }
    }
    boxes = kept;
  }
  return boxes
    .map(({ left, top, right, bottom, score }) => {
      const beside = Math.max(MARGIN, Math.round(SIDE_MARGIN * (bottom - top)));
      const [x, y] = [Math.max(0, left - beside), Math.max(0, top - MARGIN)];
      const width = Math.min(columns, right + beside) - x;
      return { x, y, width, height: Math.min(rows, bottom + MARGIN) - y, score };
    })
    .sort((a, b) => b.score - a.score || a.y - b.y || a.x - b.x);
}

function overlaps(a: Line, b: Line): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
