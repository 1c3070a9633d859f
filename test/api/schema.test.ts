import { afterEach, beforeEach, expect, test } from "vitest";
import type { StudioEvent } from "../../preload/contract/index.ts";
import { openStudio, type TestStudio } from "./open-studio.ts";

let opened: TestStudio;
let imageId: string;
beforeEach(async () => {
  opened = await openStudio();
  const { client } = opened;
  const job = await client.images.importSample({ images: 20, seed: 1 });
  await expect
    .poll(async () => (await client.jobs.list()).find(({ id }) => id === job.id)?.state, { timeout: 60_000 })
    .toBe("done");
  imageId = (await client.images.list({ limit: 1 })).items[0]!.id;
});
afterEach(() => opened.close());

const option = (name: string) => ({ name, archived: false });
const question = { name: "Side", level: "image", kind: "single", required: false, help: "", archived: false } as const;

test("a question is asked, answered, merged and undone over the contract, and windows are told to ask again", async () => {
  const { client } = opened;
  const heard: StudioEvent[] = [];
  const stop = new AbortController();
  const events = await client.app.events(undefined, { signal: stop.signal });
  const listening = (async () => {
    for await (const event of events) heard.push(event);
  })().catch(() => {});
  const changed = () => heard.filter((event) => event.type === "changed" && event.topic === "labels").length;

  const saved = await client.schema.saveQuestion({ ...question, options: [option("left"), option("right")] });
  const [left, right] = saved.options.map(({ id }) => id);
  await expect.poll(changed).toBe(1);
  await client.labels.apply({ edits: [{ do: "answer", imageId, questionId: saved.id, value: left! }] });
  await expect
    .poll(() => heard.some((event) => event.type === "labels" && event.change.answers.length === 1))
    .toBe(true);
  expect(await client.schema.usage({ questionId: saved.id })).toMatchObject({ count: 1, said: true });
  expect(await client.schema.previewKind({ questionId: saved.id, kind: "text" })).toEqual({
    ...{ answers: 1, changed: 1, invalid: 0 },
    rows: [{ before: "left", after: "left", count: 1 }],
  });
  expect(await client.schema.mergeOptions({ questionId: saved.id, from: left!, into: right! })).toEqual({
    rewritten: 1,
  });
  expect((await client.labels.forImage({ imageId })).answers).toMatchObject([{ value: right }]);
  await expect.poll(changed).toBe(2);
  // Undo of a merge is more than a label: other layers and the schema are asked for again.
  expect(await client.labels.undo({})).toMatchObject({ schema: true });
  await expect.poll(changed).toBe(3);
  expect((await client.schema.questions())[0]!.options[0]).toMatchObject({ archived: false });
  stop.abort();
  await listening;
});

test("what the contract does not allow does not reach the project, and refusals keep their codes", async () => {
  const { client } = opened;
  const refused = async (call: Promise<unknown>) =>
    call.then(
      () => "accepted",
      (error: { code: string }) => error.code,
    );
  const save = (more: object) => client.schema.saveQuestion({ ...question, options: [], ...more } as never);
  const bad = [{ name: "" }, { level: "study" }, { kind: "many" }, { options: [{ ...option("x"), key: 10 }] }];
  for (const more of bad) expect(await refused(save(more)), JSON.stringify(more)).toBe("app/invalid-input");
  expect(await refused(client.schema.usage({ questionId: "nobody" }))).toBe("labels/question-unknown");
  expect(await refused(client.schema.attributeUsage({ classId: "nobody" }))).toBe("labels/class-unknown");
  expect(await refused(client.schema.mergeOptions({ questionId: "nobody", from: "a", into: "b" }))).toBe(
    "labels/question-unknown",
  );
  expect(await client.schema.questions()).toEqual([]);
});
