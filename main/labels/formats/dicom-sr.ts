// DICOM structured reports written: Imaging Measurement Report (PS3.16 TID 1500), one for each study. Reading is dicom-sr-reader.ts.
//
// Lengths and angles are measurements of a group (TID 1501), everything else with a place is a planar region (TID 1410) with its area; a tracked thing on
// several slices of a stack is a volumetric region (TID 1411) with its volume. An image's class is a qualitative evaluation (TID 1501).
// Millimetres are claimed only where the image's spacing holds in the patient; elsewhere numbers are in pixels. Coordinates are 32-bit floats.

import type { Geometry, Shape } from "../../../preload/contract/index.ts";
import { pixelsOfFrame } from "../../../preload/contract/index.ts";
import { IMPLICIT_LITTLE } from "../../imaging/dicom/transfer-syntax.ts";
import { type Attributes, writeDicom } from "../../imaging/dicom/write.ts";
import { sortByGeometry } from "../../imaging/series.ts";
import {
  classCode,
  isDicom,
  madeHere,
  patientAndStudy,
  reference,
  shortText,
  uidOf,
  uidOfUuid,
} from "./dicom-object.ts";
import { readReports } from "./dicom-sr-reader.ts";
import { areaOf, ringArea, ringsOf } from "./figures.ts";
import type { ExportImage, ExportJob, LabelFormat, LabelledImage } from "./format.ts";
import { hasInside } from "./labelmap.ts";
import {
  CODES,
  type ContentItem,
  codeItem,
  container,
  figureItem,
  type Graphic,
  imageItem,
  numberItem,
  textItem,
  UNITS,
  UNTRACKED,
  uidItem,
} from "./sr-content.ts";

const COMPREHENSIVE_3D_SR = "1.2.840.10008.5.1.4.1.1.88.34";
const FOLDER = "sr/";
/** Who observed: this program. The same wherever it runs, for it is no single machine. */
const OBSERVER_UID = uidOf("loupe");

export const dicomSr: LabelFormat = {
  id: "dicom-sr",
  extensions: [".dcm"],
  carries: {
    kinds: {
      box: "approximated",
      ellipse: "exact",
      polygon: "exact",
      polyline: "exact",
      point: "exact",
      length: "exact",
      angle: "exact",
      mask: "approximated",
    },
    attributes: false,
    tracks: true,
    imageClass: true,
    source: false,
    reader: false,
  },
  grouping: "study",
  refuses: (image) => (isDicom(image) ? null : "image-not-dicom"),
  // A line that ends where it began is a region for everybody who reads it.
  carriageOf: (geometry) =>
    geometry.kind === "polyline" && isClosed(geometry.points) ? "approximated" : dicomSr.carries.kinds[geometry.kind],
  losses(group, count, names) {
    const long = new Set([...names].filter(([, name]) => shortText(name, 64) !== name).map(([id]) => id));
    for (const { classId, shapes } of group) {
      if (classId !== null && long.has(classId)) count.add("name-shortened");
      for (const { geometry, ...shape } of shapes) {
        if (shape.classId !== null && long.has(shape.classId)) count.add("name-shortened", geometry.kind);
        if (graphicsOf(geometry).some(({ data }) => data.some((value) => Math.fround(value) !== value))) {
          count.add("rounded", geometry.kind);
        }
      }
    }
  },
  write,
  read: readReports,
};

const isClosed = (given: readonly number[]) => {
  const points = given.map(Math.fround);
  return points.length >= 8 && points[0] === points.at(-2) && points[1] === points.at(-1);
};

async function write({ classes, sink, groups }: ExportJob): Promise<void> {
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  for await (const group of groups()) {
    const items = new Report(group, names).groups();
    const used = group.filter(({ classId, shapes }) => classId !== null || shapes.length > 0).map(({ image }) => image);
    const [first] = used;
    if (items.length === 0 || first === undefined) continue;
    sink.write(`${FOLDER}${first.base}.dcm`, reportOf(used, items));
  }
}

