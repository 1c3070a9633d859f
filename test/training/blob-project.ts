// A project whose snapshot a small net learns in seconds, for whoever needs a run or a model.

import type { Project } from "../../main/project/project.ts";
import type { Part, Recipe } from "../../preload/contract/index.ts";
import { newImage, newProject } from "../project/builder.ts";
import { BLOB_RECIPE, BLOB_SIZE, drawBlobs } from "./blobs.ts";

export const THREADS = 2;
export const SIZES: Record<Part, number> = { train: 96, validation: 40, test: 40 };

/** A project with blobs as 16-bit images of every part, and a snapshot of them. */
export async function projectWithBlobs(): Promise<{ project: Project; snapshotId: string }> {
  const { project } = await newProject();
  const area = BLOB_SIZE * BLOB_SIZE;
  project.transaction(() => {
    const classes = ["正常", "lésion"].map((name) => project.labels.saveClass({ name }).id);
    for (const [seed, part] of (["train", "validation", "test"] as const).entries()) {
      const { pixels, classIndex } = drawBlobs(SIZES[part], seed + 1);
      for (const [i, label] of classIndex.entries()) {
        const values = Uint16Array.from(pixels.subarray(i * area, (i + 1) * area), (v) => 1000 + 2000 * v);
        const plain = newImage(1000 * seed + i);
        const { id } = project.images.add({
          ...plain,
          suggestedPart: part,
          pixels: {
            ...plain.pixels,
            rows: BLOB_SIZE,
            columns: BLOB_SIZE,
            type: "uint16",
            bitsStored: 16,
            intercept: -1000,
          },
          frames: [{ transferSyntax: "raw", bytes: new Uint8Array(values.buffer) }],
        });
        project.labels.apply([{ do: "class", imageId: id, classId: classes[label]! }]);
      }
    }
  });
  const snapshot = project.snapshots.create({
    name: "Blobs",
    seed: 1,
    train: 0.7,
    validation: 0.15,
    useSuggestedParts: true,
  });
  return { project, snapshotId: snapshot.id };
}

export function createRun(project: Project, snapshotId: string, recipe: Partial<Recipe> = {}) {
  return project.runs.create({
    snapshotId,
    recipe: { ...BLOB_RECIPE, ...recipe },
    name: "Blobs",
    device: "cpu",
    threads: THREADS,
  });
}
