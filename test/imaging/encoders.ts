// The writing halves of what the room reads, for fixtures: RLE and JPEG lossless by our own few lines, the others by the
// encoders that come with the codec packages.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

interface Encoder {
  getDecodedBuffer(info: object): Uint8Array;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
  setNearLossless?(value: number): void;
  setInterleaveMode?(mode: number): void;
  setQuality?(...values: (number | boolean)[]): void;
  delete(): void;
}

interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

type EncoderModule = Record<string, new () => Encoder>;

const MODULES = {
  "jpeg-ls": { load: () => require("@cornerstonejs/codec-charls/wasmjs"), name: "JpegLSEncoder" },
  "jpeg-2000": { load: () => require("@cornerstonejs/codec-openjpeg/wasmjs"), name: "J2KEncoder" },
  htj2k: { load: () => require("@cornerstonejs/codec-openjph/wasmjs"), name: "HTJ2KEncoder" },
  jpeg: { load: () => require("@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs"), name: "JPEGEncoder" },
} as const;

export interface Picture {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bits: number;
  readonly signed: boolean;
  /** little-endian samples, interleaved */
  readonly bytes: Uint8Array;
}

/** Lossless where the codec can; of JPEG-LS `interleave` is 0 by plane, 1 by line, 2 by sample, and `near` how far samples may be off. */
export async function encodeWasm(
  codec: keyof typeof MODULES,
  picture: Picture,
  interleave = 0,
  near = 0,
): Promise<Uint8Array> {
  const { load, name } = MODULES[codec];
  const factory = load() as (options: object) => Promise<EncoderModule>;
  const module = await factory({ print: () => {}, printErr: () => {} });
  const encoder = new module[name]();
  const info = {
    width: picture.columns,
    height: picture.rows,
    bitsPerSample: picture.bits,
    componentCount: picture.samples,
    isSigned: picture.signed,
    isUsingColorTransform: false,
  };
  encoder.getDecodedBuffer(info).set(picture.bytes);
  if (codec === "jpeg-ls") {
    encoder.setNearLossless?.(near);
    encoder.setInterleaveMode?.(interleave);
  }
  if (codec === "jpeg-2000" || codec === "htj2k") encoder.setQuality?.(true, 0);
  encoder.encode();
  const encoded = new Uint8Array(encoder.getEncodedBuffer());
  encoder.delete();
  return encoded;
}

/** What CharLS makes of a JPEG-LS frame, as bytes: an independent reader. */
export async function decodeCharls(frame: Uint8Array): Promise<Uint8Array> {
  const factory = MODULES["jpeg-ls"].load() as (options: object) => Promise<Record<string, new () => Decoder>>;
  const module = await factory({ print: () => {}, printErr: () => {} });
  const decoder = new module.JpegLSDecoder();
  decoder.getEncodedBuffer(frame.length).set(frame);
  decoder.decode();
  const decoded = new Uint8Array(decoder.getDecodedBuffer());
  decoder.delete();
  return decoded;
}

/** RLE lossless (PS3.5 annex G) of little-endian samples, interleaved by pixel. */
export function encodeRle(values: Uint8Array, pixels: number, samples: number, bytesPerSample: number): Uint8Array {
  const planes = samples * bytesPerSample;
  const segments: number[][] = [];
  for (let plane = 0; plane < planes; plane++) {
    const sample = Math.floor(plane / bytesPerSample);
    segments.push(
      pack(values, sample * bytesPerSample + bytesPerSample - 1 - (plane % bytesPerSample), planes, pixels),
    );
  }
  const out = new Uint8Array(64 + segments.reduce((sum, segment) => sum + segment.length, 0));
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

/**
 * JPEG lossless, process 14, selection value 1 (T.81 annex H), one component. The Huffman table gives every difference
 * category 0 to 16 a code of five bits, which is legal and simple.
 */
export function encodeJpegLossless(values: Uint16Array, rows: number, columns: number, bits: number): Uint8Array {
  const categories = 17;
  const out = [0xff, 0xd8];
  out.push(0xff, 0xc3, 0, 11, bits, rows >> 8, rows & 255, columns >> 8, columns & 255, 1, 1, 0x11, 0);
  out.push(0xff, 0xc4, 0, 19 + categories, 0, ...Array.from({ length: 16 }, (_, i) => (i === 4 ? categories : 0)));
  out.push(...Array.from({ length: categories }, (_, i) => i));
  out.push(0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0);
  let held = 0;
  let count = 0;
  const put = (value: number, length: number) => {
    for (let bit = length - 1; bit >= 0; bit--) {
      held = (held << 1) | ((value >> bit) & 1);
      if (++count < 8) continue;
      out.push(held);
      if (held === 0xff) out.push(0);
      held = 0;
      count = 0;
    }
  };
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const i = y * columns + x;
      const left = x > 0 ? values[i - 1] : y > 0 ? values[i - columns] : 2 ** (bits - 1);
      const difference = ((values[i] - left + 32768) & 0xffff) - 32768;
      const category = difference === 0 ? 0 : 32 - Math.clz32(Math.abs(difference));
      put(category, 5);
      if (category > 0 && category < 16) put(difference > 0 ? difference : difference + 2 ** category - 1, category);
    }
  }
  while (count > 0) put(1, 1);
  out.push(0xff, 0xd9);
  return Uint8Array.from(out);
}
