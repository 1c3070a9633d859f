// Builders for tests that need a project: a folder that goes away, cheap passphrase hashing, plain images.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { NewImage } from "../../main/project/index.ts";
import { createProject, type Project } from "../../main/project/project.ts";

export const CHEAP = { memoryKiB: 64, passes: 1, lanes: 1 };
export const PASSPHRASE = "correct horse battery staple";

const folders: string[] = [];
const projects: Project[] = [];

afterEach(() => {
  for (const project of projects.splice(0)) project.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of this test's own. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "loupe-project-"));
  folders.push(folder);
  return folder;
}

/** Closes the project when the test ends. */
export function closing(project: Project): Project {
  projects.push(project);
  return project;
}

export async function newProject(
  options: { name?: string; folder?: string } = {},
): Promise<{ project: Project; recoveryKey: string }> {
  const created = await createProject({
    folder: options.folder ?? temporaryFolder(),
    name: options.name ?? "Chest",
    member: "Ada",
    passphrase: PASSPHRASE,
    cost: CHEAP,
  });
  closing(created.project);
  return created;
}

export function newImage(index: number, more: Partial<NewImage> = {}): NewImage {
  return {
    identity: `identity ${index}`,
    format: "png",
    name: `image${index}.png`,
    modality: "OT",
    patient: "",
    study: "",
    series: "",
    sopInstance: "",
    instanceNumber: null,
    pixels: {
      rows: 10,
      columns: 20,
      frames: 1,
      samples: 1,
      type: "uint8",
      bitsStored: 8,
      inverted: false,
      slope: 1,
      intercept: 0,
      unit: "",
      window: { center: 128, width: 256 },
      spacing: null,
    },
    encoding: { photometric: "MONOCHROME2" },
    frames: [{ transferSyntax: "raw", bytes: new Uint8Array(200).fill(index) }],
    tags: [],
    thumbnail: Uint8Array.of(137, 80, 78, 71),
    suggestedClass: null,
    suggestedPart: null,
    ...more,
  };
}

/** Adds `count` images and answers their ids. */
export function addImages(project: Project, count: number, more: (index: number) => Partial<NewImage> = () => ({})) {
  return project.transaction(() =>
    Array.from({ length: count }, (_, index) => project.images.add(newImage(index, more(index))).id),
  );
}
