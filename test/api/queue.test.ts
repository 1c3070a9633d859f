// A queue as a page asks for it: a real studio, a model trained in a child process, a job, a reader, the curve.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ended, openStudio, type TestStudio } from "./open-studio.ts";

let opened: TestStudio;
beforeAll(async () => {
  opened = await openStudio();
});
afterAll(() => opened.close());

test("a queue is a job that ends with a work list; read to its end, the curve has a round", async () => {
  const { client, project } = opened;
  await ended(client, await client.images.importSample({ images: 60, seed: 5 }));
  const snapshot = await client.snapshots.create({ name: "first", useSuggestedParts: false });
  const [suggested] = await client.runs.recipes({ snapshotId: snapshot.id });
  const recipe = { ...suggested!.recipe, architecture: "logistic" as const, inputSize: 16, epochs: 2, patience: null };
  const { run, job } = await client.runs.start({ snapshotId: snapshot.id, recipe });
  await ended(client, job);
  const { modelId } = await client.runs.get({ id: run.id });
  const { items } = await client.images.list({ limit: 24 });
  const truth = new Map(items.map(({ id, classId }) => [id, classId]));
  await client.labels.apply({ edits: items.map(({ id }) => ({ do: "class", imageId: id, classId: null })) });

  const asked = { name: "First", strategy: "diversity", count: 22, randomShare: 0.5, seed: 9 } as const;
  const who = { modelIds: [modelId!], readers: [project.member.id] };
  await expect(client.reading.queue({ ...asked, ...who, modelIds: ["none"] })).rejects.toMatchObject({
    code: "app/not-found",
  });
  const done = await ended(client, await client.reading.queue({ ...asked, ...who }));
  expect(done).toMatchObject({ kind: "queue", state: "done", error: null });
  const [list] = await client.reading.lists();
  expect(list).toMatchObject({ cases: 22, modelId: null, blinded: true });
  expect(done.result).toEqual({ listId: list!.id });

  for (const { id, imageId, layer } of await client.reading.mine({ listId: list!.id })) {
    await client.reading.open({ readId: id });
    await client.labels.apply({ layer, edits: [{ do: "class", imageId, classId: truth.get(imageId)! }] });
    await client.reading.commit({ readId: id });
  }
  const { rounds, overall } = await client.reading.activeCurve();
  expect(rounds).toHaveLength(1);
  expect(rounds[0]).toMatchObject({ name: "First", strategy: "diversity", labelledBefore: 36, cases: 22 });
  expect(overall).toMatchObject({ read: { active: 11, random: 11 }, enough: true });
  for (const figure of [overall!.yieldActive, overall!.yieldRandom]) {
    expect(figure.value).toBeGreaterThanOrEqual(figure.low!);
    expect(figure.value).toBeLessThanOrEqual(figure.high!);
  }
  // Two images are left: a queue of them, then none.
  await ended(client, await client.reading.queue({ ...asked, ...who, name: "Second" }));
  const failed = await ended(client, await client.reading.queue({ ...asked, ...who, name: "Third" }));
  expect(failed).toMatchObject({ state: "failed", error: { code: "active/pool-small" } });
});
