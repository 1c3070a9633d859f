import { join } from "node:path";
import { expect, test } from "vitest";
import { ProjectDatabase } from "../../main/project/database.ts";
import type { NewImage } from "../../main/project/index.ts";
import type { Project } from "../../main/project/project.ts";
import { newImage, newProject } from "./builder.ts";

const refusal = (code: string) => expect.objectContaining({ code });
const INPUT = { name: "first", seed: 1, train: 0.7, validation: 0.15, useSuggestedParts: true };

const chest = (index: number): NewImage =>
  newImage(index, { patient: `P${index >> 1}`, suggestedClass: index % 3 === 0 ? "lesion" : "normal" });

/** Adds images in the order given and labels them as they suggest. */
function fill(project: Project, images: readonly NewImage[]): void {
  project.labels.saveClass({ name: "normal" });
  project.labels.saveClass({ name: "lesion" });
  const items = images.map((image) => ({
    imageId: project.images.add(image).id,
    className: image.suggestedClass ?? "",
  }));
  project.labels.importClasses(items.filter(({ className }) => className !== ""));
}

test("a snapshot freezes the labelled images: later labels change neither it nor its items", async () => {
  const { project } = await newProject();
  fill(project, [...Array.from({ length: 40 }, (_, index) => chest(index)), newImage(99)]);
  const snapshot = project.snapshots.create(INPUT);
  expect(snapshot.classes.map(({ name }) => name)).toEqual(["normal", "lesion"]);
  expect(snapshot.counts.reduce((sum, { images }) => sum + images, 0)).toBe(40);
  expect(snapshot.counts.reduce((sum, { patients }) => sum + patients, 0)).toBe(20);
  const items = project.snapshots.items(snapshot.id);
  for (const { part, images, perClass } of snapshot.counts) {
    const own = items.filter((item) => item.part === part);
    expect(own).toHaveLength(images);
    expect(perClass).toEqual([0, 1].map((index) => own.filter((item) => item.classIndex === index).length));
  }
  const lesion = snapshot.classes[1]!;
  for (const { imageId } of items) project.labels.apply([{ do: "class", imageId: imageId, classId: lesion.id }]);
  project.labels.saveClass({ id: lesion.id, name: "nodule" });
  expect(project.snapshots.get(snapshot.id)).toEqual(snapshot);
  expect(project.snapshots.items(snapshot.id)).toEqual(items);
  expect(project.snapshots.list()).toEqual([snapshot]);
});

test("the same images, labels and seed give the same hash in any order of import and in another project", async () => {
  const images = Array.from({ length: 40 }, (_, index) => chest(index));
  const [one, two] = [(await newProject()).project, (await newProject()).project];
  fill(one, images);
  fill(two, images.toReversed());
  const [first, second] = [one, two].map((project) => project.snapshots.create(INPUT));
  expect(first!.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(second!.hash).toBe(first!.hash);
  const facts = (project: Project, id: string) =>
    project.snapshots.items(id).map(({ imageId, ...item }) => ({ ...item, name: project.images.get(imageId).name }));
  expect(facts(two, second!.id)).toEqual(facts(one, first!.id));
  expect(one.snapshots.create({ ...INPUT, seed: 2 }).hash).not.toBe(first!.hash);
  const image = one.snapshots.items(first!.id)[0]!;
  one.labels.apply([{ do: "class", imageId: image.imageId, classId: first!.classes[1 - image.classIndex]!.id }]);
  expect(one.snapshots.create(INPUT).hash).not.toBe(first!.hash);
});

test("images keep the part they came with, unless told otherwise", async () => {
  const { project } = await newProject();
  const part = (index: number) => (["train", "validation", "test"] as const)[index % 3]!;
  fill(
    project,
    Array.from({ length: 30 }, (_, index) =>
      newImage(index, { suggestedPart: part(index), suggestedClass: index % 2 ? "normal" : "lesion" }),
    ),
  );
  const counts = (useSuggestedParts: boolean) =>
    project.snapshots.create({ ...INPUT, useSuggestedParts }).counts.map(({ images }) => images);
  expect(counts(true)).toEqual([10, 10, 10]);
  // 15 images of each class: 10.5, 2.25 and 2.25 are wanted.
  expect(counts(false)).toEqual([22, 4, 4]);
});

test("without labels, with one class, or with an empty part it says what to do next", async () => {
  const { project } = await newProject();
  expect(() => project.snapshots.create(INPUT)).toThrow(
    expect.objectContaining({ code: "snapshot/empty", message: expect.stringContaining("label some images") }),
  );
  const add = (index: number, className: string, more: Partial<NewImage> = {}) =>
    project.labels.importClasses([{ imageId: project.images.add(newImage(index, more)).id, className }]);
  add(0, "normal");
  expect(() => project.snapshots.create(INPUT)).toThrow(
    expect.objectContaining({ code: "snapshot/one-class", message: expect.stringContaining("other class") }),
  );
  add(1, "lesion");
  expect(() => project.snapshots.create(INPUT)).toThrow(
    expect.objectContaining({ code: "snapshot/part-empty", message: expect.stringContaining("more patients") }),
  );
  expect(() => project.snapshots.create({ ...INPUT, train: 0.85 })).toThrow(refusal("snapshot/part-empty"));
  expect(project.snapshots.list()).toEqual([]);
  for (let index = 2; index < 12; index++) add(index, index % 2 ? "normal" : "lesion");
  expect(project.snapshots.create(INPUT).counts).toHaveLength(3);
});

test("the rows of a snapshot refuse to be changed, also by a statement of our own", async () => {
  const { project } = await newProject();
  fill(
    project,
    Array.from({ length: 40 }, (_, index) => chest(index)),
  );
  project.snapshots.create(INPUT);
  const database = new ProjectDatabase(join(project.path, "project.db"), project.key, { create: false });
  try {
    expect(() => database.run("UPDATE snapshot_items SET part = 'train'")).toThrow("a snapshot never changes");
    expect(() => database.run("DELETE FROM snapshot_items")).toThrow("a snapshot never changes");
    expect(() => database.run("UPDATE label_changes SET after = NULL")).toThrow("label changes never change");
  } finally {
    database.close();
  }
});
