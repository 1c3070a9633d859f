// LZW as TIFF has it (TIFF 6.0 section 13): codes of 9 to 12 bits, most significant bit first, widened one code early.

const CLEAR = 256;
const END = 257;
const MAX_CODES = 4096;

/** Unpacks at most `expected` bytes; gives fewer where the data end early or make no sense. */
export function decodeLzw(bytes: Uint8Array, expected: number): Uint8Array {
  const out = new Uint8Array(expected);
  const prefix = new Uint16Array(MAX_CODES);
  const last = new Uint8Array(MAX_CODES);
  const length = new Uint16Array(MAX_CODES);
  for (let code = 0; code < 256; code++) {
    last[code] = code;
    length[code] = 1;
  }
  let next = END + 1;
  let width = 9;
  let previous = -1;
  let bits = 0;
  let held = 0;
  let done = 0;
  for (let at = 0; done < expected; ) {
    while (held < width && at < bytes.length) {
      bits = ((bits << 8) | bytes[at++]) & 0xffffff;
      held += 8;
    }
    if (held < width) break;
    held -= width;
    const code = (bits >> held) & ((1 << width) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      next = END + 1;
      width = 9;
      previous = -1;
      continue;
    }
    if (code > next || (code === next && previous < 0)) break;
    if (previous >= 0 && next < MAX_CODES) {
      prefix[next] = previous;
      length[next] = length[previous] + 1;
      // The new string ends with the first byte of the present one, which may be the new string itself.
      last[next] = firstByte(code === next ? previous : code, prefix, last, length);
      next += 1;
    }
    const end = done + length[code];
    let walk = code;
    for (let i = end - 1; i >= done; i--) {
      if (i < expected) out[i] = last[walk];
      walk = prefix[walk];
    }
    done = Math.min(end, expected);
    previous = code;
    if (next + 1 >= 1 << width && width < 12) width += 1;
  }
  return out.subarray(0, done);
}

function firstByte(code: number, prefix: Uint16Array, last: Uint8Array, length: Uint16Array): number {
  let walk = code;
  for (let left = length[code]; left > 1; left--) walk = prefix[walk];
  return last[walk];
}
