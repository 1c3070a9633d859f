// Labels out of a real project as files and in again, and drawings to do that with.

import { join } from "node:path";
import fc from "fast-check";
import { exportLabels, previewExport } from "../../../main/labels/formats/export.ts";
import { importLabels } from "../../../main/labels/formats/import.ts";
import { maskOfBytes } from "../../../main/labels/masks/runs.ts";
import { canonicalJson, type Json } from "../../../main/project/canonical-json.ts";
import type { NewImage } from "../../../main/project/index.ts";
import type { Project } from "../../../main/project/project.ts";
import type {
  AttributeValue,
  Geometry,
  GeometryKind,
  LabelFormatId,
  Shape,
  ShapeInput,
} from "../../../preload/contract/index.ts";
import { addImages, newProject, temporaryFolder } from "../../project/builder.ts";
import { shape } from "../../project/shapes.ts";

/** Odd, so that frames of one bit for each pixel do not end with a byte. */
export const ROWS = 23;
export const COLUMNS = 31;

export interface Fixture {
  readonly project: Project;
  /** of one frame, another of one frame in a folder, one of three frames */
  readonly images: readonly [string, string, string];
  /** "lesion" and "Lymph node, left" */
  readonly classes: readonly [string, string];
}

/** `more`: what the images have beside their size, by their place. */
export async function fixture(more: (index: number) => Partial<NewImage> = () => ({})): Promise<Fixture> {
  const { project } = await newProject();
  const images = addImages(project, 3, (index) => {
    const extra = more(index);
    const pixels = {
      rows: ROWS,
      columns: COLUMNS,
      frames: index === 2 ? 3 : 1,
      samples: 1 as const,
      type: "uint8" as const,
      bitsStored: 8,
      inverted: false,
      slope: 1,
      intercept: 0,
      unit: "",
      window: { center: 128, width: 256 },
      spacing: null,
      ...extra.pixels,
    };
    const frames = Array.from({ length: pixels.frames }, () => ({
      transferSyntax: "raw",
      bytes: new Uint8Array(pixels.rows * pixels.columns),
    }));
    const name = ["one.png", "folder/Two words.png", "cine.dcm"][index]!;
    return { name, frames, ...extra, pixels };
  });
  const classes = ["lesion", "Lymph node, left"].map((name) => project.labels.saveClass({ name }).id);
  return {
    project,
    images: [images[0]!, images[1]!, images[2]!],
    classes: [classes[0]!, classes[1]!],
  };
}

/** Draws, writes, erases, reads, and erases again: what came back, in the order of the file, and what each step said. */
export async function roundTrip(
  { project, images }: Fixture,
  format: LabelFormatId,
  shapes: readonly ShapeInput[],
  classes: Readonly<Record<string, string>> = {},
) {
  const { labels } = project;
  labels.apply([
    ...shapes.map((put) => ({ do: "put" as const, shape: put })),
    ...Object.entries(classes).map(([imageId, classId]) => ({ do: "class" as const, imageId, classId })),
  ]);
  const folder = join(temporaryFolder(), "labels");
  const preview = await previewExport(project, { format });
  const exported = await exportLabels(project, { format, folder });
  erase({ project, images });
  const imported = await importLabels(project, { format, path: folder });
  const back = images.map((id) => labels.forImage(id));
  erase({ project, images });
  return { preview, exported, imported, folder, back, shapes: back.flatMap((image) => image.shapes) };
}

export function erase({ project, images }: Pick<Fixture, "project" | "images">): void {
  const edits = images.flatMap((imageId) => [
    { do: "class" as const, imageId, classId: null },
    ...project.labels.forImage(imageId).shapes.map(({ id }) => ({ do: "remove" as const, imageId, id })),
  ]);
  project.labels.apply(edits);
}

/** What a shape says, without who drew it and which id it has, in an order that does not matter. */
export const said = (shapes: readonly (Shape | ShapeInput)[], of: readonly (keyof ShapeInput)[]): string[] =>
  shapes.map((each) => canonicalJson(of.map((key) => each[key]) as Json)).sort();