function reportOf(images: readonly ExportImage[], groups: readonly ContentItem[]): Uint8Array {
  const [first] = images;
  const { RelationshipType: _, ...root } = container(
    CODES.report,
    [
      codeItem("HAS CONCEPT MOD", CODES.language, CODES.english),
      codeItem("HAS OBS CONTEXT", CODES.observerType, CODES.device),
      uidItem("HAS OBS CONTEXT", CODES.deviceUid, OBSERVER_UID),
      textItem("HAS OBS CONTEXT", CODES.deviceName, "Loupe"),
      codeItem("HAS CONCEPT MOD", CODES.procedure, CODES.imaging),
      container(CODES.library, [
        container(
          CODES.libraryGroup,
          images.map((image) => imageItem("CONTAINS", null, reference(image))),
        ),
      ]),
      container(CODES.measurements, groups),
    ],
    "1500",
  );
  const series = Map.groupBy(images, (image) => image.series);
  const made = madeHere(COMPREHENSIVE_3D_SR, "SR", "Labels and measurements", new Date());
  const attributes: Attributes = {
    ...patientAndStudy(first),
    ...made,
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CompletionFlag: "PARTIAL",
    VerificationFlag: "UNVERIFIED",
    CurrentRequestedProcedureEvidenceSequence: [
      {
        StudyInstanceUID: first.study,
        ReferencedSeriesSequence: [...series].map(([uid, members]) => ({
          SeriesInstanceUID: uid,
          ReferencedSOPSequence: members.map(reference),
        })),
      },
    ],
    ...root,
  };
  // Implicit: figures of many points need lengths of 32 bits.
  return writeDicom({ attributes, transferSyntax: IMPLICIT_LITTLE });
}

/** The measurement groups of a study. */
class Report {
  readonly #group: readonly LabelledImage[];
  readonly #names: ReadonlyMap<string, string>;

  constructor(group: readonly LabelledImage[], names: ReadonlyMap<string, string>) {
    this.#group = group;
    this.#names = names;
  }

  groups(): ContentItem[] {
    const volumes = this.#volumes();
    const inVolume = new Set(volumes.flatMap(({ members }) => members.map(({ shape }) => shape.id)));
    return [
      ...this.#group.flatMap(({ image, classId }) => (classId === null ? [] : [this.#classOf(image, classId)])),
      ...volumes.map((volume) => this.#volumetric(volume)),
      ...this.#group.flatMap(({ image, shapes }) =>
        shapes.filter(({ id }) => !inVolume.has(id)).flatMap((shape) => this.#planar(image, shape)),
      ),
    ];
  }

  #classOf(image: ExportImage, classId: string): ContentItem {
    const name = this.#names.get(classId) ?? "";
    return container(
      CODES.group,
      [
        textItem("HAS OBS CONTEXT", CODES.trackingId, `${UNTRACKED}${image.id}`),
        uidItem("HAS OBS CONTEXT", CODES.trackingUid, uidOfUuid(image.id)),
        imageItem("CONTAINS", CODES.source, reference(image)),
        codeItem("CONTAINS", CODES.imageClass, classCode(name)),
      ],
      "1501",
    );
  }

