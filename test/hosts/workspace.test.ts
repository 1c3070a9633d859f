import { expect, test } from "vitest";
import { createStudio } from "../../main/api/studio.ts";
import { findImage, labelOne } from "../../main/hosts/cli/commands/label.ts";
import { Terminal } from "../../main/hosts/cli/terminal.ts";
import { pickModel, type Workspace } from "../../main/hosts/cli/workspace.ts";
import { localHost } from "../../main/hosts/local-host.ts";
import type { Project } from "../../main/project/project.ts";
import { recipeSchema } from "../../preload/contract/index.ts";
import { addImages, newProject, PASSPHRASE, temporaryFolder } from "../project/builder.ts";

/** A command's working place in a project that was filled beforehand. */
async function workingIn(project: Project, work: (workspace: Workspace) => Promise<void>): Promise<void> {
  process.env.LOUPE_CONFIG = temporaryFolder();
  const studio = createStudio({ host: localHost("cli") });
  const { client } = studio;
  try {
    await client.projects.open({ path: project.path, passphrase: PASSPHRASE });
    const finish = () => Promise.reject(new Error("no job is started here"));
    await work({ client, studio, terminal: new Terminal(false), finish });
  } finally {
    await studio.close();
  }
}

test("an image is found by its name among thousands whose names contain it, and by its path where names repeat", async () => {
  const { project } = await newProject();
  addImages(project, 6001, (index) => ({
    name: index === 6000 ? "last/1.png" : `${Math.floor(index / 3000)}/${index}1.png`,
  }));
  await workingIn(project, async (workspace) => {
    expect((await findImage(workspace, "1.png")).name).toBe("last/1.png");
    expect((await findImage(workspace, "1/30001.png")).name).toBe("1/30001.png");
    await expect(findImage(workspace, "2.png")).rejects.toMatchObject({ code: "app/not-found" });
  });
});

test("an image and a class are found however their accents and capitals are typed", async () => {
  const { project } = await newProject();
  addImages(project, 1, () => ({ name: "Bu\u0308ro/e\u0301.png" }));
  project.labels.saveClass({ name: "Lésion" });
  await workingIn(project, async (workspace) => {
    expect((await findImage(workspace, "\u00e9.png")).name).toBe("Bu\u0308ro/e\u0301.png");
    await labelOne(workspace, "e\u0301.png", "le\u0301sion");
    expect((await workspace.client.labels.classes()).map(({ name }) => name)).toEqual(["Lésion"]);
    expect((await workspace.client.images.facets()).unlabelled).toBe(0);
  });
});

test("the latest model is the newest that was not refused; a refused one is found by its id", async () => {
  const { project } = await newProject();
  const ids = addImages(project, 12);
  const classes = ["a", "b"].map((name) => project.labels.saveClass({ name }).id);
  for (const [i, id] of ids.entries()) project.labels.apply([{ do: "class", imageId: id, classId: classes[i % 2]! }]);
  const snapshot = project.snapshots.create({
    name: "s",
    seed: 1,
    train: 0.6,
    validation: 0.2,
    useSuggestedParts: false,
  });
  const recipe = recipeSchema.parse({
    architecture: "logistic",
    inputSize: 16,
    width: 4,
    epochs: 1,
    batchSize: 4,
    optimiser: "adam",
    learningRate: 0.001,
    weightDecay: 0,
    schedule: "cosine",
    balanced: false,
    augment: null,
    patience: null,
    seed: 1,
  });
  const run = project.runs.create({ snapshotId: snapshot.id, recipe, name: "r", device: "cpu", threads: 1 });
  const add = (parentId: string | null, accepted: boolean): string =>
    project.models.add({
      runId: run.id,
      snapshotId: snapshot.id,
      kind: parentId === null ? "trained" : "int8",
      parentId,
      name: "m",
      onnx: Uint8Array.of(1),
      input: { size: 16, low: 0, high: 255 },
      classes: snapshot.classes,
      accepted,
    }).id;
  const trained = add(null, true);
  const refused = add(trained, false);
  await workingIn(project, async (workspace) => {
    expect((await pickModel(workspace, "latest")).id).toBe(trained);
    expect((await pickModel(workspace, refused.slice(0, 8))).id).toBe(refused);
  });
});
