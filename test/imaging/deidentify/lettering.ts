// Text drawn into pictures, with the place of every letter: two typefaces that have nothing in common, in any height and contrast.
//
// "dots" is a matrix of 5 × 7 dots, scaled hard (as old machines do) or softly (as pictures of screens are); "lines" draws each letter
// with strokes of the fourteen segments of a display, thin or bold, with soft edges.

import { random } from "../../../main/imaging/phantoms/random.ts";

/** Columns of 5 × 7 dots from left to right, the lowest bit on top. */
const DOTS: Record<string, string> = {
  "0": "3e5149453e",
  "1": "00427f4000",
  "2": "4261514946",
  "3": "2141454b31",
  "4": "1814127f10",
  "5": "2745454539",
  "6": "3c4a494930",
  "7": "0171090503",
  "8": "3649494936",
  "9": "064949291e",
  A: "7e1111117e",
  B: "7f49494936",
  C: "3e41414122",
  D: "7f4141221c",
  E: "7f49494941",
  F: "7f09090901",
  G: "3e4149497a",
  H: "7f0808087f",
  I: "00417f4100",
  J: "2040413f01",
  K: "7f08142241",
  L: "7f40404040",
  M: "7f020c027f",
  N: "7f0408107f",
  O: "3e4141413e",
  P: "7f09090906",
  Q: "3e4151215e",
  R: "7f09192946",
  S: "4649494931",
  T: "01017f0101",
  U: "3f4040403f",
  V: "1f2040201f",
  W: "3f4038403f",
  X: "6314081463",
  Y: "0708700807",
  Z: "6151494543",
  ".": "0060600000",
  ":": "0036360000",
  "/": "2010080402",
};

/** Ends of the fourteen segments on a field of 2 × 4. */
const SEGMENTS: Record<string, readonly [number, number, number, number]> = {
  a: [0, 0, 2, 0],
  b: [2, 0, 2, 2],
  c: [2, 2, 2, 4],
  d: [0, 4, 2, 4],
  e: [0, 2, 0, 4],
  f: [0, 0, 0, 2],
  g: [0, 2, 1, 2],
  h: [1, 2, 2, 2],
  i: [0, 0, 1, 2],
  j: [1, 0, 1, 2],
  k: [2, 0, 1, 2],
  l: [1, 2, 0, 4],
  m: [1, 2, 1, 4],
  n: [1, 2, 2, 4],
};
const LINES: Record<string, string> = {
  "0": "abcdefkl",
  "1": "bck",
  "2": "abghed",
  "3": "abhcd",
  "4": "fghbc",
  "5": "afghcd",
  "6": "afghcde",
  "7": "akm",
  "8": "abcdefgh",
  "9": "abcdfgh",
  A: "abcefgh",
  B: "abcdjmh",
  C: "adef",
  D: "abcdjm",
  E: "adefgh",
  F: "aefg",
  G: "acdefh",
  H: "bcefgh",
  I: "adjm",
  J: "bcde",
  K: "efgkn",
  L: "def",
  M: "bcefik",
  N: "bcefin",
  O: "abcdef",
  P: "abefgh",
  Q: "abcdefn",
  R: "abefghn",
  S: "afghcd",
  T: "ajm",
  U: "bcdef",
  V: "efkl",
  W: "bcefln",
  X: "ikln",
  Y: "ikm",
  Z: "akld",
  ".": "d",
  ":": "gh",
  "/": "kl",
};

export interface Lettering {
  readonly typeface: "dots" | "soft dots" | "lines" | "bold lines";
  /** of a capital, in pixels */
  readonly height: number;
  readonly text: string;
}

/** How much ink each pixel of the text takes, 0 to 1. */
export interface Ink {
  readonly width: number;
  readonly height: number;
  readonly cover: Float32Array;
}

export function drawText({ typeface, height, text }: Lettering): Ink {
  return typeface.endsWith("dots")
    ? drawDots(text, height, typeface === "soft dots")
    : drawLines(text, height, typeface === "bold lines");
}

