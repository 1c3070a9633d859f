// The records of this room: what an import gives, how a frame is kept, what decoding it gives.
//
// A frame is kept in the transfer syntax it came in and decoded when someone looks. So an image has three descriptions:
// PixelDescription (contract) says what *decoded* samples mean, FrameEncoding says how the *kept* bytes are laid out,
// DecodedFrame is the samples. All are plain data; FrameEncoding travels through the project as JSON.

import type {
  DeidentificationReport,
  FrameGeometry,
  ImageFormat,
  Part,
  PixelDescription,
} from "../../preload/contract/index.ts";
import type { QualityCode } from "./quality.ts";

/** A frame as it is kept. `transferSyntax` is a DICOM UID, or "png", "jpeg" (a whole file) or "raw" (little-endian samples). */
export interface StoredFrame {
  readonly transferSyntax: string;
  readonly bytes: Uint8Array;
}

/** Colour lookup table of PALETTE COLOR images (PS3.3 C.7.6.3.1.5), reduced to 8 bit per channel. */
export interface Palette {
  /** stored value of the first entry; smaller values take the first entry, larger ones the last */
  readonly first: number;
  /** base64 of entries × [red, green, blue] */
  readonly rgb: string;
}

/** How the kept bytes are laid out, as far as the bytes do not say it themselves. Names follow PS3.3 C.7.6.3. */
export interface FrameEncoding {
  readonly bitsAllocated: 1 | 8 | 16 | 32 | 64;
  readonly bitsStored: number;
  /** position of the most significant stored bit; bitsStored - 1 in every object written since 1993 */
  readonly highBit: number;
  readonly signed: boolean;
  /** float or double pixel data (7FE0,0008 / 7FE0,0009), or float samples of a TIFF */
  readonly float: boolean;
  /** samples per pixel as kept: a palette image has 1 and decodes to 3 */
  readonly samples: 1 | 3;
  readonly photometric: string;
  /** colour-by-plane (1) or colour-by-pixel (0); only for frames that are not compressed by an image codec */
  readonly planar: 0 | 1;
  readonly palette: Palette | null;
}

export type SampleArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array;

/** Samples of one frame, row by row; colour is RGB interleaved. The array type is `pixels.type`. */
export interface DecodedFrame {
  readonly rows: number;
  readonly columns: number;
  readonly samples: 1 | 3;
  readonly values: SampleArray;
}

export interface Tag {
  /** eight hexadecimal digits, group first */
  readonly tag: string;
  /** DICOM keyword, or empty for one that is not in the dictionary */
  readonly name: string;
  readonly value: string;
}

/** A file as the caller has it: a name (or relative path) to show, and all its bytes. */
export interface ImageFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ImportedImage {
  /**
   * SHA-256, hexadecimal, over SOP instance UID, pixel description and kept frames, and within an archive the image's place in it:
   * the same image twice is the same identity, two entries of a data set stay two even where their pixels agree
   */
  readonly identity: string;
  readonly format: ImageFormat;
  readonly name: string;
  /** DICOM modality, or OT */
  readonly modality: string;
  /** patient ID, or empty */
  readonly patient: string;
  readonly study: string;
  readonly series: string;
  readonly sopInstance: string;
  readonly instanceNumber: number | null;
  readonly pixels: PixelDescription;
  readonly encoding: FrameEncoding;
  readonly frames: readonly StoredFrame[];
  /** one record for each frame; empty for a file that knows no patient's space */
  readonly geometry: readonly FrameGeometry[];
  readonly tags: readonly Tag[];
  /** PNG, at most 192 px on the longer side */
  readonly thumbnail: Uint8Array;
  /** codes of what is odd about it (quality.ts), each once */
  readonly quality: readonly QualityCode[];
  /** 16 hexadecimal digits: what the frame of the thumbnail looks like (picture-hash.ts) */
  readonly pictureHash: string;
  readonly suggestedClass: string | null;
  readonly suggestedPart: Part | null;
  /** what was done so that nobody is recognised; null where nothing was asked for, and for formats without a patient */
  readonly deidentified: DeidentificationReport | null;
}

/** What a format's reader gives; `readImages` adds identity, thumbnail and what it looks like. */
export type OpenedImage = Omit<
  ImportedImage,
  "identity" | "thumbnail" | "format" | "quality" | "pictureHash" | "deidentified"
> & {
  /** "auto": the file names no window, so it becomes the range from its darkest to its brightest value */
  readonly window: "given" | "auto";
  /** place within an archive; empty for a file that is one image */
  readonly member: string;
};

/** A file format: `match` looks at the first bytes (and, where they say nothing, the name), `open` reads or throws an AppError. */
export interface Format {
  readonly id: ImageFormat;
  match(file: ImageFile): boolean;
  /** `maxBytes`: refuse what would be larger than this when decoded, before taking memory for it */
  open(file: ImageFile, maxBytes: number): OpenedImage[];
}