const within = (most: number) => fc.double({ min: 0, max: most, noNaN: true, noDefaultInfinity: true });
const point = fc.tuple(within(COLUMNS), within(ROWS));
const pointList = (minLength: number, maxLength: number) =>
  fc.array(point, { minLength, maxLength }).map((points) => points.flat());

/** Two corners at least half a pixel apart. */
const corners = fc
  .tuple(point, point)
  .filter(([a, b]) => Math.abs(a[0] - b[0]) > 0.5 && Math.abs(a[1] - b[1]) > 0.5)
  .map(([a, b]) => ({
    x: Math.min(a[0], b[0]),
    y: Math.min(a[1], b[1]),
    width: Math.abs(a[0] - b[0]),
    height: Math.abs(a[1] - b[1]),
  }));

const bytes = fc
  .uint8Array({ minLength: ROWS * COLUMNS, maxLength: ROWS * COLUMNS })
  .map((noise) => noise.map((byte) => (byte > 170 ? 1 : 0)));
const blocks = corners.map(({ x, y, width, height }) =>
  Uint8Array.from({ length: ROWS * COLUMNS }, (_, i) => {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)];
    return column >= x && column < x + width + 1 && row >= y && row < y + height + 1 ? 1 : 0;
  }),
);

const GEOMETRIES: Record<GeometryKind, fc.Arbitrary<Geometry>> = {
  box: corners.map((box) => ({ kind: "box", ...box })),
  ellipse: fc
    .record({
      x: fc.double({ min: 10, max: 22, noNaN: true }),
      y: fc.double({ min: 10, max: 14, noNaN: true }),
      radiusX: fc.double({ min: 0.5, max: 9, noNaN: true }),
      radiusY: fc.double({ min: 0.5, max: 9, noNaN: true }),
      angle: fc.double({ min: -180, max: 180, noNaN: true }),
    })
    .map((ellipse) => ({ kind: "ellipse", ...ellipse })),
  polygon: pointList(3, 12).map((points) => ({ kind: "polygon", points })),
  polyline: pointList(2, 8).map((points) => ({ kind: "polyline", points })),
  point: point.map(([x, y]) => ({ kind: "point", x, y })),
  length: pointList(2, 2).map((points) => ({ kind: "length", points })),
  angle: pointList(3, 3).map((points) => ({ kind: "angle", points })),
  mask: fc
    .oneof(bytes, blocks)
    .filter((mask) => mask.includes(1))
    .map((mask) => ({
      kind: "mask",
      rows: ROWS,
      columns: COLUMNS,
      runs: [...maskOfBytes(mask, ROWS, COLUMNS).runs],
    })),
};

export const geometry = (...kinds: readonly GeometryKind[]): fc.Arbitrary<Geometry> =>
  fc.oneof(...kinds.map((kind) => GEOMETRIES[kind]));

export const attributes: fc.Arbitrary<Record<string, AttributeValue>> = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }).filter((key) => !RESERVED.has(key)),
  fc.oneof(
    fc.string({ maxLength: 20, unit: "grapheme" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
    fc.boolean(),
  ),
  { maxKeys: 3 },
);
const RESERVED = new Set(["__proto__", "iscrowd", "track_id"]);

/** Shapes on the fixture's images. */
export function drawn(
  { images, classes }: Fixture,
  kinds: readonly GeometryKind[],
  more: { attributes?: fc.Arbitrary<Record<string, AttributeValue>>; track?: fc.Arbitrary<string | null> } = {},
): fc.Arbitrary<ShapeInput> {
  const places = [
    ...images.map((imageId) => ({ imageId, frame: 0 })),
    { imageId: images[2], frame: 1 },
    { imageId: images[2], frame: 2 },
  ];
  return fc
    .record({
      place: fc.constantFrom(...places),
      classId: fc.constantFrom(...classes),
      figure: geometry(...kinds),
      attributes: more.attributes ?? fc.constant({}),
      track: more.track ?? fc.constant(null),
    })
    .map(({ place, classId, figure, ...others }) =>
      shape(place.imageId, classId, figure, { frame: place.frame, ...others }),
    );
}
