// DICOM RT Structure Set (PS3.3 A.19), written only: contours in the patient's space, one object for each series and frame of reference.
//
// A structure is a class, or one tracked thing of a class. What has an inside is CLOSED_PLANAR, a line OPEN_PLANAR, a point POINT. A hole is joined to
// its outline by a way there and back (the keyhole of C.8.8.6.3), which every program reads. Coordinates are written to a tenth of a micrometre.

import type { LabelClass, Shape } from "../../../preload/contract/index.ts";
import { IMPLICIT_LITTLE } from "../../imaging/dicom/transfer-syntax.ts";
import { type Attributes, writeDicom } from "../../imaging/dicom/write.ts";
import type { Outline } from "../masks/contours.ts";
import type { Ring } from "../masks/polygon-fill.ts";
import { algorithmOf, isDicom, madeHere, patientAndStudy, reference, shortText } from "./dicom-object.ts";
import { framesOf, type GroupFrame, objectsOf, placed, toPatient } from "./dicom-space.ts";
import { ringsOf } from "./figures.ts";
import type { ExportImage, ExportJob, LabelFormat } from "./format.ts";

const RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3";
/** Of a study that is referred to (PS3.4, retired but what the module asks for). */
const DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1";
const FOLDER = "rtstruct/";

export const rtstruct: LabelFormat = {
  id: "rtstruct",
  extensions: [".dcm"],
  carries: {
    kinds: {
      box: "approximated",
      ellipse: "approximated",
      polygon: "exact",
      polyline: "exact",
      point: "exact",
      length: "dropped",
      angle: "dropped",
      mask: "approximated",
    },
    attributes: false,
    tracks: true,
    imageClass: false,
    source: false,
    reader: false,
  },
  grouping: "series",
  refuses(image) {
    if (!isDicom(image)) return "image-not-dicom";
    const { geometry } = image.header();
    const inSpace = geometry.length === image.frames && geometry.every((frame) => placed(frame) !== null);
    return inSpace ? null : "image-without-space";
  },
  losses(group, count, names) {
    for (const { geometry, classId, track } of group.flatMap(({ shapes }) => shapes)) {
      const name = nameOf(names.get(classId ?? "") ?? "", track);
      if (shortText(name, 64) !== name) count.add("name-shortened", geometry.kind);
    }
  },
  write,
  read: null,
};

const nameOf = (className: string, track: string | null) => (track === null ? className : `${className} (${track})`);
const keyOf = ({ classId, track }: Shape) => JSON.stringify([classId, track]);

async function write({ classes, sink, groups }: ExportJob): Promise<void> {
  for await (const group of groups()) {
    const drawn = group.map((labelled) => ({
      ...labelled,
      shapes: labelled.shapes.filter((shape) => figuresOf(shape).length > 0),
    }));
    for (const [i, frames] of objectsOf(framesOf(drawn)).entries()) {
      const name = frames[0].image.base + (i === 0 ? "" : `+${i}`);
      sink.write(`${FOLDER}${name}.dcm`, structureSet(frames, classes));
    }
  }
}

interface Figure {
  readonly type: "CLOSED_PLANAR" | "OPEN_PLANAR" | "POINT";
  readonly points: Ring;
}

function figuresOf({ geometry }: Shape): Figure[] {
  switch (geometry.kind) {
    case "point":
      return [{ type: "POINT", points: [geometry.x, geometry.y] }];
    case "polyline":
      return [{ type: "OPEN_PLANAR", points: geometry.points }];
    default:
      return (ringsOf(geometry) ?? []).map((outline) => ({ type: "CLOSED_PLANAR", points: keyhole(outline) }));
  }
}

/** One ring with the outline's area: to each hole and back by the shortest way between two corners. */
export function keyhole({ outer, holes }: Outline): Ring {
  let ring: number[] = [...outer];
  for (const hole of holes) {
    let best = { distance: Number.POSITIVE_INFINITY, at: 0, from: 0 };
    for (let at = 0; at < ring.length; at += 2) {
      for (let from = 0; from < hole.length; from += 2) {
        const distance = Math.hypot(ring[at] - hole[from], ring[at + 1] - hole[from + 1]);
        if (distance < best.distance) best = { distance, at, from };
      }
    }
    const { at, from } = best;
    const round = [...hole.slice(from), ...hole.slice(0, from), hole[from], hole[from + 1]];
    ring = [...ring.slice(0, at + 2), ...round, ...ring.slice(at)];
  }
  return ring;
}

