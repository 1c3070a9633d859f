// DICOM Segmentation read: BINARY and label maps, of whoever wrote them, as masks of the frames they were drawn on.
//
// Each frame names its source image (C.7.6.16.2.6) or, where it does not, lies at the place of a frame of the series it refers to. Masks are never
// resampled: another size than the image's is refused. FRACTIONAL is refused by name, for a probability is no mask until somebody chooses a threshold.

import { AppError } from "../../../preload/contract/errors.ts";
import { Attributes } from "../../imaging/dicom/attributes.ts";
import { type DataSet, looksLikeDicom, readPart10 } from "../../imaging/dicom/dataset.ts";
import { FunctionalGroups } from "../../imaging/dicom/functional-groups.ts";
import { dicom } from "../../imaging/formats/dicom.ts";
import { decodeFrame } from "../../imaging/frame.ts";
import { MAX_DECODED_BYTES } from "../../imaging/limits.ts";
import type { OpenedImage } from "../../imaging/types.ts";
import { type ImageIndex, type IndexedImage, invalid, type ReadItem } from "./format.ts";
import { hasExtension, type LabelFile, type LabelFiles } from "./label-files.ts";
import { masksOfValues } from "./labelmap.ts";

/** mm that two places may differ by and still be one. */
const SAME_PLACE = 0.01;

/** The data sets among files that look like DICOM; names need no ending. Throws labels/file-invalid where there is none, or one is damaged. */
export function* dicomFiles(
  files: LabelFiles,
): Generator<{ file: LabelFile; bytes: Uint8Array; attributes: Attributes }> {
  let found = 0;
  for (const file of files) {
    if (hasExtension(file.path, ".json", ".txt", ".csv", ".xml")) continue;
    const bytes = file.bytes();
    if (!looksLikeDicom(bytes)) continue;
    found++;
    yield { file, bytes, attributes: new Attributes(dataSetOf(file.path, bytes)) };
  }
  if (found === 0) throw invalid(files[0]?.path ?? "", "Expected DICOM files.");
}

function dataSetOf(path: string, bytes: Uint8Array): DataSet {
  try {
    const { dataSet } = readPart10(bytes, MAX_DECODED_BYTES);
    if (dataSet.cut === null) return dataSet;
  } catch (cause) {
    throw invalid(path, cause instanceof AppError ? cause.message : "The file is damaged.", cause);
  }
  throw invalid(path, "The file is cut off or damaged.");
}

interface Segment {
  readonly name: string;
  readonly track: string | null;
}

export function* readSegmentations(files: LabelFiles, images: ImageIndex): Generator<ReadItem> {
  for (const { file, bytes, attributes } of dicomFiles(files)) {
    const type = attributes.string("SegmentationType");
    if (attributes.string("Modality") !== "SEG" || type === "") {
      throw invalid(file.path, "Expected a DICOM segmentation, found another object.");
    }
    if (type === "FRACTIONAL") {
      throw invalid(file.path, "A FRACTIONAL segmentation holds probabilities, not masks: it is not read.");
    }
    if (type !== "BINARY" && type !== "LABELMAP") throw invalid(file.path, "The segmentation is of an unknown type.");
    yield* readObject(file.path, bytes, attributes, { binary: type === "BINARY", images });
  }
}

function segmentsOf(path: string, attributes: Attributes): Map<number, Segment> {
  const segments = new Map<number, Segment>();
  for (const item of attributes.items("SegmentSequence")) {
    const [label, description] = [item.string("SegmentLabel"), item.string("SegmentDescription")];
    const number = item.number("SegmentNumber", Number.NaN);
    if (!Number.isInteger(number) || segments.has(number))
      throw invalid(path, "Segments have no numbers of their own.");
    // A label has 64 characters at most; ours goes on in the description.
    const name = label !== "" && description.startsWith(label) && [...label].length === 64 ? description : label;
    segments.set(number, { name: name || `segment ${number}`, track: item.string("TrackingID") || null });
  }
  return segments;
}

function openPixels(path: string, bytes: Uint8Array): OpenedImage {
  try {
    const [image] = dicom.open({ name: path, bytes }, MAX_DECODED_BYTES);
    if (image === undefined || (image.pixels.samples !== 1 && image.encoding.palette === null)) {
      throw new AppError("imaging/unreadable", "Expected one number for each pixel.");
    }
    return image;
  } catch (cause) {
    throw invalid(path, cause instanceof AppError ? cause.message : "The pixels cannot be read.", cause);
  }
}

