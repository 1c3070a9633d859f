// What a label format is: one row of the table in index.ts, with what it carries, how it writes and how it reads.
//
// A format knows files and figures, never the project: it is handed labelled images one group after the other and gives bytes to a sink; it is
// handed files and gives what they say, image by image. So nothing here can import half of something: import.ts takes all of it, or nothing.
// Figures are in image pixels, (0, 0) the outer corner of the first pixel; a format whose origin is elsewhere says so and shifts.

import { AppError } from "../../../preload/contract/errors.ts";
import type {
  AttributeValue,
  Carriage,
  Carries,
  FrameGeometry,
  Geometry,
  ImageSummary,
  LabelClass,
  LabelFormatId,
  PixelDescription,
  RefusedLabel,
  Shape,
} from "../../../preload/contract/index.ts";
import type { Sink } from "./folder-sink.ts";
import type { LabelFiles } from "./label-files.ts";
import type { LossCounter } from "./losses.ts";

/** What DICOM formats need to know of an image beside its labels. */
export interface ImageHeader {
  readonly pixels: PixelDescription;
  /** one record for each frame; empty for a file that knows no patient's space */
  readonly geometry: readonly FrameGeometry[];
  readonly instanceNumber: number | null;
  /** first 256 characters of the top-level attribute with this keyword; empty where there is none */
  tag(keyword: string): string;
}

/** An image as a format sees it. */
export interface ExportImage extends ImageSummary {
  /** relative path without the ending, safe on every system, in no case that of another image of the project */
  readonly base: string;
  /** the ending that the image came with, with its dot; may be empty */
  readonly extension: string;
  /** read when asked for: it costs a question to the project */
  header(): ImageHeader;
}

export interface LabelledImage {
  readonly image: ExportImage;
  readonly classId: string | null;
  readonly classReader: string | null;
  readonly shapes: readonly Shape[];
  /** answers to the project's questions about the image, its series and its patient, each as one text; no format holds any */
  readonly answers: readonly string[];
}

/** Images that become one file: each image of its own, those of one series, or those of one study. */
export type Grouping = "image" | "series" | "study";

export interface ExportJob {
  readonly classes: readonly LabelClass[];
  readonly sink: Sink;
  /** Every image once, without asking for labels. */
  images(): AsyncIterable<ExportImage>;
  /** Every image once with its labels, in groups as the format wants them; lets others work in between and stops when asked to. */
  groups(): AsyncIterable<readonly LabelledImage[]>;
}

/** One thing that a file says. */
export type ReadItem =
  | { readonly say: "class"; readonly file: string; readonly imageId: string; readonly className: string }
  | ReadShape
  /** a name that no image has, or more than one */
  | { readonly say: "unmatched"; readonly file: string }
  | { readonly say: "refused"; readonly file: string; readonly reason: RefusedLabel["reason"] };

export interface ReadShape {
  readonly say: "shape";
  readonly file: string;
  readonly imageId: string;
  readonly frame: number;
  readonly className: string | null;
  readonly geometry: Geometry;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly track?: string | null;
}

export interface FoundImage {
  readonly id: string;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** frame that the name itself says; 0 where it says none */
  readonly frame: number;
}

/** The project's images as a reader of files may ask for them. */
export interface ImageIndex {
  /** By relative path, with or without an ending, as exports and other people's files write it. */
  byName(path: string): FoundImage | null;
  bySop(uid: string): FoundImage | null;
  /** Images of the series that an image is in, or with this UID, in the order of the series; empty where there is none. */
  series(of: { imageId: string } | { uid: string }): readonly IndexedImage[];
}

export interface IndexedImage extends FoundImage {
  readonly sopInstance: string;
  readonly geometry: readonly FrameGeometry[];
  readonly instanceNumber: number | null;
}

export interface LabelFormat {
  readonly id: LabelFormatId;
  readonly extensions: readonly string[];
  readonly carries: Carries;
  readonly grouping: Grouping;
  /** Where a figure fares otherwise than its kind. */
  readonly carriageOf?: (geometry: Geometry) => Carriage;
  /** A mask without a single pixel is in the file. */
  readonly keepsEmptyMasks?: true;
  /** What is lost beyond what `carries` says of whole kinds. */
  readonly losses?: (
    group: readonly LabelledImage[],
    count: LossCounter,
    /** class id → name */
    names: ReadonlyMap<string, string>,
  ) => void;
  /** Labels that do not get into the file at all, with the reason; null where the image can be written. */
  readonly refuses?: (image: ExportImage) => "image-not-dicom" | "image-without-space" | null;
  write(job: ExportJob): Promise<void>;
  /** null: a format that is only written. Throws labels/file-invalid. */
  readonly read: ((files: LabelFiles, images: ImageIndex) => Iterable<ReadItem>) | null;
}

/** The file is damaged or not of this format. `file`: its name; no content of it. */
export function invalid(file: string, what: string, cause?: unknown): AppError {
  return new AppError("labels/file-invalid", `${file}: ${what}`, { cause });
}

/** Name of the picture of one frame: images of several frames add the frame's number, from 0. */
export const frameBase = (image: ExportImage, frame: number): string =>
  image.frames > 1 ? `${image.base}@${frame}` : image.base;

/** Numbers of the frames that have a shape, rising. */
export const framesWithShapes = (shapes: readonly Shape[]): number[] =>
  [...new Set(shapes.map(({ frame }) => frame))].sort((a, b) => a - b);
