// Labels of a large set: how long a save waits through the studio's calls, and how long 50 000 labels take to be a COCO file.
//
// Saves go through the client in process, each its own transaction on the disk; the export is the door of main/labels/formats, as its job calls it.
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStudio } from "../../main/api/studio.ts";
import { localHost } from "../../main/hosts/local-host.ts";
import { exportLabels } from "../../main/labels/formats/export.ts";
import { importLabels } from "../../main/labels/formats/import.ts";
import { maskOfRings } from "../../main/labels/masks/polygon-fill.ts";
import { createRandom } from "../../main/models/random.ts";
import type { NewImage } from "../../main/project/index.ts";
import { openProject, type Project } from "../../main/project/project.ts";
import type { Geometry, ShapeInput } from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import type { BenchResult } from "../support/bench.ts";

export const title = "Saving labels through the studio (p99), and 50 000 labels to COCO";

const IMAGES = 5_000;
const LABELS = 50_000;
const SAVES = 3_000;
const SIDE = 512;
const PASSPHRASE = "not a secret at all";
const LIMIT_SAVE_MS = 20;
const LIMIT_EXPORT_S = 10;

const random = createRandom(7, 1);
const between = (low: number, high: number) => low + random.uniform() * (high - low);
const uuid = () => {
  const hex = (digits: number) => Array.from({ length: digits }, () => random.below(16).toString(16)).join("");
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
};

function image(index: number): NewImage {
  return {
    identity: `bench ${index}`,
    format: "png",
    name: `set/${index >> 8}/image${index}.png`,
    modality: "OT",
    patient: "",
    study: "",
    series: "",
    sopInstance: "",
    instanceNumber: null,
    pixels: {
      ...{ rows: SIDE, columns: SIDE, frames: 1, samples: 1, type: "uint8", bitsStored: 8, inverted: false },
      ...{ slope: 1, intercept: 0, unit: "", window: { center: 128, width: 256 }, spacing: null },
    },
    encoding: {},
    frames: [{ transferSyntax: "raw", bytes: new Uint8Array(8) }],
    tags: [],
    thumbnail: Uint8Array.of(1),
    suggestedClass: null,
    suggestedPart: null,
  };
}

/** Points around a centre: a finding of 20 to 120 pixels with a rough edge. */
function blob(): number[] {
  const [x, y, size] = [between(130, 380), between(130, 380), between(10, 60)];
  return Array.from({ length: 40 }, (_, i) => {
    const radius = size * between(0.8, 1.2);
    return [x + radius * Math.cos((i * Math.PI) / 20), y + radius * Math.sin((i * Math.PI) / 20)];
  }).flat();
}

/** Two boxes, two polygons and a mask in five. */
function figure(index: number): Geometry {
  if (index % 5 < 2) {
    return { kind: "box", x: between(0, 400), y: between(0, 400), width: between(5, 100), height: between(5, 100) };
  }
  if (index % 5 < 4) return { kind: "polygon", points: blob() };
  const { runs } = maskOfRings([blob()], SIDE, SIDE);
  return { kind: "mask", rows: SIDE, columns: SIDE, runs: [...runs] };
}

const drawn = (imageId: string, classId: string, geometry: Geometry): ShapeInput => ({
  ...{ id: uuid(), imageId, frame: 0, classId, geometry, attributes: {}, track: null, source: null },
});

function fill(project: Project): string[] {
  const ids = project.transaction(() => Array.from({ length: IMAGES }, (_, i) => project.images.add(image(i)).id));
  const classId = project.labels.saveClass({ name: "finding" }).id;
  for (let start = 0; start < LABELS; start += 1000) {
    const put = Array.from({ length: 1000 }, (_, i) => drawn(ids[(start + i) % IMAGES]!, classId, figure(start + i)));
    project.labels.importShapes(put);
  }
  return ids;
}

export default async function labels(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "loupe-labels-"));
  process.env.LOUPE_CONFIG = join(folder, "config");
  const studio = createStudio({ host: localHost("cli") });
  const { client } = studio;
  try {
    const { project: made } = await client.projects.create({
      ...{ folder, name: "Labels", member: "Bench", passphrase: PASSPHRASE },
    });
    const project = await openProject({ path: made.path, passphrase: PASSPHRASE });
    try {
      const ids = fill(project);
      const out = join(folder, "coco");
      const before = process.memoryUsage().rss;
      let most = before;
      const started = performance.now();
      const report = await exportLabels(project, {
        ...{ format: "coco", folder: out },
        onProgress: (done) => {
          if (done % 250 === 0) most = Math.max(most, process.memoryUsage.rss());
        },
      });
      const cocoExportS = (performance.now() - started) / 1000;
      const { size } = await stat(join(out, "annotations.json"));
      const written = JSON.parse(await readFile(join(out, "annotations.json"), "utf8")) as { annotations: unknown[] };
      if (report.labels !== LABELS || written.annotations.length !== LABELS) throw new Error("Labels are missing.");

      const classId = project.labels.classes()[0]!.id;
      const times: number[] = [];
      for (let i = 0; i < SAVES; i++) {
        const shape = drawn(ids[random.below(IMAGES)]!, classId, figure(i));
        const began = performance.now();
        await client.labels.apply({ layer: SHARED_LAYER, edits: [{ do: "put", shape }] });
        times.push(performance.now() - began);
      }
      times.sort((a, b) => a - b);

      const reading = performance.now();
      const imported = await importLabels(project, { format: "coco", path: out });
      const cocoImportS = (performance.now() - reading) / 1000;
      if (imported.shapes !== LABELS) throw new Error("Labels were not read again.");
      const saveP99Ms = times[Math.floor(SAVES * 0.99)]!;
      const figures = {
        labels: LABELS,
        images: IMAGES,
        saves: SAVES,
        saveP50Ms: times[SAVES >> 1]!,
        saveP99Ms,
        cocoExportS,
        cocoImportS,
        fileMB: size / 1e6,
        exportExtraMB: (most - before) / 1e6,
      };
      const required = { saveP99Ms: `<= ${LIMIT_SAVE_MS}`, cocoExportS: `<= ${LIMIT_EXPORT_S}` };
      return { figures, required, ok: saveP99Ms <= LIMIT_SAVE_MS && cocoExportS <= LIMIT_EXPORT_S };
    } finally {
      project.close();
    }
  } finally {
    await studio.close();
    await rm(folder, { recursive: true, force: true });
  }
}
