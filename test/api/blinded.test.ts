// A blinded reader learns nothing of what the others say, whichever call they ask.
//
// One project is copied on disk before another reader speaks; in each copy the other reader, an adjudicator and the shared layer say something
// else, or nothing. Every call that a reader may ask must then answer the same, byte for byte, in all of them.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { ORPCError } from "@orpc/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createProject, openProject, type Project } from "../../main/project/project.ts";
import { ACCESS, type CallName, may } from "../../preload/contract/access.ts";
import { CHEAP } from "../project/builder.ts";
import { ask, CALLS, fill, inputsOf, shapeOn, type Things } from "./every-call.ts";
import { ended, openStudio, type TestStudio } from "./open-studio.ts";

const WORDS = { ada: "the administrator says friend", blaise: "blaise says friend", wu: "wu says friend" };
/** What happens in a copy while the blinded reader has not committed. */
const STORIES = ["nobody speaks", "the other says one class", "the other says another", "the shared label changes"];

let opened: TestStudio;
let things: Things;
let list: string;
const answers = new Map<string, Map<string, string>>();

beforeAll(async () => {
  opened = await openStudio();
  const made = await createProject({
    folder: opened.folder,
    name: "Blinded",
    member: "Ada",
    passphrase: WORDS.ada,
    cost: CHEAP,
  });
  const { project } = made;
  const filled = fill(project);
  const blaise = await project.members.add({ name: "Blaise", role: "reader", passphrase: WORDS.blaise, cost: CHEAP });
  const wu = await project.members.add({ name: "Wu", role: "reader", passphrase: WORDS.wu, cost: CHEAP });
  list = project.reading.create({
    name: "Double",
    imageIds: project.images.ids({}).slice(0, 3),
    readers: [blaise.id, wu.id],
    readsPerCase: 2,
    blinded: true,
    commitFirst: false,
    modelId: null,
  }).id;
  project.close();
  const asBlaise = await openProject({ path: project.path, passphrase: WORDS.blaise });
  things = { ...filled, list, read: asBlaise.reading.mine(list)[0]!.id, member: blaise.id };
  asBlaise.close();
  for (const story of STORIES) {
    const path = join(opened.folder, `${STORIES.indexOf(story)}`, "Blinded.loupe");
    cpSync(project.path, path, { recursive: true });
    if (story.startsWith("the other")) await other(path, story.endsWith("another") ? 1 : 0);
    if (story.startsWith("the shared")) await shared(path);
    answers.set(story, await everything(path));
  }
}, 120_000);
afterAll(() => opened.close());

/** Wu reads all their cases and commits; with a shape, an answer and a class. */
async function other(path: string, which: number): Promise<void> {
  const project = await openProject({ path, passphrase: WORDS.wu });
  const classId = project.labels.classes()[which]!.id;
  const option = project.questions.list()[0]!.options[which]!.id;
  for (const { id, imageId } of project.reading.mine(list)) {
    project.reading.open(id);
    project.labels.apply(
      [
        { do: "class", imageId, classId },
        { do: "put", shape: shapeOn(imageId, classId, crypto.randomUUID()) },
        { do: "answer", imageId, questionId: things.question, value: option },
      ],
      id,
    );
    project.reading.commit(id);
  }
  project.close();
}

/** Ada changes the shared labels of the cases. */
async function shared(path: string): Promise<void> {
  const project: Project = await openProject({ path, passphrase: WORDS.ada });
  for (const imageId of project.images.ids({}).slice(0, 3)) {
    project.labels.apply([
      { do: "class", imageId, classId: null },
      { do: "put", shape: shapeOn(imageId, things.classId, crypto.randomUUID()) },
      { do: "answer", imageId, questionId: things.question, value: things.option },
    ]);
  }
  project.close();
}

/** What Blaise hears, call by call, also with filters by label. */
async function everything(path: string): Promise<Map<string, string>> {
  await opened.client.projects.open({ path, passphrase: WORDS.blaise });
  const inputs = inputsOf(things, opened.folder);
  const more: [CallName, unknown][] = [
    ["projects.current", undefined],
    ["images.list", {}],
    ["images.list", { filter: { labelled: false } }],
    ["images.list", { filter: { labelled: true }, sort: "name" }],
    ["images.list", { filter: { classId: things.classId } }],
    ["images.list", { filter: { text: "image" } }],
    ["labels.history", {}],
    ["labels.forImage", { imageId: things.image, layer: "none" }],
  ];
  const asked = [
    ...CALLS.filter((name) => ACCESS[name] !== "open" && may("reader", name) && !LATER.includes(name)).map(
      (name) => [name, inputs[name]] as [CallName, unknown],
    ),
    ...more,
    ...LATER.map((name) => [name, inputs[name]] as [CallName, unknown]),
  ];
  const heard = new Map<string, string>();
  for (const [name, input] of asked) {
    heard.set(`${name} ${JSON.stringify(input) ?? ""}`, await said(ask(opened.client, name, input), path));
  }
  await opened.client.projects.lock();
  return heard;
}

/** These change something: after all that only look. */
const LATER: CallName[] = ["labels.apply", "labels.interpolate", "labels.undo", "labels.redo", "reading.open"];

async function said(call: Promise<unknown>, path: string): Promise<string> {
  const text = await call.then(
    (answer) => JSON.stringify(answer) ?? "",
    (error: unknown) => {
      if (error instanceof ORPCError) return `${error.code}: ${error.message}`;
      throw error;
    },
  );
  return text.replaceAll(path, "PATH");
}

test.each(STORIES.slice(1))("when %s, a blinded reader hears the same as if nobody spoke", (story) => {
  const silent = answers.get(STORIES[0]!)!;
  expect(silent.size).toBeGreaterThan(25);
  for (const [call, heard] of silent) expect(answers.get(story)!.get(call), call).toBe(heard);
});

test("an analyst who is to read blindly gives no part away that would show them what others said", async () => {
  const path = join(opened.folder, "0", "Blinded.loupe");
  const ada = await openProject({ path, passphrase: WORDS.ada });
  ada.members.setRole({ id: things.member, role: "analyst" });
  const images = ada.images.ids({});
  ada.close();
  const { client, folder } = opened;
  await client.projects.open({ path, passphrase: WORDS.blaise });
  const to = { name: "Part", folder: join(folder, "parts"), member: "Eve", passphrase: "Eve says friend" };
  const hidden = expect.objectContaining({ code: "reading/hidden" });
  const some = (ids: string[]) => ({ by: "filter" as const, filter: { ids } });
  await expect(client.copies.give({ images: { by: "list", listId: list }, ...to })).rejects.toEqual(hidden);
  await expect(client.copies.give({ images: some(images.slice(5, 8)), layers: true, ...to })).rejects.toEqual(hidden);
  const { job } = await client.copies.give({ images: some(images.slice(5, 8)), ...to });
  expect(await ended(client, job)).toMatchObject({ state: "done", result: { images: 3 } });
});