function drawDots(text: string, height: number, soft: boolean): Ink {
  const scale = soft ? height / 7 : Math.max(1, Math.round(height / 7));
  const width = Math.ceil(text.length * 6 * scale);
  const rows = Math.ceil(7 * scale);
  const dot = (column: number, row: number): number => {
    const glyph = DOTS[text[Math.floor(column / 6)]];
    const inside = column % 6 < 5 && row >= 0 && row < 7 && column >= 0 && glyph !== undefined;
    if (!inside) return 0;
    return (Number.parseInt(glyph.slice(2 * (column % 6), 2 * (column % 6) + 2), 16) >> row) & 1;
  };
  const cover = new Float32Array(width * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      if (!soft) {
        cover[y * width + x] = dot(Math.floor(x / scale), Math.floor(y / scale));
        continue;
      }
      const [u, v] = [(x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5];
      const [left, top] = [Math.floor(u), Math.floor(v)];
      const [fx, fy] = [u - left, v - top];
      const upper = dot(left, top) * (1 - fx) + dot(left + 1, top) * fx;
      cover[y * width + x] = upper * (1 - fy) + (dot(left, top + 1) * (1 - fx) + dot(left + 1, top + 1) * fx) * fy;
    }
  }
  return { width, height: rows, cover };
}

function drawLines(text: string, height: number, bold: boolean): Ink {
  const half = Math.max(0.5, height * (bold ? 0.08 : 0.04));
  const unit = (height - 2 * half - 1) / 4;
  const advance = 2 * unit + Math.max(3, 0.35 * height);
  const width = Math.ceil(text.length * advance);
  const cover = new Float32Array(width * height);
  [...text].forEach((letter, place) => {
    for (const name of LINES[letter] ?? "") {
      const [x1, y1, x2, y2] = SEGMENTS[name].map(
        (part, i) => part * unit + half + 0.5 + (i % 2 === 0 ? place * advance : 0),
      );
      for (let y = 0; y < height; y++) {
        for (let x = Math.floor(place * advance); x < Math.min(width, (place + 1) * advance); x++) {
          const along = Math.min(
            1,
            Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)),
          );
          const away = Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
          const ink = Math.min(1, Math.max(0, half + 0.5 - away));
          if (ink > cover[y * width + x]) cover[y * width + x] = ink;
        }
      }
    }
  });
  return { width, height, cover };
}

export interface Picture {
  readonly title: string;
  readonly rows: number;
  readonly columns: number;
  /** 0 to 255 */
  readonly values: Float32Array;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Draws into the picture and says where; `contrast` is added (or, for dark text, taken away), of 255. */
export function letter(picture: Picture, ink: Ink, x: number, y: number, contrast: number): Box {
  for (let row = 0; row < ink.height; row++) {
    for (let column = 0; column < ink.width; column++) {
      const at = (y + row) * picture.columns + x + column;
      picture.values[at] = Math.min(
        255,
        Math.max(0, picture.values[at] + contrast * ink.cover[row * ink.width + column]),
      );
    }
  }
  return { x, y, width: ink.width, height: ink.height };
}

/** Pictures without text that are like what machines make: a speckled sector, a section through a head, a flat scan with a gradient. */
export function emptyPictures(side: number): Picture[] {
  const pictures = { sector: ultrasound, section, gradient };
  return Object.entries(pictures).map(([title, draw]) => ({ title, rows: side, columns: side, values: draw(side) }));
}

function ultrasound(side: number): Float32Array {
  const noise = random(11, 1, 1);
  return Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) - side / 2, Math.floor(i / side) + 20];
    const inside = Math.abs(Math.atan2(x, y)) < 0.6 && Math.hypot(x, y) < 0.95 * side;
    const tissue = 55 + 35 * Math.sin(x / 31) * Math.cos(y / 23);
    return inside ? tissue * (0.6 + 0.8 * noise.uniform(0, 1)) : 0;
  });
}

function section(side: number): Float32Array {
  const noise = random(12, 1, 1);
  return Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [((i % side) / side - 0.5) / 0.36, (Math.floor(i / side) / side - 0.5) / 0.44];
    const radius = Math.hypot(x, y);
    const base = radius > 1 ? 2 : radius > 0.92 ? 230 : 95 + 25 * Math.sin(6 * x) * Math.cos(5 * y);
    return Math.max(0, base + noise.uniform(-7, 7));
  });
}

function gradient(side: number): Float32Array {
  const noise = random(13, 1, 1);
  return Float32Array.from(
    { length: side * side },
    (_, i) => 40 + (130 * (i % side)) / side + 30 * Math.sin(Math.floor(i / side) / 60) + noise.uniform(-3, 3),
  );
}
