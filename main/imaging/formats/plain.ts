// The parts that images without a header of their own have in common: no patient, no study, a window over all values.

import type { PixelDescription, PixelType } from "../../../preload/contract/index.ts";
import type { DecodedFrame, FrameEncoding, OpenedImage, SampleArray, StoredFrame } from "../types.ts";

export function typeOf(values: SampleArray): PixelType {
  if (values instanceof Uint8Array) return "uint8";
  if (values instanceof Uint16Array) return "uint16";
  if (values instanceof Int8Array) return "int8";
  if (values instanceof Int16Array) return "int16";
  if (values instanceof Uint32Array) return "uint32";
  return values instanceof Int32Array ? "int32" : "float32";
}

/**
 * `first` is the first frame decoded, `bits` the significant ones of a sample. Eight-bit images are shown as they are; of others `readImages`
 * finds the window.
 */
export function plainImage(
  name: string,
  first: DecodedFrame,
  bits: number,
  frames: readonly StoredFrame[],
  about: Partial<Pick<OpenedImage, "suggestedClass" | "suggestedPart" | "member">> & { inverted?: boolean } = {},
): OpenedImage {
  const type = typeOf(first.values);
  const pixels: PixelDescription = {
    rows: first.rows,
    columns: first.columns,
    frames: frames.length,
    samples: first.samples,
    type,
    bitsStored: bits,
    inverted: about.inverted ?? false,
    slope: 1,
    intercept: 0,
    unit: "",
    window: { center: 128, width: 256 },
    spacing: null,
  };
  const encoding: FrameEncoding = {
    bitsAllocated: first.values.BYTES_PER_ELEMENT === 4 ? 32 : first.values.BYTES_PER_ELEMENT === 2 ? 16 : 8,
    bitsStored: bits,
    highBit: bits - 1,
    signed: type === "int8" || type === "int16" || type === "int32",
    float: type === "float32",
    samples: first.samples,
    photometric: first.samples === 3 ? "RGB" : "MONOCHROME2",
    planar: 0,
    palette: null,
  };
  return {
    name,
    modality: "OT",
    patient: "",
    study: "",
    series: "",
    sopInstance: "",
    instanceNumber: null,
    pixels,
    encoding,
    frames,
    geometry: [],
    window: type === "uint8" ? "given" : "auto",
    member: about.member ?? "",
    tags: [],
    suggestedClass: about.suggestedClass ?? null,
    suggestedPart: about.suggestedPart ?? null,
  };
}
