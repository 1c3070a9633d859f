// NumPy archives as MedMNIST ships them: a zip of arrays `train_images`, `train_labels`, `val_…`, `test_…`.
//
// Every image becomes one of its own, named `train/00012`, with the part it comes from and its label number as class.
// Array layouts: [n, h, w], [n, h, w, 1], [n, h, w, 3], and [n, d, h, w] for volumes (d frames). Pickled arrays are code, not
// data, and are refused. Sources: numpy.lib.format, MedMNIST v2.

import { unzipSync } from "fflate";
import { AppError } from "../../../preload/contract/errors.ts";
import type { Part, PixelType } from "../../../preload/contract/index.ts";
import { checkSize, MAX_DECODED_BYTES } from "../limits.ts";
import { fromBytes } from "../samples.ts";
import type { Format, OpenedImage, SampleArray } from "../types.ts";
import { plainImage } from "./plain.ts";

const PARTS: readonly { prefix: string; part: Part | null }[] = [
  { prefix: "train_", part: "train" },
  { prefix: "val_", part: "validation" },
  { prefix: "test_", part: "test" },
  { prefix: "", part: null },
];

interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: SampleArray;
}

/** NumPy type codes that become samples as they are; wider ones are narrowed by `readNumpy`. */
const TYPES: Record<string, PixelType> = {
  u1: "uint8",
  i1: "int8",
  b1: "uint8",
  u2: "uint16",
  i2: "int16",
  u4: "uint32",
  i4: "int32",
  f4: "float32",
};

export const npz: Format = {
  id: "npz",
  match: ({ name, bytes }) =>
    bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4 && /\.npz$/i.test(name),
  open({ bytes }, maxBytes) {
    const files = unzip(bytes, maxBytes);
    const images: OpenedImage[] = [];
    for (const { prefix, part } of PARTS) {
      const file = files[`${prefix}images.npy`];
      if (!file) continue;
      const labels = files[`${prefix}labels.npy`];
      images.push(...openPart(readNumpy(file), labels ? readNumpy(labels) : null, part, prefix.replace("_", "/")));
    }
    if (images.length === 0) {
      throw new AppError(
        "imaging/empty",
        `Expected arrays such as train_images and train_labels, found none of them among ${Object.keys(files).length}.`,
      );
    }
    return images;
  },
};

function unzip(bytes: Uint8Array, maxBytes: number): Record<string, Uint8Array> {
  let total = 0;
  try {
    return unzipSync(bytes, {
      filter(file) {
        total += file.originalSize;
        if (total > maxBytes)
          throw new AppError("imaging/too-large", `The archive unpacks to more than ${maxBytes} bytes.`);
        return file.name.endsWith(".npy");
      },
    });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("imaging/unreadable", "The archive is damaged or cut off.", { cause });
  }
}

function readNumpy(bytes: Uint8Array): NumpyArray {
  const invalid = (what: string) => new AppError("imaging/header-invalid", `The NumPy array ${what}.`);
  if (bytes.length < 12 || bytes[0] !== 0x93 || String.fromCharCode(...bytes.subarray(1, 6)) !== "NUMPY") {
    throw invalid("has no NumPy header");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6] >= 2;
  const start = (long ? 12 : 10) + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder("latin1").decode(bytes.subarray(long ? 12 : 10, start));
  const code = /'descr':\s*'([<>|=])([a-z]\d+)'/.exec(header);
  const dims = /'shape':\s*\(([\d,\s]*)\)/.exec(header);
  if (!code || !dims) throw invalid("has a header that does not name a plain number type and a shape");
  if (/'fortran_order':\s*True/.test(header)) throw invalid("is in Fortran order, expected C order");
  const shape = dims[1]
    .split(",")
    .filter((n) => n.trim() !== "")
    .map(Number);
  const count = shape.reduce((product, n) => product * n, 1);
  const size = Number(code[2].slice(1));
  if (!(count * size <= bytes.length - start)) {
    throw new AppError(
      "imaging/frame-truncated",
      `Expected ${count * size} bytes of array data, found ${Math.max(0, bytes.length - start)}.`,
    );
  }
  const data = bytes.subarray(start, start + count * size);
  const little = code[1] !== ">";
  const type = TYPES[code[2]];
  if (type) return { shape, values: fromBytes(data, type, little) };
  if (code[2] === "i8" || code[2] === "u8" || code[2] === "f8") return { shape, values: narrow(data, code[2], little) };
  throw invalid(`is of type ${code[2]}, expected integers or floats`);
}

/** 64-bit numbers to 32 bit: labels are often int64. */
function narrow(data: Uint8Array, code: string, little: boolean): SampleArray {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const out = code === "f8" ? new Float32Array(data.length / 8) : new Int32Array(data.length / 8);
  for (let i = 0; i < out.length; i++) {
    out[i] = code === "f8" ? view.getFloat64(8 * i, little) : Number(view.getBigInt64(8 * i, little));
  }
  return out;
}

function openPart(images: NumpyArray, labels: NumpyArray | null, part: Part | null, prefix: string): OpenedImage[] {
  const { shape, values } = images;
  const count = shape[0] ?? 0;
  const colour = shape.length === 4 && shape[3] === 3;
  const volume = shape.length === 4 && shape[3] !== 3 && shape[3] !== 1;
  if (shape.length < 3 || shape.length > 4) {
    throw new AppError(
      "imaging/header-invalid",
      `Expected an array of images [n, rows, columns], found ${shape.length} dimensions.`,
    );
  }
  const [frames, rows, columns] = volume ? [shape[1], shape[2], shape[3]] : [1, shape[1], shape[2]];
  const samples = colour ? 3 : 1;
  if (count === 0) return [];
  checkSize(rows, columns, frames, samples * values.BYTES_PER_ELEMENT, MAX_DECODED_BYTES);
  const perFrame = rows * columns * samples;
  const one = labels && labels.values.length === count ? labels.values : null;
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const frameBytes = perFrame * values.BYTES_PER_ELEMENT;
  return Array.from({ length: count }, (_, i) => {
    const first = i * frames * perFrame;
    const stored = Array.from({ length: frames }, (_, f) => ({
      transferSyntax: "raw",
      bytes: raw.slice((i * frames + f) * frameBytes, (i * frames + f + 1) * frameBytes),
    }));
    const decoded = { rows, columns, samples, values: values.subarray(first, first + perFrame) } as const;
    const member = `${prefix}${String(i).padStart(5, "0")}`;
    return plainImage(member, decoded, 8 * values.BYTES_PER_ELEMENT, stored, {
      suggestedClass: one ? String(one[i]) : null,
      suggestedPart: part,
      member,
    });
  });
}
