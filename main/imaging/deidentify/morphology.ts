// What is thin in a picture of bytes: the picture less its opening by a square (white top-hat).
//
// Van Herk's running extremes: over blocks of the window's size from both ends, so that a pixel costs the same whatever the window.
// Erosion is written out; dilation is erosion of the negative. Outside the picture nothing is darker.

/** The picture less its opening: what is brighter than its surroundings and narrower than the window (odd). */
export function topHat(picture: Uint8Array, rows: number, columns: number, window: number): Uint8Array {
  const eroded = erode(picture, rows, columns, window);
  const opened = negative(erode(negative(eroded), rows, columns, window));
  const thin = new Uint8Array(picture.length);
  for (let i = 0; i < thin.length; i++) thin[i] = picture[i] - opened[i];
  return thin;
}

export function negative(picture: Uint8Array): Uint8Array {
  const out = new Uint8Array(picture.length);
  for (let i = 0; i < out.length; i++) out[i] = 255 - picture[i];
  return out;
}

function erode(picture: Uint8Array, rows: number, columns: number, window: number): Uint8Array {
  const across = erodeRows(picture, rows, columns, window);
  return transpose(erodeRows(transpose(across, rows, columns), columns, rows, window), columns, rows);
}

function transpose(picture: Uint8Array, rows: number, columns: number): Uint8Array {
  const out = new Uint8Array(picture.length);
  for (let y = 0, i = 0; y < rows; y++) for (let x = 0; x < columns; x++, i++) out[x * rows + y] = picture[i];
  return out;
}

function erodeRows(picture: Uint8Array, rows: number, columns: number, window: number): Uint8Array {
  const half = window >> 1;
  const length = Math.ceil((columns + 2 * half) / window) * window;
  const row = new Uint8Array(length).fill(255);
  const ahead = new Uint8Array(length);
  const behind = new Uint8Array(length);
  const out = new Uint8Array(picture.length);
  for (let y = 0; y < rows; y++) {
    const start = y * columns;
    row.set(picture.subarray(start, start + columns), half);
    for (let block = 0; block < length; block += window) {
      let least = 255;
      for (let i = block; i < block + window; i++) {
        if (row[i] < least) least = row[i];
        ahead[i] = least;
      }
      least = 255;
      for (let i = block + window - 1; i >= block; i--) {
        if (row[i] < least) least = row[i];
        behind[i] = least;
      }
    }
    for (let x = 0; x < columns; x++) {
      const [a, b] = [behind[x], ahead[x + 2 * half]];
      out[start + x] = a < b ? a : b;
    }
  }
  return out;
}

/** Mean of each pixel and its eight neighbours; the border is left as it is. */
export function smooth(picture: Uint8Array, rows: number, columns: number): Uint8Array {
  const out = picture.slice();
  for (let y = 1; y < rows - 1; y++) {
    let at = y * columns + 1;
    let [left, middle] = [column(picture, at - 1, columns), column(picture, at, columns)];
    for (let x = 1; x < columns - 1; x++, at++) {
      const right = column(picture, at + 1, columns);
      out[at] = (left + middle + right) / 9;
      left = middle;
      middle = right;
    }
  }
  return out;
}

const column = (picture: Uint8Array, at: number, columns: number): number =>
  picture[at - columns] + picture[at] + picture[at + columns];
