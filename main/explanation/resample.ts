// A small map stretched over a picture.

/**
 * Bilinear resampling with pixel centres at half coordinates (ONNX Resize, half_pixel), edges held.
 * @param values rows * columns numbers, row by row
 */
export function resampleBilinear(
  values: ArrayLike<number>,
  from: { rows: number; columns: number },
  to: { rows: number; columns: number },
): Float32Array {
  const result = new Float32Array(to.rows * to.columns);
  for (let y = 0; y < to.rows; y++) {
    const [top, bottom, v] = neighbours(y, to.rows, from.rows);
    for (let x = 0; x < to.columns; x++) {
      const [left, right, u] = neighbours(x, to.columns, from.columns);
      const upper = values[top * from.columns + left]! * (1 - u) + values[top * from.columns + right]! * u;
      const lower = values[bottom * from.columns + left]! * (1 - u) + values[bottom * from.columns + right]! * u;
      result[y * to.columns + x] = upper * (1 - v) + lower * v;
    }
  }
  return result;
}

function neighbours(index: number, to: number, from: number): [low: number, high: number, weight: number] {
  const position = Math.min(from - 1, Math.max(0, ((index + 0.5) * from) / to - 0.5));
  const low = Math.floor(position);
  return [low, Math.min(from - 1, low + 1), position - low];
}

/** Divides by the largest value, so that the map runs from 0 to 1; a map of zeros stays one. */
export function normalised(values: Float32Array): Float32Array {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, value);
  return largest > 0 ? values.map((value) => Math.max(0, value) / largest) : values.fill(0);
}
