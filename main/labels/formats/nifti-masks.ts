// NIfTI masks: a volume of class numbers for each series, or for each image that is no slice of one, in the patient's space.
//
// labels.json beside them says which number is which class and which image each slice lies on. Masks of others are found by the name of their image,
// or of any image of its series, and laid over the frames by their places in the patient where both say them, by their order where not.
// A pixel has one class: what was drawn later lies on top, and shapes of one class become one.

import type { FrameGeometry } from "../../../preload/contract/index.ts";
import { sortByGeometry } from "../../imaging/series.ts";
import {
  type ExportImage,
  type ExportJob,
  type ImageIndex,
  invalid,
  type LabelFormat,
  type LabelledImage,
  type ReadItem,
} from "./format.ts";
import { isObject, type JsonObject, objectsIn, readJsonObject, textIn } from "./json.ts";
import { hasExtension, type LabelFile, type LabelFiles, withoutExtension } from "./label-files.ts";
import {
  classNumbers,
  countMapLosses,
  hasInside,
  masksOfValues,
  type NumberOf,
  nameOfValue,
  namesIn,
  paintFrame,
} from "./labelmap.ts";
import { decodeNifti, encodeNifti, gridOf, sliceAt } from "./nifti-volume.ts";

const FOLDER = "masks/";
const ABOUT = "labels.json";

interface Slice {
  readonly labelled: LabelledImage;
  readonly frame: number;
  readonly geometry: FrameGeometry | null;
  readonly instanceNumber: number | null;
}

export const niftiMasks: LabelFormat = {
  id: "nifti",
  extensions: [".nii.gz", ".nii"],
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
    tracks: false,
    imageClass: false,
    source: false,
    reader: false,
  },
  grouping: "series",
  losses(group, count) {
    countMapLosses(group, count);
    const uneven = volumesOf(group.filter(isDrawn)).filter(({ gaps }) => gaps);
    count.add("spacing-uneven", null, uneven.flatMap(({ slices }) => slices).length);
  },
  write,
  read,
};

const isDrawn = ({ shapes }: LabelledImage) => shapes.some(({ geometry }) => hasInside(geometry));

/** Slices of one image each become one volume, in the order of their places; everything else is a volume of its own. */
function volumesOf(group: readonly LabelledImage[]): { slices: readonly Slice[]; gaps: boolean }[] {
  const slices = group.flatMap((labelled): Slice[] => {
    const { geometry, instanceNumber } = labelled.image.header();
    return Array.from({ length: labelled.image.frames }, (_, frame) => ({
      ...{ labelled, frame, instanceNumber },
      geometry: geometry[frame] ?? null,
    }));
  });
  const [first] = group;
  const stack =
    group.length > 1 &&
    group.every(
      ({ image }) => image.frames === 1 && image.rows === first?.image.rows && image.columns === first.image.columns,
    );
  if (stack) {
    const { slices: sorted, orderedBy, gaps, duplicates } = sortByGeometry(slices);
    if (orderedBy === "position" && duplicates.length === 0) return [{ slices: sorted, gaps: gaps.length > 0 }];
  }
  return group.map(({ image }) => ({
    slices: slices.filter(({ labelled }) => labelled.image.id === image.id),
    gaps: false,
  }));
}

async function write({ classes, sink, groups }: ExportJob): Promise<void> {
  const numbers = classNumbers(classes);
  const about = sink.open(ABOUT);
  const named = classes.map(({ name, color }, i) => ({ value: i + 1, name, color }));
  about.write(`{"classes":${JSON.stringify(named)},\n"files":[`);
  let first = true;
  for await (const group of groups()) {
    if (!group.some(isDrawn)) continue;
    for (const { slices } of volumesOf(group)) {
      if (!slices.some(({ labelled }) => isDrawn(labelled))) continue;
      const file = `${FOLDER}${slices[0].labelled.image.base}.nii.gz`;
      sink.write(file, volumeOf(slices, numbers));
      const list = slices.map(({ labelled: { image }, frame }) => ({ image: image.base + image.extension, frame }));
      about.write(`${first ? "\n" : ",\n"}${JSON.stringify({ file, slices: list })}`);
      first = false;
    }
  }
  about.write("]}\n");
  about.close();
}