  /** What every group of a shape begins with (TID 1502, and the finding). */
  #about(image: ExportImage, { id, track, classId }: Shape): ContentItem[] {
    const name = classId === null ? undefined : this.#names.get(classId);
    return [
      textItem("HAS OBS CONTEXT", CODES.trackingId, track ?? `${UNTRACKED}${id}`),
      uidItem("HAS OBS CONTEXT", CODES.trackingUid, track === null ? uidOfUuid(id) : uidOf(image.series, track)),
      ...(name === undefined ? [] : [codeItem("CONTAINS", CODES.finding, classCode(name))]),
    ];
  }

  #planar(image: ExportImage, shape: Shape): ContentItem[] {
    const { geometry, frame } = shape;
    const at = frameReference(image, frame);
    const { spacing, inPatient } = spacingOf(image, frame);
    const [graphic] = graphicsOf(geometry);
    if (geometry.kind === "length" || geometry.kind === "angle") {
      const measured =
        geometry.kind === "length" ? lengthOf(geometry.points, spacing) : angleOf(geometry.points, spacing);
      const unit = geometry.kind === "angle" ? UNITS.degree : inPatient ? UNITS.mm : UNITS.pixel;
      const from = figureItem("INFERRED FROM", CODES.source, graphic, at);
      const value = numberItem(geometry.kind === "angle" ? CODES.angle : CODES.length, measured, unit, [from]);
      return [container(CODES.group, [...this.#about(image, shape), value], "1501")];
    }
    return graphicsOf(geometry).map(({ area, ...figure }) => {
      const region = figureItem("CONTAINS", CODES.region, figure, at);
      const unit = inPatient ? UNITS.mm2 : UNITS.pixel2;
      const measured = area === null ? [] : [numberItem(CODES.area, area * spacing[0] * spacing[1], unit)];
      return container(CODES.group, [...this.#about(image, shape), region, ...measured], "1410");
    });
  }

  /** Tracked things with an inside on at least two slices of an even stack. */
  #volumes(): Volume[] {
    const volumes: Volume[] = [];
    for (const series of Map.groupBy(this.#group, ({ image }) => image.series).values()) {
      const step = stepOf(series);
      if (step === null) continue;
      const members = series.flatMap(({ image, shapes }) =>
        shapes
          .filter(({ track, geometry, frame }) => {
            return track !== null && hasInside(geometry) && spacingOf(image, frame).inPatient;
          })
          .map((shape) => ({ image, shape })),
      );
      const things = Map.groupBy(members, ({ shape: { classId, track } }) => JSON.stringify([classId, track]));
      for (const thing of things.values()) {
        const slices = new Set(thing.map(({ image, shape }) => `${image.id} ${shape.frame}`));
        if (slices.size > 1) volumes.push({ members: thing, step });
      }
    }
    return volumes;
  }

  #volumetric({ members, step }: Volume): ContentItem {
    const [{ image, shape }] = members;
    let volume = 0;
    const regions = members.flatMap((member) => {
      const { spacing } = spacingOf(member.image, member.shape.frame);
      return graphicsOf(member.shape.geometry).map(({ area, ...figure }) => {
        volume += (area ?? 0) * spacing[0] * spacing[1] * step;
        return figureItem("CONTAINS", CODES.region, figure, frameReference(member.image, member.shape.frame));
      });
    });
    return container(
      CODES.group,
      [...this.#about(image, shape), ...regions, numberItem(CODES.volume, volume, UNITS.mm3)],
      "1411",
    );
  }
}

interface Volume {
  readonly members: readonly { readonly image: ExportImage; readonly shape: Shape }[];
  /** mm between slices */
  readonly step: number;
}

/** mm between the frames of a series that is an even stack; null where it is none. */
function stepOf(series: readonly LabelledImage[]): number | null {
  const frames = series.flatMap(({ image }) => {
    const { geometry, instanceNumber } = image.header();
    return Array.from({ length: image.frames }, (_, frame) => ({ geometry: geometry[frame] ?? null, instanceNumber }));
  });
  const { step, gaps, duplicates, orderedBy } = sortByGeometry(frames);
  return orderedBy === "position" && gaps.length === 0 && duplicates.length === 0 ? step : null;
}

function frameReference(image: ExportImage, frame: number): Attributes {
  return { ...reference(image), ...(image.frames > 1 ? { ReferencedFrameNumber: String(frame + 1) } : {}) };
}

/** Between rows and columns: mm where they hold in the patient, else pixels, taken as square. */
function spacingOf(image: ExportImage, frame: number): { spacing: readonly [number, number]; inPatient: boolean } {
  const { spacing, spacingSource = "patient" } = pixelsOfFrame(image.header().pixels, frame);
  const inPatient = spacing !== null && (spacingSource === "patient" || spacingSource === "calibrated");
  return { spacing: inPatient ? spacing : [1, 1], inPatient };
}

function lengthOf([x0, y0, x1, y1]: readonly number[], [down, along]: readonly [number, number]): number {
  return Math.hypot((x1 - x0) * along, (y1 - y0) * down);
}

/** Degrees at the second point. */
function angleOf([x0, y0, x1, y1, x2, y2]: readonly number[], [down, along]: readonly [number, number]): number {
  const [ax, ay, bx, by] = [(x0 - x1) * along, (y0 - y1) * down, (x2 - x1) * along, (y2 - y1) * down];
  return (Math.atan2(Math.abs(ax * by - ay * bx), ax * bx + ay * by) * 180) / Math.PI;
}

/** Figures as SCOORD has them, with the area in square pixels of those that have an inside. */
function graphicsOf(geometry: Geometry): (Graphic & { readonly area: number | null })[] {
  switch (geometry.kind) {
    case "point":
      return [{ type: "POINT", data: [geometry.x, geometry.y], area: null }];
    case "length":
    case "angle":
    case "polyline":
      return [{ type: "POLYLINE", data: geometry.points, area: null }];
    case "ellipse":
      return [{ type: "ELLIPSE", data: axesOf(geometry), area: areaOf(geometry) }];
    default:
      return (ringsOf(geometry) ?? []).map(({ outer }) => ({
        ...{ type: "POLYLINE", data: [...outer, outer[0], outer[1]] },
        area: ringArea(outer),
      }));
  }
}

/** Ends of the longer axis, then of the shorter one (PS3.3 C.18.6.1.2). */
function axesOf({ x, y, radiusX, radiusY, angle }: Extract<Geometry, { kind: "ellipse" }>): number[] {
  const turn = (angle * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const first = [x - radiusX * cos, y - radiusX * sin, x + radiusX * cos, y + radiusX * sin];
  const second = [x + radiusY * sin, y - radiusY * cos, x - radiusY * sin, y + radiusY * cos];
  return radiusX >= radiusY ? [...first, ...second] : [...second, ...first];
}
