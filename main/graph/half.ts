// Numbers of 16 bits (IEEE 754 binary16, ONNX's float16) as their bits: JavaScript has an array of them only in newer engines.

/** Nearest 16-bit numbers, ties to even; beyond 65504 infinite. */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => {
    const sign = (word >>> 16) & 0x8000;
    const exponent = ((word >>> 23) & 0xff) - 112; // 127 - 15
    const fraction = word & 0x7fffff;
    if (exponent >= 143) return sign | 0x7c00 | (fraction > 0 ? 0x200 : 0);
    if (exponent >= 31) return sign | 0x7c00;
    if (exponent > 0) return sign | rounded((exponent << 23) | fraction, 13);
    // Below the smallest normal number the fraction moves right with its leading 1.
    return exponent < -10 ? sign : sign | rounded(fraction | 0x800000, 14 - exponent);
  });
}

/** Bits above `shift`, those below rounded to the nearest, half to even; what carries over goes into the exponent, as it should. */
function rounded(value: number, shift: number): number {
  const half = 2 ** (shift - 1);
  const rest = value & (2 ** shift - 1);
  const kept = value >>> shift;
  return rest > half || (rest === half && kept % 2 === 1) ? kept + 1 : kept;
}

export function fromHalf(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (word) => {
    const sign = word & 0x8000 ? -1 : 1;
    const exponent = (word >>> 10) & 31;
    const fraction = word & 0x3ff;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
}
