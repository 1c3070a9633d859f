// DICOM Segmentation written (PS3.3 A.51, C.8.20): one object for each series, BINARY or as a label map. Reading is dicom-seg-reader.ts.
//
// A segment is a class, or one tracked thing of a class. BINARY has a frame for each segment on each slice, so segments may lie over each other; a label map
// has one frame for each slice, and what was drawn later lies on top. Frames without a pixel are left out. Images without a place in the patient (plain
// radiographs) are segmented too: then the derivation alone says where a frame lies (C.7.6.16.2.6).

import type { LabelClass, Shape } from "../../../preload/contract/index.ts";
import { tagOf } from "../../imaging/dicom/dictionary.ts";
import { type Attributes, writeDicom } from "../../imaging/dicom/write.ts";
import { bytesOfMask, union } from "../masks/runs.ts";
import { cieLabOf } from "./cie-lab.ts";
import {
  algorithmOf,
  classCode,
  code,
  decimalString,
  isDicom,
  madeHere,
  newUid,
  patientAndStudy,
  reference,
  referencedSeries,
  shortText,
  uidOf,
} from "./dicom-object.ts";
import { readSegmentations } from "./dicom-seg-reader.ts";
import { depthOf, framesOf, type GroupFrame, objectsOf } from "./dicom-space.ts";
import { maskOfGeometry } from "./figures.ts";
import type { ExportJob, LabelFormat } from "./format.ts";
import { countMapLosses, hasInside, paintFrame } from "./labelmap.ts";

const SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4";
const LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7";
const FOLDER = "seg/";

type Form = "BINARY" | "LABELMAP";

const keyOf = ({ classId, track }: Shape) => JSON.stringify([classId, track]);

const format = (id: "dicom-seg" | "dicom-labelmap", form: Form): LabelFormat => ({
  id,
  extensions: [".dcm"],
  carries: {
    kinds: {
      box: "approximated",
      ellipse: "approximated",
      polygon: "approximated",
      polyline: "dropped",
      point: "dropped",
      length: "dropped",
      angle: "dropped",
      mask: "exact",
    },
    attributes: false,
    tracks: true,
    imageClass: false,
    source: false,
    reader: false,
  },
  grouping: "series",
  refuses: (image) => (isDicom(image) ? null : "image-not-dicom"),
  losses: (group, count) => countMapLosses(group, count, { keyOf, layered: form === "BINARY" }),
  write: (job) => write(job, form),
  read: readSegmentations,
});

export const dicomSeg = format("dicom-seg", "BINARY");
export const dicomLabelmap = format("dicom-labelmap", "LABELMAP");

async function write({ classes, sink, groups }: ExportJob, form: Form): Promise<void> {
  for await (const group of groups()) {
    const drawn = group.map((labelled) => ({
      ...labelled,
      shapes: labelled.shapes.filter(({ geometry }) => hasInside(geometry)),
    }));
    for (const [i, frames] of objectsOf(framesOf(drawn)).entries()) {
      const bytes = segmentation(frames, classes, form);
      const name = frames[0].image.base + (i === 0 ? "" : `+${i}`);
      if (bytes !== null) sink.write(`${FOLDER}${name}.dcm`, bytes);
    }
  }
}

interface Segment {
  readonly number: number;
  readonly key: string;
  readonly item: Attributes;
}

/** One frame of the object. */
interface SegFrame {
  readonly at: GroupFrame;
  /** null in a label map */
  readonly segment: number | null;
  /** one byte for each pixel; two where a label map has more than 255 segments */
  readonly values: Uint8Array | Uint16Array;
}

