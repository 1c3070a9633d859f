// The library of a large project: how long one page of any filter, order and place takes over 100 000 images, and the counts beside it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProject, type Project } from "../../main/project/project.ts";
import type { ImageFilter } from "../../preload/contract/index.ts";
import type { BenchResult } from "../support/bench.ts";
import { fillLibrary } from "../support/large-library.ts";

export const title = "Pages, filters and counts over a library of 100 000 images: the slowest";

const IMAGES = 100_000;
const PAGE = 100;
const REPEATS = 7;
const LIMIT_MS = 50;

export default async function library(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "loupe-library-"));
  const { project } = await createProject({ folder, name: "Library", member: "Bench", passphrase: "not a secret" });
  try {
    return measure(project);
  } finally {
    project.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Milliseconds of processor time, the median of a few. The work is synchronous and reads from memory, so on a quiet machine this is also how
 * long it takes; on a busy one, what other programs do is left out.
 */
function cost(work: () => unknown): number {
  const times = Array.from({ length: REPEATS }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return times.sort((a, b) => a - b)[REPEATS >> 1]!;
}

function measure(project: Project): BenchResult {
  const started = performance.now();
  const ids = fillLibrary(project, IMAGES);
  const importMs = (performance.now() - started) / IMAGES;
  const classId = project.labels.classes()[1]!.id;
  const filters: Record<string, ImageFilter> = {
    all: {},
    class: { classId },
    labelled: { labelled: true },
    unlabelled: { labelled: false },
    modality: { modality: "CT" },
    patient: { patient: "PAT77" },
    "text of many": { text: "image" },
    "text of some": { text: "image77" },
    "text of none": { text: "zzz" },
    combined: { text: "image7", classId, modality: "MR" },
    "ten thousand ids": { ids: ids.slice(0, 10_000) },
  };
  let pageMs = 0;
  for (const [name, filter] of Object.entries(filters)) {
    const { total } = project.images.list(filter, "imported", 0, 1);
    for (const sort of ["imported", "name", "patient"] as const) {
      for (const offset of new Set([0, total >> 1, Math.max(0, total - PAGE)])) {
        const ms = cost(() => project.images.list(filter, sort, offset, PAGE));
        console.error(`${name.padEnd(18)} by ${sort.padEnd(9)} from ${String(offset).padEnd(6)} ${ms.toFixed(1)} ms`);
        pageMs = Math.max(pageMs, ms);
      }
    }
  }
  const facetsMs = cost(() => project.images.facets());
  let next = 0;
  const labelMs = cost(() => project.labels.apply([{ do: "class", imageId: ids[next++]!, classId: classId }]));
  // The import is the only figure in time as the clock has it: it waits for the disk.
  const figures = { images: IMAGES, pageMs, facetsMs, labelMs, importMs };
  const required = { pageMs: `< ${LIMIT_MS}`, facetsMs: `< ${LIMIT_MS}` };
  return { figures, required, ok: pageMs < LIMIT_MS && facetsMs < LIMIT_MS };
}
