// Valid files of every kind, small, and ways to damage them. Whatever comes out is a function of a number, so that a finding can be repeated.

import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { EXPLICIT_BIG, IMPLICIT_LITTLE, RLE } from "../../main/imaging/dicom/transfer-syntax.ts";
import { type Attributes, writeDicom } from "../../main/imaging/dicom/write.ts";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { encodeJpegLossless, encodeRle, encodeWasm } from "./encoders.ts";
import { writeNifti } from "./nifti-writer.ts";
import { bytesOf, colourAttributes, greyAttributes, ramp } from "./pictures.ts";
import { writeBigTiff, writeTiff } from "./tiff-writer.ts";

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const rows = 40;
const columns = 50;
const SIZE = { Rows: rows, Columns: columns };
const EIGHT = { BitsAllocated: 8, BitsStored: 8, HighBit: 7 };
const grey16 = ramp(16, rows, columns);
const grey8 = Uint8Array.from(ramp(8, rows, columns));
const rgb = Uint8Array.from({ length: rows * columns * 3 }, (_, i) => (i * 7919) % 251);

/** One valid file for each title. */
export async function validFiles(): Promise<Record<string, NamedFile>> {
  const about = { rows, columns, samples: 1, bits: 16, signed: false, bytes: bytesOf(grey16) };
  const eight = { ...about, bits: 8, bytes: grey8 };
  const colour = { ...eight, samples: 3, bytes: rgb };
  const compressed = (frame: Uint8Array, transferSyntax: string, attributes = greyAttributes(SIZE)) =>
    writeDicom({ attributes, pixelData: [frame], transferSyntax });
  const nested = greyAttributes({
    ...SIZE,
    SharedFunctionalGroupsSequence: [{ PixelMeasuresSequence: [{ PixelSpacing: ["1", "1"] }] }],
  });
  const dicom: Record<string, Uint8Array> = {
    "native DICOM": writeDicom({ attributes: nested, pixelData: bytesOf(grey16) }),
    "implicit DICOM": writeDicom({ attributes: nested, pixelData: bytesOf(grey16), transferSyntax: IMPLICIT_LITTLE }),
    "big-endian DICOM": writeDicom({ attributes: nested, pixelData: bytesOf(grey16), transferSyntax: EXPLICIT_BIG }),
    "deflated DICOM": deflated(writeDicom({ attributes: nested, pixelData: bytesOf(grey16) })),
    "enhanced DICOM": writeDicom({ attributes: enhanced(), pixelData: bytesOf(grey16) }),
    "palette DICOM": writeDicom({ attributes: palette(), pixelData: grey8 }),
    "RLE DICOM": compressed(encodeRle(bytesOf(grey16), rows * columns, 1, 2), RLE),
    "JPEG DICOM": compressed(
      await encodeWasm("jpeg", colour),
      "1.2.840.10008.1.2.4.50",
      colourAttributes({ ...SIZE, PhotometricInterpretation: "YBR_FULL_422" }),
    ),
    "JPEG-LS DICOM": compressed(await encodeWasm("jpeg-ls", about), "1.2.840.10008.1.2.4.80"),
    "JPEG-LS colour DICOM": compressed(
      await encodeWasm("jpeg-ls", colour, 2),
      "1.2.840.10008.1.2.4.80",
      colourAttributes(SIZE),
    ),
    "JPEG 2000 DICOM": compressed(await encodeWasm("jpeg-2000", about), "1.2.840.10008.1.2.4.90"),
    "HTJ2K DICOM": compressed(await encodeWasm("htj2k", about), "1.2.840.10008.1.2.4.201"),
    "JPEG lossless DICOM": compressed(encodeJpegLossless(grey16, rows, columns, 16), "1.2.840.10008.1.2.4.70"),
    "12-bit JPEG DICOM": compressed(
      jpeg12(),
      "1.2.840.10008.1.2.4.51",
      greyAttributes({ ...SIZE, BitsStored: 12, HighBit: 11 }),
    ),
  };
  const numpy = Buffer.concat([
    Uint8Array.of(0x93, ...Buffer.from("NUMPY"), 1, 0, 118, 0),
    Buffer.from("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 20, 50), }".padEnd(117)),
    Buffer.from("\n"),
    grey8,
  ]);
  const nifti = { dim: [50, 20, 2], datatype: 512, bytes: bytesOf(grey16), pixdim: [1, 1, 2, 3] };
  const sform = {
    code: 1,
    rows: [
      [1, 0, 0, 5],
      [0, 1, 0, 6],
      [0, 0, 3, 7],
    ],
  };
  const page = { rows, columns, bits: 16, bytes: bytesOf(grey16) };
  const png = encodePng({ rows, columns, samples: 1, values: grey16 });
  return {
    ...Object.fromEntries(Object.entries(dicom).map(([title, bytes]) => [title, { name: "a.dcm", bytes }])),
    PNG: { name: "a.png", bytes: png },
    "colour PNG": { name: "a.png", bytes: encodePng({ rows, columns, samples: 3, values: rgb }) },
    JPEG: { name: "a.jpg", bytes: await encodeWasm("jpeg", eight) },
    "LZW TIFF": { name: "a.tif", bytes: writeTiff([{ ...page, compression: 5 }]) },
    "tiled TIFF": { name: "a.tif", bytes: writeTiff([{ ...page, compression: 8, tile: 16 }]) },
    "TIFF pages": {
      name: "a.tif",
      bytes: writeTiff(
        [
          { ...page, compression: 32773 },
          { ...page, compression: 1 },
        ],
        false,
      ),
    },
    BigTIFF: { name: "a.tif", bytes: writeBigTiff([page, page]) },
    "NIfTI-1": { name: "a.nii", bytes: writeNifti({ ...nifti, sform }) },
    "NIfTI-2": { name: "a.nii", bytes: writeNifti({ ...nifti, version: 2, littleEndian: false, dim: [50, 10, 2, 2] }) },
    "NIfTI in gzip": { name: "a.nii.gz", bytes: new Uint8Array(gzipSync(writeNifti(nifti))) },
    npz: { name: "a.npz", bytes: zipSync({ "train_images.npy": new Uint8Array(numpy) }) },
    ZIP: { name: "a.zip", bytes: zipSync({ "b/a.png": png, "c.dcm": dicom["RLE DICOM"] }) },
  };
}