/** null where no pixel is in any segment. */
function segmentation(given: readonly GroupFrame[], classes: readonly LabelClass[], form: Form): Uint8Array | null {
  const inSpace = given.every(({ place }) => place !== null);
  const slices = inSpace ? [...given].sort((a, b) => depthOf(a.place!) - depthOf(b.place!)) : given;
  const segments = segmentsOf(slices, classes);
  const frames = form === "BINARY" ? binaryFrames(slices, segments) : mapFrames(slices, segments);
  if (frames.length === 0) return null;
  const [{ image }] = slices;
  const { rows, columns } = image;
  const wide = form === "LABELMAP" && segments.length > 255;
  const bits = form === "BINARY" ? 1 : wide ? 16 : 8;
  const images = [...new Map(slices.map((slice) => [slice.image.id, slice.image])).values()];
  const attributes: Attributes = {
    ...patientAndStudy(image),
    ...madeHere(form === "BINARY" ? SEGMENTATION : LABEL_MAP, "SEG", "Segmentation", new Date()),
    ImageType: ["DERIVED", "PRIMARY"],
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    NumberOfFrames: String(frames.length),
    Rows: rows,
    Columns: columns,
    BitsAllocated: bits,
    BitsStored: bits,
    HighBit: bits - 1,
    PixelRepresentation: 0,
    LossyImageCompression: "00",
    SegmentationType: form,
    ContentLabel: "LABELS",
    ContentDescription: "Labels from Loupe",
    ContentCreatorName: "",
    SegmentSequence: segments.map(({ item }) => item),
    ...(form === "LABELMAP" ? { PixelPaddingValue: 0 } : {}),
    ...(inSpace
      ? { FrameOfReferenceUID: slices[0].place!.frameOfReference, PositionReferenceIndicator: "" }
      : { PatientOrientation: "" }),
    ReferencedSeriesSequence: referencedSeries(images),
    ...functionalGroups(frames, slices, form, inSpace),
  };
  return writeDicom({ attributes, pixelData: pixelsOf(frames, form) });
}

function segmentsOf(slices: readonly GroupFrame[], classes: readonly LabelClass[]): Segment[] {
  const shapes = slices.flatMap(({ labelled, frame }) => labelled.shapes.filter((shape) => shape.frame === frame));
  const byKey = Map.groupBy(shapes, keyOf);
  const known = classes.flatMap((labelClass) =>
    [...byKey].filter(([, [{ classId }]]) => classId === labelClass.id).map((entry) => ({ labelClass, entry })),
  );
  return known.map(({ labelClass, entry: [key, members] }, i) => {
    const algorithm = algorithmOf(members.map(({ source }) => source));
    const { name } = labelClass;
    const { track } = members[0];
    const item: Attributes = {
      SegmentNumber: i + 1,
      SegmentLabel: shortText(name, 64),
      // Longer names than a label may have are written whole where there is room.
      ...(shortText(name, 64) === name ? {} : { SegmentDescription: shortText(name, 1024) }),
      SegmentAlgorithmType: algorithm,
      ...(algorithm === "MANUAL" ? {} : { SegmentAlgorithmName: "Loupe" }),
      SegmentedPropertyCategoryCodeSequence: [code("309825002", "SCT", "Spatial and Relational Concept")],
      SegmentedPropertyTypeCodeSequence: [classCode(name)],
      RecommendedDisplayCIELabValue: cieLabOf(labelClass.color),
      ...(track === null ? {} : { TrackingID: shortText(track, 120), TrackingUID: uidOf(slices[0].image.series, key) }),
    };
    return { number: i + 1, key, item };
  });
}

function binaryFrames(slices: readonly GroupFrame[], segments: readonly Segment[]): SegFrame[] {
  return segments.flatMap(({ number, key }) =>
    slices.flatMap((at): SegFrame[] => {
      const { rows, columns } = at.image;
      const masks = at.labelled.shapes
        .filter((shape) => shape.frame === at.frame && keyOf(shape) === key)
        .flatMap(({ geometry }) => maskOfGeometry(geometry, rows, columns) ?? []);
      if (masks.length === 0) return [];
      const values = bytesOfMask(masks.reduce(union));
      return values.includes(1) ? [{ at, segment: number, values }] : [];
    }),
  );
}

function mapFrames(slices: readonly GroupFrame[], segments: readonly Segment[]): SegFrame[] {
  const numbers = new Map(segments.map(({ key, number }) => [key, number]));
  return slices.flatMap((at): SegFrame[] => {
    const here = at.labelled.shapes.filter((shape) => shape.frame === at.frame);
    const { values } = paintFrame(here, (shape) => numbers.get(keyOf(shape)), at.image);
    if (!values.some((value) => value !== 0)) return [];
    return [{ at, segment: null, values: segments.length > 255 ? values : Uint8Array.from(values) }];
  });
}

