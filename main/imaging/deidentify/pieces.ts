// Connected pieces of what stands out in a picture, with what tells letters from anatomy: size, how full the box is, how steep the edge.

export interface Piece {
  readonly left: number;
  readonly top: number;
  /** one past the last column */
  readonly right: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
  /** pixels of the piece */
  readonly area: number;
  /** mean height above the surroundings, of 255 */
  readonly contrast: number;
  /** 0 to 1: how much of its height the picture rises within a pixel of the piece's edge; drawn letters near 1, shadows near 0 */
  readonly steepness: number;
}

/** A picture in which pieces are looked for, at one level after the other. */
export class PieceFinder {
  readonly #thin: Uint8Array;
  readonly #picture: Uint8Array;
  readonly #columns: number;
  readonly #rows: number;
  readonly #seen: Uint8Array;
  readonly #stack: Int32Array;
  readonly #above: Uint32Array;

  /** `thin`: how much each pixel of `picture` stands out. */
  constructor(thin: Uint8Array, picture: Uint8Array, rows: number, columns: number) {
    this.#thin = thin;
    this.#picture = picture;
    this.#rows = rows;
    this.#columns = columns;
    this.#seen = new Uint8Array(thin.length);
    this.#stack = new Int32Array(thin.length);
    const counts = new Uint32Array(257);
    for (const value of thin) counts[value] += 1;
    for (let value = 255; value >= 0; value--) counts[value] += counts[value + 1];
    this.#above = counts;
  }

  /** What share of the pixels stands out at least this much. */
  share(level: number): number {
    return this.#above[level] / this.#thin.length;
  }

  /** Pieces of pixels that stand out at least this much, eight neighbours each, in reading order; none larger than `most` pixels. */
  at(level: number, most: number): Piece[] {
    const pieces: Piece[] = [];
    this.#seen.fill(0);
    for (let start = 0; start < this.#thin.length; start++) {
      if (this.#thin[start] < level || this.#seen[start] === 1) continue;
      const piece = this.#grow(start, level);
      if (piece.area >= LEAST_AREA && piece.height <= most && piece.width <= 4 * most) pieces.push(piece);
    }
    return pieces;
  }

  #grow(start: number, level: number): Piece {
    const thin = this.#thin;
    const seen = this.#seen;
    const stack = this.#stack;
    const columns = this.#columns;
    let depth = 0;
    let left = columns;
    let top = this.#rows;
    let right = 0;
    let bottom = 0;
    let area = 0;
    let heights = 0;
    let rise = 0;
    let edges = 0;
    stack[depth++] = start;
    seen[start] = 1;
    while (depth > 0) {
      const at = stack[--depth];
      const x = at % columns;
      const y = (at - x) / columns;
      if (x < left) left = x;
      if (y < top) top = y;
      if (x >= right) right = x + 1;
      if (y >= bottom) bottom = y + 1;
      area += 1;
      heights += thin[at];
      const fromY = y > 0 ? y - 1 : 0;
      const toY = y < this.#rows - 1 ? y + 1 : y;
      const fromX = x > 0 ? x - 1 : 0;
      const toX = x < columns - 1 ? x + 1 : x;
      for (let ny = fromY; ny <= toY; ny++) {
        for (let nx = fromX; nx <= toX; nx++) {
          const next = ny * columns + nx;
          if (thin[next] >= level) {
            if (seen[next] === 0) {
              seen[next] = 1;
              stack[depth++] = next;
            }
          } else if (nx === x || ny === y) {
            rise += this.#riseAcross(at, next);
            edges += 1;
          }
        }
      }
    }
    const contrast = heights / area;
    const steepness = edges > 0 ? Math.min(1, rise / edges / contrast) : 0;
    return { left, top, right, bottom, width: right - left, height: bottom - top, area, contrast, steepness };
  }

  /** From one pixel outside the edge to one pixel behind it: soft letters rise over two. */
  #riseAcross(edge: number, outside: number): number {
    const picture = this.#picture;
    const behind = 2 * edge - outside;
    const high =
      behind >= 0 && behind < picture.length && picture[behind] > picture[edge] ? picture[behind] : picture[edge];
    return high - picture[outside];
  }
}

const LEAST_AREA = 5;
