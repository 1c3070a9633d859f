// RLE lossless (PS3.5 annex G), the writing half, for fixtures.

/** Packs little-endian samples, interleaved by pixel, into one RLE frame. */
export function encodeRle(values: Uint8Array, pixels: number, samples: number, bytesPerSample: number): Uint8Array {
  const planes = samples * bytesPerSample;
  const segments: number[][] = [];
  for (let plane = 0; plane < planes; plane++) {
    const offset =
      Math.floor(plane / bytesPerSample) * bytesPerSample + (bytesPerSample - 1 - (plane % bytesPerSample));
    segments.push(pack(values, offset, planes, pixels));
  }
  const total = 64 + segments.reduce((sum, segment) => sum + segment.length, 0);
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  view.setUint32(0, planes, true);
  let at = 64;
  segments.forEach((segment, i) => {
    view.setUint32(4 + 4 * i, at, true);
    out.set(segment, at);
    at += segment.length;
  });
  return out;
}

function pack(values: Uint8Array, offset: number, stride: number, pixels: number): number[] {
  const packed: number[] = [];
  const at = (i: number) => values[offset + stride * i];
  for (let i = 0; i < pixels; ) {
    let run = 1;
    while (run < 128 && i + run < pixels && at(i + run) === at(i)) run++;
    if (run > 1) {
      packed.push(257 - run, at(i));
      i += run;
      continue;
    }
    let literal = 1;
    while (literal < 128 && i + literal < pixels && at(i + literal) !== at(i + literal - 1)) literal++;
    packed.push(literal - 1);
    for (let k = 0; k < literal; k++) packed.push(at(i + k));
    i += literal;
  }
  if (packed.length % 2 === 1) packed.push(0);
  return packed;
}
