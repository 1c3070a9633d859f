// DICOM structured reports read: measurement groups of TID 1500, of whoever wrote them, as figures, lengths, angles and classes of images.
//
// A group's finding names the class, its tracking identifier the track. Figures in the patient's space (SCOORD3D) and references to segmentations are
// reported as refused: the first have no image, the second are read from the segmentation itself.

import type { Geometry } from "../../../preload/contract/index.ts";
import type { Attributes } from "../../imaging/dicom/attributes.ts";
import { dicomFiles } from "./dicom-seg-reader.ts";
import { type ImageIndex, invalid, type ReadItem } from "./format.ts";
import type { LabelFiles } from "./label-files.ts";
import { CODES, UNTRACKED } from "./sr-content.ts";

export function* readReports(files: LabelFiles, images: ImageIndex): Generator<ReadItem> {
  for (const { file, attributes } of dicomFiles(files)) {
    if (attributes.string("Modality") !== "SR" || attributes.string("ValueType") !== "CONTAINER") {
      throw invalid(file.path, "Expected a DICOM structured report, found another object.");
    }
    for (const group of groupsIn(attributes)) yield* readGroup(file.path, group, images);
  }
}

const children = (item: Attributes): Attributes[] => item.items("ContentSequence");
const nameOf = (item: Attributes) => item.items("ConceptNameCodeSequence")[0]?.string("CodeValue") ?? "";
const meaningOf = (item: Attributes) => item.items("ConceptCodeSequence")[0]?.string("CodeMeaning") ?? "";

/** Measurement groups at any depth. */
function* groupsIn(item: Attributes): Generator<Attributes> {
  for (const child of children(item)) {
    if (child.string("ValueType") !== "CONTAINER") continue;
    if (nameOf(child) === CODES.group.CodeValue) yield child;
    else yield* groupsIn(child);
  }
}

interface Figure {
  readonly item: Attributes;
  /** number that was measured from it; null for a region */
  readonly measured: Attributes | null;
}

function figuresOf(group: Attributes): Figure[] {
  return children(group).flatMap((item): Figure[] => {
    const type = item.string("ValueType");
    if (type.startsWith("SCOORD")) return [{ item, measured: null }];
    if (type !== "NUM") return [];
    return children(item)
      .filter((child) => child.string("ValueType").startsWith("SCOORD"))
      .map((child) => ({ item: child, measured: item }));
  });
}

function* readGroup(file: string, group: Attributes, images: ImageIndex): Generator<ReadItem> {
  const named = (code: { CodeValue: string }) => children(group).find((item) => nameOf(item) === code.CodeValue);
  const finding = named(CODES.finding);
  const tracking = named(CODES.trackingId)?.string("TextValue") ?? "";
  const track = tracking === "" || tracking.startsWith(UNTRACKED) ? null : tracking;
  const figures = figuresOf(group);
  if (figures.length === 0) {
    const evaluation = named(CODES.imageClass) ?? finding;
    const source = children(group).find((item) => item.string("ValueType") === "IMAGE");
    if (evaluation === undefined || source === undefined) {
      yield { say: "refused", file, reason: "kind-unknown" };
      return;
    }
    const image = imageOf(source, images);
    if (image === null) yield { say: "unmatched", file };
    else yield { say: "class", file, imageId: image.imageId, className: meaningOf(evaluation) };
    return;
  }
  for (const { item, measured } of figures) {
    const geometry = geometryOf(item, measured);
    if (geometry === null) {
      yield { say: "refused", file, reason: "kind-unknown" };
      continue;
    }
    const source = children(item).find((child) => child.string("ValueType") === "IMAGE");
    const image = source && imageOf(source, images);
    if (!image) yield { say: "unmatched", file };
    else yield { say: "shape", file, ...image, className: finding ? meaningOf(finding) : null, geometry, track };
  }
}

function imageOf(item: Attributes, images: ImageIndex): { imageId: string; frame: number } | null {
  const [reference] = item.items("ReferencedSOPSequence");
  const image = reference ? images.bySop(reference.string("ReferencedSOPInstanceUID")) : null;
  if (!reference || image === null) return null;
  return { imageId: image.id, frame: reference.number("ReferencedFrameNumber", 1) - 1 };
}

/** null for a figure that is none of ours. */
function geometryOf(item: Attributes, measured: Attributes | null): Geometry | null {
  if (item.string("ValueType") !== "SCOORD") return null;
  const points = item.numbers("GraphicData");
  const [x0, y0, x1, y1, x2, y2, x3, y3] = points;
  switch (item.string("GraphicType")) {
    case "POINT":
      return points.length === 2 ? { kind: "point", x: x0, y: y0 } : null;
    case "POLYLINE": {
      if (measured !== null && points.length === 4) return { kind: "length", points };
      if (measured !== null && points.length === 6 && unitOf(measured) === "deg") return { kind: "angle", points };
      const closed = points.length >= 8 && x0 === points.at(-2) && y0 === points.at(-1);
      return closed ? { kind: "polygon", points: points.slice(0, -2) } : { kind: "polyline", points };
    }
    case "CIRCLE": {
      if (points.length !== 4) return null;
      const radius = Math.hypot(x1 - x0, y1 - y0);
      return { kind: "ellipse", x: x0, y: y0, radiusX: radius, radiusY: radius, angle: 0 };
    }
    case "ELLIPSE":
      if (points.length !== 8) return null;
      return {
        ...{ kind: "ellipse", x: (x0 + x1) / 2, y: (y0 + y1) / 2 },
        ...{ radiusX: Math.hypot(x1 - x0, y1 - y0) / 2, radiusY: Math.hypot(x3 - x2, y3 - y2) / 2 },
        angle: (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI,
      };
    default:
      return null;
  }
}

function unitOf(measured: Attributes): string {
  const [value] = measured.items("MeasuredValueSequence");
  return value?.items("MeasurementUnitsCodeSequence")[0]?.string("CodeValue") ?? "";
}