function volumeOf(slices: readonly Slice[], numbers: NumberOf): Uint8Array {
  const { rows, columns }: ExportImage = slices[0].labelled.image;
  const values = new Uint16Array(rows * columns * slices.length);
  for (const [k, { labelled, frame }] of slices.entries()) {
    const here = labelled.shapes.filter((shape) => shape.frame === frame);
    if (here.length > 0) values.set(paintFrame(here, numbers, labelled.image).values, k * rows * columns);
  }
  const grid = gridOf(slices.map(({ geometry }) => geometry ?? undefined));
  return encodeNifti({ rows, columns, slices: slices.length, values, grid });
}

/** A frame of the project that a slice of the file lies on. */
interface Target {
  readonly imageId: string;
  readonly frame: number;
  readonly rows: number;
  readonly columns: number;
  readonly geometry: FrameGeometry | undefined;
}

function* read(files: LabelFiles, images: ImageIndex): Generator<ReadItem> {
  const volumes = files.filter(({ path }) => hasExtension(path, ".nii", ".nii.gz"));
  if (volumes.length === 0) throw invalid(files[0]?.path ?? FOLDER, "Expected .nii.gz or .nii files.");
  const sidecar = files.find(({ path }) => /(^|\/)(labels|classes|dataset)\.json$/i.test(path));
  const about = sidecar === undefined ? {} : readJsonObject(sidecar);
  const names = namesIn(about);
  const listed = new Map(
    sidecar === undefined || !Array.isArray(about.files)
      ? []
      : objectsIn(sidecar.path, about, "files").map((entry) => [textIn(entry.file) ?? "", entry]),
  );
  for (const file of volumes) yield* readVolume(file, listed.get(file.path) ?? null, images, names);
}

function* readVolume(
  file: LabelFile,
  listed: JsonObject | null,
  images: ImageIndex,
  names: ReadonlyMap<number, string>,
): Generator<ReadItem> {
  const volume = decodeNifti(file.path, file.bytes());
  const targets = listed === null ? null : targetsOfList(file.path, listed, images);
  const found = targets ?? targetsOfName(file.path, volume.slices, images);
  if (found.length === 0) {
    yield { say: "unmatched", file: file.path };
    return;
  }
  for (const [k, target] of found.entries()) {
    if (target === null) continue;
    const values = sliceAt(volume, target, k);
    if (values === null) {
      yield { say: "refused", file: file.path, reason: "size-differs" };
      continue;
    }
    const where = { file: file.path, imageId: target.imageId, frame: target.frame };
    for (const [value, { rows, columns, runs }] of masksOfValues(values, target.rows, target.columns)) {
      const geometry = { kind: "mask" as const, rows, columns, runs: [...runs] };
      yield { say: "shape", ...where, className: nameOfValue(names, value), geometry };
    }
  }
}

/** As labels.json lists them; null for a slice whose image is not there. */
function targetsOfList(file: string, listed: JsonObject, images: ImageIndex): (Target | null)[] {
  return objectsIn(file, listed, "slices").map((slice) => {
    if (!isObject(slice) || typeof slice.frame !== "number") throw invalid(ABOUT, "A slice has no frame.");
    const image = images.byName(textIn(slice.image) ?? "");
    return image === null ? null : targetOf(image.id, slice.frame, images);
  });
}

/** The frames of the image of this name, or the slices of its series where it is one of as many as the file has. */
function targetsOfName(path: string, slices: number, images: ImageIndex): (Target | null)[] {
  const name = withoutExtension(path, ".nii.gz", ".nii") ?? path;
  const image = images.byName(name.startsWith(FOLDER) ? name.slice(FOLDER.length) : name);
  if (image === null) return [];
  if (image.frames > 1 || slices === 1) {
    return Array.from({ length: image.frames }, (_, frame) => targetOf(image.id, frame, images));
  }
  const series = images.series({ imageId: image.id }).filter(({ frames }) => frames === 1);
  const { slices: sorted } = sortByGeometry(
    series.map((member) => ({ ...member, geometry: member.geometry[0] ?? null, imageId: member.id })),
  );
  return sorted.map(({ imageId, rows, columns, geometry }) => ({
    ...{ imageId, frame: 0, rows, columns },
    geometry: geometry ?? undefined,
  }));
}

function targetOf(imageId: string, frame: number, images: ImageIndex): Target | null {
  const image = images.series({ imageId }).find(({ id }) => id === imageId);
  if (image === undefined) return null;
  return { imageId, frame, rows: image.rows, columns: image.columns, geometry: image.geometry[frame] };
}