interface Target {
  readonly imageId: string;
  readonly frame: number;
  readonly rows: number;
  readonly columns: number;
}

function* readObject(
  path: string,
  bytes: Uint8Array,
  attributes: Attributes,
  { binary, images }: { binary: boolean; images: ImageIndex },
): Generator<ReadItem> {
  const segments = segmentsOf(path, attributes);
  const opened = openPixels(path, bytes);
  // A label map may be coloured by a palette; its numbers are what counts.
  const { rows, columns, frames } = opened.pixels;
  const encoding = { ...opened.encoding, palette: null, photometric: "MONOCHROME2" };
  const pixels = {
    ...opened.pixels,
    samples: 1 as const,
    type: encoding.bitsAllocated > 8 ? ("uint16" as const) : ("uint8" as const),
  };
  const groups = new FunctionalGroups(attributes);
  const places = new Places(attributes, groups, opened, images);
  for (let frame = 0; frame < frames; frame++) {
    const target = places.of(frame);
    if (target === null) {
      yield { say: "unmatched", file: path };
      continue;
    }
    if (target.rows !== rows || target.columns !== columns) {
      yield { say: "refused", file: path, reason: "size-differs" };
      continue;
    }
    const decoded = decodeOrThrow(path, () => decodeFrame(opened.frames[frame], pixels, encoding).values);
    const [number] = groups.numbers(frame, "SegmentIdentificationSequence", "ReferencedSegmentNumber");
    const padding = binary ? 0 : attributes.number("PixelPaddingValue", 0);
    const values = padding === 0 ? decoded : Uint16Array.from(decoded, (value) => (value === padding ? 0 : value));
    for (const [value, { runs }] of masksOfValues(values, rows, columns)) {
      const segment = segments.get(binary ? number : value);
      if (segment === undefined) throw invalid(path, "A frame is of a segment that the object does not describe.");
      const { imageId, frame: at } = target;
      const geometry = { kind: "mask" as const, rows, columns, runs: [...runs] };
      yield { say: "shape", file: path, imageId, frame: at, className: segment.name, geometry, track: segment.track };
    }
  }
}

function decodeOrThrow<T>(path: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw invalid(path, cause instanceof AppError ? cause.message : "The pixels cannot be decoded.", cause);
  }
}

/** Which frame of the project a frame of the object lies on. */
class Places {
  readonly #groups: FunctionalGroups;
  readonly #opened: OpenedImage;
  readonly #images: ImageIndex;
  readonly #series: readonly IndexedImage[];

  constructor(attributes: Attributes, groups: FunctionalGroups, opened: OpenedImage, images: ImageIndex) {
    this.#groups = groups;
    this.#opened = opened;
    this.#images = images;
    const uids = attributes.items("ReferencedSeriesSequence").map((item) => item.string("SeriesInstanceUID"));
    this.#series = uids.flatMap((uid) => images.series({ uid }));
  }

  of(frame: number): Target | null {
    for (const derivation of this.#groups.places(frame, "DerivationImageSequence")) {
      for (const source of derivation.items("SourceImageSequence")) {
        const image = this.#images.bySop(source.string("ReferencedSOPInstanceUID"));
        if (image === null) continue;
        const { id: imageId, rows, columns } = image;
        return { imageId, rows, columns, frame: source.number("ReferencedFrameNumber", 1) - 1 };
      }
    }
    return this.#byPlace(frame);
  }

  #byPlace(frame: number): Target | null {
    const own = this.#opened.geometry[frame];
    if (!own?.position || !own.orientation) return null;
    const near = (a: readonly number[], b: readonly number[] | null, most: number) =>
      b !== null && a.every((value, i) => Math.abs(value - b[i]) < most);
    for (const { id: imageId, rows, columns, geometry } of this.#series) {
      const at = geometry.findIndex(
        ({ position, orientation }) =>
          near(own.position!, position, SAME_PLACE) && near(own.orientation!, orientation, 1e-4),
      );
      if (at >= 0) return { imageId, rows, columns, frame: at };
    }
    return null;
  }
}