/** Frames of an enhanced object with everything of their own, and tables. */
function enhanced(): Attributes {
  const own = (z: string) => ({
    PixelValueTransformationSequence: [{ RescaleSlope: z, RescaleIntercept: "-5", RescaleType: "HU" }],
    FrameVOILUTSequence: [
      { WindowCenter: ["1", z], WindowWidth: ["9", "8"], WindowCenterWidthExplanation: ["A", "B"] },
    ],
    PlanePositionSequence: [{ ImagePositionPatient: ["0", "0", z] }],
  });
  return greyAttributes({
    Rows: rows / 2,
    Columns: columns,
    NumberOfFrames: 2,
    VOILUTSequence: [{ LUTDescriptor: [64, 0, 16], LUTData: bytesOf(grey16.subarray(0, 64)) }],
    PerFrameFunctionalGroupsSequence: [own("1"), own("2")],
  });
}

function palette(): Attributes {
  const segments = bytesOf(Uint16Array.from([0, 2, 0, 1000, 1, 100, 60000, 2, 1, 0, 0, 1, 152, 300]));
  const channels = ["Red", "Green", "Blue"].flatMap((channel) => [
    [`${channel}PaletteColorLookupTableDescriptor`, [256, 0, 16]],
    [`Segmented${channel}PaletteColorLookupTableData`, segments],
  ]);
  return greyAttributes({
    ...SIZE,
    ...EIGHT,
    PhotometricInterpretation: "PALETTE COLOR",
    ...Object.fromEntries(channels),
  });
}