function structureSet(frames: readonly GroupFrame[], classes: readonly LabelClass[]): Uint8Array {
  const [{ image, place }] = frames;
  const { frameOfReference } = place!;
  const drawn = frames.flatMap((at) =>
    at.labelled.shapes.filter((shape) => shape.frame === at.frame).map((shape) => ({ at, shape })),
  );
  const byKey = Map.groupBy(drawn, ({ shape }) => keyOf(shape));
  const structures = classes.flatMap((labelClass) =>
    [...byKey.values()]
      .filter(([{ shape }]) => shape.classId === labelClass.id)
      .map((members) => ({ labelClass, members })),
  );
  const { ContentDate, ContentTime, ...made } = madeHere(RT_STRUCTURE_SET, "RTSTRUCT", "Structures", new Date());
  const attributes: Attributes = {
    ...patientAndStudy(image),
    ...made,
    OperatorsName: "",
    FrameOfReferenceUID: frameOfReference,
    PositionReferenceIndicator: "",
    StructureSetLabel: "LABELS",
    StructureSetDate: ContentDate,
    StructureSetTime: ContentTime,
    ReferencedFrameOfReferenceSequence: [referencedFrame(frameOfReference, frames)],
    StructureSetROISequence: structures.map(({ labelClass, members }, i) => ({
      ROINumber: String(i + 1),
      ReferencedFrameOfReferenceUID: frameOfReference,
      ROIName: shortText(nameOf(labelClass.name, members[0].shape.track), 64),
      ROIGenerationAlgorithm: algorithmOf(members.map(({ shape }) => shape.source)),
    })),
    ROIContourSequence: structures.map(({ labelClass, members }, i) => ({
      ROIDisplayColor: rgbOf(labelClass.color),
      ReferencedROINumber: String(i + 1),
      ContourSequence: members.flatMap(({ at, shape }) => figuresOf(shape).map((figure) => contourOf(at, figure))),
    })),
    RTROIObservationsSequence: structures.map((_, i) => ({
      ObservationNumber: String(i + 1),
      ReferencedROINumber: String(i + 1),
      RTROIInterpretedType: "",
      ROIInterpreter: "",
    })),
  };
  // Implicit: contours of many points need lengths of 32 bits.
  return writeDicom({ attributes, transferSyntax: IMPLICIT_LITTLE });
}

function referencedFrame(frameOfReference: string, frames: readonly GroupFrame[]): Attributes {
  const images = [...new Map(frames.map(({ image }) => [image.id, image])).values()];
  return {
    FrameOfReferenceUID: frameOfReference,
    RTReferencedStudySequence: [
      {
        ReferencedSOPClassUID: DETACHED_STUDY,
        ReferencedSOPInstanceUID: images[0].study,
        RTReferencedSeriesSequence: [
          { SeriesInstanceUID: images[0].series, ContourImageSequence: images.map((image) => reference(image)) },
        ],
      },
    ],
  };
}

function contourOf({ image, frame, place }: GroupFrame, { type, points }: Figure): Attributes {
  const data: string[] = [];
  for (let i = 0; i < points.length; i += 2) {
    // At most 16 characters (DS): places in a patient have at most six digits before the point.
    data.push(...toPatient(place!, points[i], points[i + 1]).map((value) => String(Number(value.toFixed(4)))));
  }
  return {
    ContourImageSequence: [imageOf(image, frame)],
    ContourGeometricType: type,
    NumberOfContourPoints: String(points.length / 2),
    ContourData: data,
  };
}

const imageOf = (image: ExportImage, frame: number): Attributes => ({
  ...reference(image),
  ...(image.frames > 1 ? { ReferencedFrameNumber: String(frame + 1) } : {}),
});

function rgbOf(color: string): string[] {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255].map(String);
}
