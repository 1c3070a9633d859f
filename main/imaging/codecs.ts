// The image codecs: bytes of one compressed frame to samples. Synchronous, the same answer on every platform.
//
// JPEG, JPEG 2000 and HTJ2K are WebAssembly builds of libjpeg-turbo, OpenJPEG and OpenJPH; JPEG lossless is plain JavaScript, JPEG-LS and
// 12-bit JPEG are our own (jpeg-ls.ts, jpeg-extended.ts). Modules are compiled and instantiated synchronously on first use, so callers need not wait for
// anything; `initCodecs` only moves that cost to a moment of the caller's choice.
// A codec that throws or aborts is thrown away with its memory and made anew at the next call, and so is one whose memory
// has grown large: WebAssembly memory never shrinks. What it said becomes the `cause` of an AppError.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import libjpeg from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs";
import openjpeg from "@cornerstonejs/codec-openjpeg/decodewasmjs";
import openjph from "@cornerstonejs/codec-openjph/wasmjs";
import { Decoder as LosslessDecoder } from "jpeg-lossless-decoder-js";
import { AppError } from "../../preload/contract/errors.ts";

/** Samples as a codec gives them, interleaved: `bits` significant ones per sample, in the smallest array that holds them. */
export interface CodecOutput {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly values: Uint8Array | Int8Array | Uint16Array | Int16Array;
}

interface FrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned?: boolean;
}

interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): FrameInfo;
  delete(): void;
}

type WasmModule = Record<string, new () => WasmDecoder> & {
  HEAPU8: Uint8Array;
  getExceptionMessage?(e: unknown): unknown;
};

export type WasmCodec = "jpeg" | "jpeg-2000" | "htj2k";

interface CodecRow {
  readonly factory: typeof libjpeg;
  readonly decoder: string;
  /** package path of the WebAssembly file */
  readonly wasm: string;
  readonly title: string;
}

export const CODECS: Record<WasmCodec, CodecRow> = {
  jpeg: {
    factory: libjpeg,
    decoder: "JPEGDecoder",
    wasm: "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm",
    title: "JPEG",
  },
  "jpeg-2000": {
    factory: openjpeg,
    decoder: "J2KDecoder",
    wasm: "@cornerstonejs/codec-openjpeg/decodewasm",
    title: "JPEG 2000",
  },
  htj2k: { factory: openjph, decoder: "HTJ2KDecoder", wasm: "@cornerstonejs/codec-openjph/wasm", title: "HTJ2K" },
};

/** Above this a module is replaced after use, so that one large image does not hold memory for ever. */
const MAX_KEPT_MEMORY = 256 << 20;

const compiled = new Map<WasmCodec, WebAssembly.Module>();
const running = new Map<WasmCodec, WasmModule>();

/** A bundle keeps the files beside itself in `codecs/<name>.wasm`; otherwise they come from the installed packages. */
function readWasm(codec: WasmCodec): Uint8Array<ArrayBuffer> {
  const beside = fileURLToPath(new URL(`./codecs/${codec}.wasm`, import.meta.url));
  const path = existsSync(beside) ? beside : createRequire(import.meta.url).resolve(CODECS[codec].wasm);
  return new Uint8Array(readFileSync(path));
}

function start(codec: WasmCodec): WasmModule {
  let module = compiled.get(codec);
  if (!module) {
    module = new WebAssembly.Module(readWasm(codec));
    compiled.set(codec, module);
  }
  const compiledModule = module;
  const instance: Record<string, unknown> = {
    // Emscripten's hook for own instantiation; it runs synchronously, so the module is ready when the factory returns.
    instantiateWasm(
      imports: WebAssembly.Imports,
      receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ) {
      const made = new WebAssembly.Instance(compiledModule, imports);
      receive(made, compiledModule);
      return made.exports;
    },
    print: () => {},
    printErr: () => {},
  };
  const started = CODECS[codec].factory(instance);
  if (typeof instance[CODECS[codec].decoder] !== "function") {
    // The promise would tell of a failed start; the missing class tells it synchronously. Only here is the promise waited for: a waiting
    // promise keeps its module until the caller gives way, and a caller that reads an archive of damaged frames does not.
    started.catch(() => {});
    throw new AppError("imaging/codec-missing", `The ${CODECS[codec].title} codec could not be started.`);
  }
  running.set(codec, instance as WasmModule);
  return instance as WasmModule;
}

/** Starts all codecs (some 50 ms together). Not needed before decoding; call it to have no delay at the first image. */
export async function initCodecs(): Promise<void> {
  for (const codec of Object.keys(CODECS) as WasmCodec[]) if (!running.has(codec)) start(codec);
}

/** How large a frame may be. Its own header is asked before a codec takes memory for it. */
interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** Decodes one frame. Throws imaging/unreadable where it is larger than `most` or the codec refuses the bytes. */
export function decodeWasm(codec: WasmCodec, bytes: Uint8Array, most: Size): CodecOutput {
  const { decoder: className, title } = CODECS[codec];
  const header = codec === "jpeg" ? readJpegHeader(bytes) : readJ2kHeader(bytes);
  if (!header) throw new AppError("imaging/unreadable", `The frame does not begin with a ${title} header.`);
  refuseLarger(header, most);
  const module = running.get(codec) ?? start(codec);
  let decoder: WasmDecoder | null = null;
  try {
    decoder = new module[className]();
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const info = decoder.getFrameInfo();
    refuseLarger(info, most);
    const output = takeOutput(info, decoder, title);
    decoder.delete();
    if (module.HEAPU8.length > MAX_KEPT_MEMORY) running.delete(codec);
    return output;
  } catch (cause) {
    running.delete(codec);
    if (cause instanceof AppError) throw cause;
    throw new AppError("imaging/unreadable", `The ${title} codec cannot read this frame.`, { cause });
  }
}