/** The same file with its data set deflated (PS3.5 A.5). */
function deflated(whole: Uint8Array): Uint8Array {
  const meta = 132 + 12 + new DataView(whole.buffer, whole.byteOffset + 140).getUint32(0, true);
  const uid = "1.2.840.10008.1.2.1\0";
  const at = Buffer.from(whole.subarray(0, meta)).toString("latin1").indexOf(uid);
  const parts = [
    whole.subarray(0, at - 2),
    Uint8Array.of(22, 0),
    Buffer.from("1.2.840.10008.1.2.1.99"),
    whole.subarray(at + uid.length, meta),
    deflateRawSync(whole.subarray(meta)),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

/** A frame of T.81 process 4 whose blocks hold a mean and two coefficients, with codes of four bits for everything. */
function jpeg12(): Uint8Array {
  const table = (values: number[]) => [
    ...Array.from({ length: 16 }, (_, i) => (i === 3 ? values.length : 0)),
    ...values,
  ];
  const codes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const coefficients = [0, 1, 2, 3, 17, 240];
  let bits = "";
  for (let block = 0; block < Math.ceil(rows / 8) * Math.ceil(columns / 8); block++) {
    // Difference of 6 bits, coefficient of 3 bits, one of 1 bit behind a run of one, end of block.
    bits += `0110${(block % 2 === 0 ? 45 : 18).toString(2).padStart(6, "0")}0011101010010000`;
  }
  const coded = (bits.match(/.{1,8}/g) ?? []).flatMap((byte) => {
    const value = Number.parseInt(byte.padEnd(8, "1"), 2);
    return value === 0xff ? [0xff, 0] : [value];
  });
  return Uint8Array.from([
    ...[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...new Array(64).fill(9)],
    ...[0xff, 0xc1, 0, 11, 12, 0, rows, 0, columns, 1, 1, 0x11, 0],
    ...[0xff, 0xc4, 0, 19 + codes.length, 0, ...table(codes)],
    ...[0xff, 0xc4, 0, 19 + coefficients.length, 0x10, ...table(coefficients)],
    ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, ...coded, 0xff, 0xd9],
  ]);
}

/** Numbers 0 ≤ n < below, the same for the same seed (Park and Miller). */
function numbers(seed: number): (below: number) => number {
  let state = (seed % 2147483646) + 1;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
  for (let i = 0; i < 5; i++) next();
  return (below) => next() % below;
}

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** One damage, or one to eight, of `bytes`: bits, bytes, numbers at their ends, pieces taken out, doubled, emptied or brought from `other`. */
export function damage(bytes: Uint8Array, other: Uint8Array, seed: number): Uint8Array {
  const draw = numbers(seed);
  let out = bytes.slice();
  // Headers are where the decisions are: half of the damages may fall into the first 400 bytes.
  const place = (length: number) => draw(draw(2) === 0 ? length : Math.min(length, 400));
  for (let left = draw(2) === 0 ? 1 : 1 + draw(8); left > 0 && out.length > 1; left--) {
    const at = place(out.length);
    const length = 1 + draw(Math.min(64, out.length - at));
    const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
    const extreme = EXTREMES[draw(EXTREMES.length)];
    switch (draw(9)) {
      case 0:
        out[at] ^= 1 << draw(8);
        break;
      case 1:
        out[at] = draw(256);
        break;
      case 2:
        if (at + 2 <= out.length) view.setUint16(at, extreme & 0xffff, draw(2) === 0);
        break;
      case 3:
        if (at + 4 <= out.length) view.setUint32(at, extreme, draw(2) === 0);
        break;
      case 4:
        out = new Uint8Array(Buffer.concat([out.subarray(0, at), out.subarray(at + length)]));
        break;
      case 5:
        out = new Uint8Array(Buffer.concat([out.subarray(0, at + length), out.subarray(at)]));
        break;
      case 6:
        out.fill(draw(2) * 255, at, at + length);
        break;
      case 7:
        out.set(other.subarray(0, Math.min(other.length, out.length - at)).subarray(draw(64), 64 + draw(64)), at);
        break;
      default:
        if (draw(4) === 0) out = out.slice(0, Math.max(1, at));
    }
  }
  return out;
}

/** Damage behind the sums that would give it away: a PNG's chunks are summed again, a gzip or ZIP file is packed anew around it. */
export function damageWithin(
  title: string,
  file: NamedFile,
  inner: NamedFile,
  other: Uint8Array,
  seed: number,
): Uint8Array {
  if (title.includes("PNG")) return sumAgain(damage(file.bytes, other, seed));
  if (title === "NIfTI in gzip") return new Uint8Array(gzipSync(damage(inner.bytes, other, seed)));
  if (title === "ZIP") return zipSync({ "a/b": [damage(inner.bytes, other, seed), { level: 1 }] });
  return damage(file.bytes, other, seed);
}

function sumAgain(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let at = 8; at + 12 <= png.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > png.length) break;
    view.setUint32(end, crc32(png.subarray(at + 4, end)));
    at = end + 4;
  }
  return png;
}
