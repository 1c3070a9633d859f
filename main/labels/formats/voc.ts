// Pascal VOC (VOC2012 development kit, 2.4): an XML file with boxes for each frame that has labels.
//
// VOC counts pixels from 1 and names the first and the last one inside: xmin = 1, xmax = width is the whole picture. Our box from 0 to width has its
// edges between pixels, so its first pixel is x + 1 and its last x + width. Edges within a pixel are rounded outwards: programs read whole numbers.

import { boundsOf } from "./figures.ts";
import {
  type ExportImage,
  type ExportJob,
  frameBase,
  framesWithShapes,
  type ImageIndex,
  invalid,
  type LabelFormat,
  type ReadItem,
} from "./format.ts";
import { hasExtension, type LabelFile, withoutExtension } from "./label-files.ts";
import { hasInside } from "./labelmap.ts";
import { childOf, escapeXml, readXml, textOfChild, type XmlElement } from "./xml.ts";

const FOLDER = "Annotations/";

export const voc: LabelFormat = {
  id: "voc",
  extensions: [".xml"],
  carries: {
    kinds: {
      box: "exact",
      ellipse: "approximated",
      polygon: "approximated",
      polyline: "dropped",
      point: "dropped",
      length: "dropped",
      angle: "dropped",
      mask: "approximated",
    },
    attributes: false,
    tracks: false,
    imageClass: false,
    source: false,
    reader: false,
  },
  grouping: "image",
  losses(group, count) {
    for (const { geometry } of group.flatMap(({ shapes }) => shapes)) {
      if (geometry.kind !== "box") continue;
      const { x, y, width, height } = geometry;
      if (![x, y, x + width, y + height].every(Number.isInteger)) count.add("rounded", "box");
    }
  },
  write,
  *read(files, images) {
    const found = files.filter(({ path }) => hasExtension(path, ".xml"));
    if (found.length === 0) throw invalid(files[0]?.path ?? FOLDER, "Expected .xml files.");
    for (const file of found) yield* readFile(file, images);
  },
};

async function write({ classes, sink, groups }: ExportJob): Promise<void> {
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  for await (const [{ image, shapes }] of groups()) {
    for (const frame of framesWithShapes(shapes)) {
      const objects = shapes
        .filter((shape) => shape.frame === frame)
        .flatMap(({ geometry, classId }) => {
          const bounds = hasInside(geometry) ? boundsOf(geometry) : null;
          const name = names.get(classId ?? "");
          return bounds === null || name === undefined ? [] : [objectOf(name, bounds)];
        });
      if (objects.length > 0) sink.write(`${FOLDER}${frameBase(image, frame)}.xml`, documentOf(image, objects));
    }
  }
}

function objectOf(name: string, bounds: { x: number; y: number; width: number; height: number }): string {
  const { x, y, width, height } = bounds;
  const edges = {
    xmin: Math.floor(x) + 1,
    ymin: Math.floor(y) + 1,
    xmax: Math.ceil(x + width),
    ymax: Math.ceil(y + height),
  };
  const box = Object.entries(edges).map(([edge, value]) => `<${edge}>${value}</${edge}>`);
  return `  <object>
    <name>${escapeXml(name)}</name>
    <pose>Unspecified</pose>
    <truncated>0</truncated>
    <difficult>0</difficult>
    <bndbox>${box.join("")}</bndbox>
  </object>
`;
}

function documentOf(image: ExportImage, objects: readonly string[]): string {
  const segments = (image.base + image.extension).split("/");
  return `<annotation>
  <folder>${escapeXml(segments.slice(0, -1).join("/"))}</folder>
  <filename>${escapeXml(segments.at(-1) ?? "")}</filename>
  <source><database>Loupe</database></source>
  <size><width>${image.columns}</width><height>${image.rows}</height><depth>1</depth></size>
  <segmented>0</segmented>
${objects.join("")}</annotation>
`;
}

function* readFile(file: LabelFile, images: ImageIndex): Generator<ReadItem> {
  const root = readXml(file.path, file.text());
  if (root.name !== "annotation") throw invalid(file.path, "Expected the element <annotation> of Pascal VOC.");
  const name = withoutExtension(file.path, ".xml") ?? file.path;
  const own = name.startsWith(FOLDER) ? name.slice(FOLDER.length) : name;
  const image = images.byName(own) ?? images.byName(textOfChild(root, "filename"));
  if (image === null) {
    yield { say: "unmatched", file: file.path };
    return;
  }
  const size = childOf(root, "size");
  const differs = (value: string, ours: number) => value !== "" && Number(value) !== ours;
  if (
    size &&
    (differs(textOfChild(size, "width"), image.columns) || differs(textOfChild(size, "height"), image.rows))
  ) {
    yield { say: "refused", file: file.path, reason: "size-differs" };
    return;
  }
  for (const object of root.children.filter(({ name: element }) => element === "object")) {
    const box = childOf(object, "bndbox");
    if (box === null) {
      yield { say: "refused", file: file.path, reason: "kind-unknown" };
      continue;
    }
    const [xmin, ymin, xmax, ymax] = ["xmin", "ymin", "xmax", "ymax"].map((edge) => edgeOf(box, edge));
    const geometry = {
      kind: "box" as const,
      x: xmin - 1,
      y: ymin - 1,
      width: xmax - xmin + 1,
      height: ymax - ymin + 1,
    };
    const where = { file: file.path, imageId: image.id, frame: image.frame };
    yield { say: "shape", ...where, className: textOfChild(object, "name"), geometry };
  }
}

/** NaN, which no figure may have, where there is no number. */
function edgeOf(box: XmlElement, edge: string): number {
  const text = textOfChild(box, edge);
  return text === "" ? Number.NaN : Number(text);
}