/** Bits lie lowest first and run on from frame to frame (PS3.5 8.1.1, annex D). */
function pixelsOf(frames: readonly SegFrame[], form: Form): Uint8Array {
  if (form === "LABELMAP") {
    return new Uint8Array(
      Buffer.concat(frames.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength))),
    );
  }
  const perFrame = frames[0].values.length;
  const bytes = new Uint8Array(Math.ceil((frames.length * perFrame) / 8));
  for (const [i, { values }] of frames.entries()) {
    for (let k = 0; k < perFrame; k++) {
      if (values[k] !== 0) bytes[(i * perFrame + k) >> 3] |= 1 << ((i * perFrame + k) & 7);
    }
  }
  return bytes;
}

/** A tag as the value of an AT: group and element, little endian. */
function pointer(keyword: string): Uint8Array {
  const tag = tagOf(keyword);
  return Uint8Array.of((tag >> 16) & 255, tag >>> 24, tag & 255, (tag >> 8) & 255);
}

/** PS3.3 C.7.6.16, C.7.6.17: what frames share, what each has, and what tells them apart. */
function functionalGroups(
  frames: readonly SegFrame[],
  slices: readonly GroupFrame[],
  form: Form,
  inSpace: boolean,
): Attributes {
  const organization = newUid();
  const index = (keyword: string, group: string): Attributes => ({
    DimensionOrganizationUID: organization,
    DimensionIndexPointer: pointer(keyword),
    FunctionalGroupPointer: pointer(group),
    DimensionDescriptionLabel: keyword,
  });
  const bySegment = form === "BINARY" ? [index("ReferencedSegmentNumber", "SegmentIdentificationSequence")] : [];
  const byPlace = inSpace
    ? index("ImagePositionPatient", "PlanePositionSequence")
    : index("FrameLabel", "FrameContentSequence");
  const orientation = ({ place }: GroupFrame) => [{ ImageOrientationPatient: place!.orientation.map(decimalString) }];
  const [first] = slices;
  const common =
    inSpace && slices.every(({ place }) => String(place!.orientation) === String(first.place!.orientation));
  return {
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organization }],
    DimensionIndexSequence: [...bySegment, byPlace],
    SharedFunctionalGroupsSequence: [
      {
        ...(common ? { PlaneOrientationSequence: orientation(first) } : {}),
        ...(inSpace ? { PixelMeasuresSequence: [pixelMeasures(slices)] } : {}),
      },
    ],
    PerFrameFunctionalGroupsSequence: frames.map(({ at, segment }) => {
      const place = slices.indexOf(at) + 1;
      return {
        FrameContentSequence: [
          {
            DimensionIndexValues: segment === null ? [place] : [segment, place],
            ...(inSpace ? {} : { FrameLabel: `Frame ${place}` }),
          },
        ],
        ...(inSpace
          ? { PlanePositionSequence: [{ ImagePositionPatient: at.place!.position.map(decimalString) }] }
          : {}),
        ...(inSpace && !common ? { PlaneOrientationSequence: orientation(at) } : {}),
        DerivationImageSequence: [derivation(at)],
        ...(segment === null ? {} : { SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment }] }),
      };
    }),
  };
}

function pixelMeasures(slices: readonly GroupFrame[]): Attributes {
  const [{ place }] = slices;
  const depths = slices.map((slice) => depthOf(slice.place!));
  const steps = depths.slice(1).map((depth, i) => depth - depths[i]);
  const even = steps.length > 0 && steps.every((step) => step > 0 && Math.abs(step - steps[0]) < 0.01);
  // Slices lie as far apart as they are thick where nobody says how thick they are.
  const thickness = place!.thickness ?? (even ? steps[0] : null);
  return {
    PixelSpacing: place!.spacing.map(decimalString),
    ...(thickness === null ? {} : { SliceThickness: decimalString(thickness) }),
    ...(even ? { SpacingBetweenSlices: decimalString(steps[0]) } : {}),
  };
}

function derivation({ image, frame }: GroupFrame): Attributes {
  return {
    DerivationCodeSequence: [code("113076", "DCM", "Segmentation")],
    SourceImageSequence: [
      {
        ...reference(image),
        ...(image.frames > 1 ? { ReferencedFrameNumber: String(frame + 1) } : {}),
        SpatialLocationsPreserved: "YES",
        PurposeOfReferenceCodeSequence: [code("121322", "DCM", "Source image for image processing operation")],
      },
    ],
  };
}