function refuseLarger({ width, height, componentCount }: FrameInfo, most: Size): void {
  const fits = width > 0 && height > 0 && width <= most.columns && height <= most.rows;
  if (!fits || componentCount < 1 || componentCount > 4) {
    throw new AppError(
      "imaging/unreadable",
      `Expected a frame of ${most.columns} × ${most.rows} pixels, found ${width} × ${height} with ${componentCount} samples.`,
    );
  }
}

function takeOutput(info: FrameInfo, decoder: WasmDecoder, title: string): CodecOutput {
  if (info.bitsPerSample > 16) {
    throw new AppError(
      "imaging/codec-missing",
      `${title} with ${info.bitsPerSample} bits per sample is not supported.`,
    );
  }
  const count = info.width * info.height * info.componentCount;
  const wide = info.bitsPerSample > 8;
  const decoded = decoder.getDecodedBuffer();
  const expected = count * (wide ? 2 : 1);
  if (decoded.length < expected) {
    throw new AppError("imaging/frame-truncated", `Expected ${expected} decoded bytes, found ${decoded.length}.`);
  }
  // A copy: the view points into the codec's memory.
  const { buffer } = decoded.slice(0, expected);
  const signed = info.isSigned ?? false;
  const values = wide
    ? signed
      ? new Int16Array(buffer)
      : new Uint16Array(buffer)
    : signed
      ? new Int8Array(buffer)
      : new Uint8Array(buffer);
  return {
    rows: info.height,
    columns: info.width,
    samples: info.componentCount,
    bits: info.bitsPerSample,
    signed,
    values,
  };
}

/** JPEG lossless, process 14 (PS3.5 A.4.2): 8 to 16 bit, one or three components. */
export function decodeJpegLossless(bytes: Uint8Array, most: Size): CodecOutput {
  const info = losslessHeader(bytes);
  refuseLarger(info, most);
  try {
    const decoder = new LosslessDecoder();
    const { buffer, byteOffset, length } = bytes;
    const decoded: ArrayBuffer = decoder.decompress(buffer, byteOffset, length);
    const count = info.width * info.height * info.componentCount;
    const wide = info.bitsPerSample > 8;
    if (decoded.byteLength < count * (wide ? 2 : 1)) {
      throw new AppError(
        "imaging/frame-truncated",
        `Expected ${count} samples, found ${decoded.byteLength / (wide ? 2 : 1)}.`,
      );
    }
    return {
      rows: info.height,
      columns: info.width,
      samples: info.componentCount,
      bits: info.bitsPerSample,
      signed: false,
      values: wide ? new Uint16Array(decoded, 0, count) : new Uint8Array(decoded, 0, count),
    };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("imaging/unreadable", "The JPEG lossless codec cannot read this frame.", { cause });
  }
}

/** Frame header (SOF3) of a JPEG lossless frame: size and bits, before anything is decoded. */
function losslessHeader(bytes: Uint8Array): FrameInfo {
  const header = readJpegHeader(bytes);
  if (header?.process !== 3) {
    throw new AppError("imaging/unreadable", "Expected a JPEG lossless frame, found another kind of data.");
  }
  return header;
}

export interface JpegHeader extends FrameInfo {
  /** n of the SOFn marker: 0 baseline, 1 extended, 2 progressive, 3 lossless (T.81 table B.1), 55 JPEG-LS */
  readonly process: number;
  /** component identifiers */
  readonly ids: readonly number[];
  readonly jfif: boolean;
  /** colour transform of Adobe's APP14 segment; null without one */
  readonly adobe: number | null;
}

/** Frame header marker of JPEG-LS (T.87 C.1.1). */
const SOF55 = 0xf7;

/** Walks the marker segments up to the frame header (T.81 annex B); null where there is none. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  let jfif = false;
  let adobe: number | null = null;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    if (length < 2 || marker === 0xda || marker === 0xd9) return null;
    if (marker === 0xe0 && bytes[at + 4] === 0x4a) jfif = true;
    if (marker === 0xee && length >= 14 && bytes[at + 4] === 0x41) adobe = bytes[at + 15];
    const isFrame =
      marker === SOF55 || (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc);
    if (isFrame && at + 10 <= bytes.length) {
      const componentCount = bytes[at + 9];
      return {
        process: marker - 0xc0,
        bitsPerSample: bytes[at + 4],
        height: (bytes[at + 5] << 8) | bytes[at + 6],
        width: (bytes[at + 7] << 8) | bytes[at + 8],
        componentCount,
        ids: Array.from({ length: Math.min(componentCount, 4) }, (_, i) => bytes[at + 10 + 3 * i] ?? 0),
        jfif,
        adobe,
      };
    }
    at += 2 + length;
  }
  return null;
}

/** Size and bits from the SIZ segment (T.800 A.5.1), which follows SOC at once; null where there is none. */
function readJ2kHeader(bytes: Uint8Array): FrameInfo | null {
  const soc = findCodestream(bytes);
  if (soc === null || bytes.length - soc < 44) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + soc, bytes.length - soc);
  return {
    width: view.getUint32(8) - view.getUint32(16),
    height: view.getUint32(12) - view.getUint32(20),
    componentCount: view.getUint16(40),
    bitsPerSample: (view.getUint8(42) & 0x7f) + 1,
  };
}

/** A bare codestream, or one inside the boxes of a JP2 file, which DICOM does not allow and some writers use. */
function findCodestream(bytes: Uint8Array): number | null {
  const limit = Math.min(bytes.length - 4, 4096);
  for (let at = 0; at <= limit; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0x4f && bytes[at + 2] === 0xff && bytes[at + 3] === 0x51) return at;
  }
  return null;
}
