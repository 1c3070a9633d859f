// Fairness over the real thing: the sample's patients, a trained model, a question of the schema, and the command's words.
import { afterAll, beforeAll, expect, test } from "vitest";
import { runLoupe } from "../hosts/run-loupe.ts";
import { ended, openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

let open: TestStudio;
let modelId: string;

beforeAll(async () => {
  open = await openStudio();
  const { client } = open;
  await ended(client, await client.images.importSample({ images: 120, seed: 3 }));
  const { id: snapshotId } = await client.snapshots.create({ name: "first", train: 0.5, validation: 0.4 });
  const [suggested] = await client.runs.recipes({ snapshotId });
  const recipe = { ...suggested!.recipe, architecture: "logistic" as const, inputSize: 16, epochs: 3 };
  const { job, run } = await client.runs.start({ snapshotId, recipe });
  expect((await ended(client, job)).state).toBe("done");
  modelId = (await client.runs.get({ id: run.id })).modelId!;
}, 300_000);
afterAll(() => open.close());

test("the sample's patients fall into the groups that their files say, and nobody is lost", async () => {
  const report = await open.client.fairness.audit({ modelId, by: ["sex"], minimum: 10 });
  expect(report.groups.map(({ values }) => values[0]).sort()).toEqual(["F", "M"]);
  expect(report.groups.reduce((sum, { cases }) => sum + cases, 0)).toBe(report.overall.cases);
  const { cases } = await open.client.models.evaluation({ modelId, part: "validation" });
  let women = 0;
  for (const { imageId } of cases) {
    const { tags } = await open.client.images.get({ id: imageId });
    if (tags.find(({ name }) => name === "PatientSex")?.value === "F") women++;
  }
  expect(report.groups.find(({ values }) => values[0] === "F")!.cases).toBe(women);
  expect(report.available.find(({ attribute }) => attribute === "age")!.known).toBe(report.overall.cases);
  expect(report.differences.equalisedOdds!.value).toBeGreaterThanOrEqual(report.differences.equalOpportunity!.value);
});

test("a question of the schema makes groups; an unanswered case is in the last one", async () => {
  const { client } = open;
  const question = await client.schema.saveQuestion({
    ...{ name: "Density", level: "image", kind: "single", required: false, help: "", archived: false },
    options: [
      { name: "low", archived: false },
      { name: "high", archived: false },
    ],
  });
  const { cases } = await client.models.evaluation({ modelId, part: "validation" });
  await client.labels.apply({
    edits: cases.slice(1).map(({ imageId }, i) => ({
      ...{ do: "answer" as const, imageId, questionId: question.id },
      value: question.options[i % 2]!.id,
    })),
  });
  const report = await client.fairness.audit({ modelId, by: [`question:${question.id}`], minimum: 10 });
  expect(report.groups.map(({ values }) => values[0])).toEqual(expect.arrayContaining(["low", "high", ""]));
  expect(report.groups.at(-1)).toMatchObject({ values: [""], cases: 1, figures: null });
  expect(report.available.at(-1)).toMatchObject({ question: "Density", known: cases.length - 1, values: 2 });
});

test("a snapshot says who is in it: every image in one group, the split's patients in one part", async () => {
  const { client } = open;
  const [snapshot] = await client.snapshots.list();
  const report = await client.fairness.balance({ snapshotId: snapshot!.id, by: ["sex"], minimum: 10 });
  for (const { part, images, perClass } of snapshot!.counts) {
    const inPart = report.groups.map(({ parts }) => parts[part]);
    expect(inPart.reduce((sum, { cases }) => sum + cases, 0)).toBe(images);
    expect(inPart.reduce((sum, { positives }) => sum + positives, 0)).toBe(perClass[report.positive]);
  }
  expect(report.leakage.find(({ kind }) => kind === "patient")).toMatchObject({ shared: 0, images: 0 });
});

test("a rule is live only once it was tested as it is, and then stands beside the suggestion and in the audit", async () => {
  const { client } = open;
  const [, opacity] = (await client.models.get({ id: modelId })).classes;
  const body = {
    name: "Adults",
    match: "all",
    conditions: [{ kind: "age", from: 18, below: null }],
    action: "refer",
  } as const;
  const {
    rule,
    live,
    test: untested,
  } = await client.rules.save({ modelId, rule: { ...body, conditions: [...body.conditions] } });
  expect([live, untested]).toEqual([false, null]);
  const on = () => client.rules.switch({ modelId, id: rule.id, live: true });
  await expect(on()).rejects.toMatchObject({ code: "rules/not-tested" });
  const report = await client.rules.test({ modelId, part: "validation" });
  expect(report.rules[0]!.test).toMatchObject({ caught: report.cases, undecided: 0, caughtErrors: report.errors });
  expect(report.left).toBe(0);
  expect((await on()).live).toBe(true);

  const { cases } = await client.models.evaluation({ modelId, part: "validation" });
  const { member } = (await client.projects.current())!;
  const list = await client.reading.create({
    ...{ name: "with rules", imageIds: [cases[0]!.imageId], readers: [member.id], modelId },
  });
  const [read] = await client.reading.mine({ listId: list.id });
  const { suggestion } = await client.reading.open({ readId: read!.id });
  expect(suggestion!.rules).toMatchObject({ outcome: "refer", rules: [{ name: "Adults", result: "caught" }] });

  const audit = await client.fairness.audit({ modelId, by: ["sex"], minimum: 10 });
  expect(audit.overall.rules).toMatchObject({ caught: [cases.length], left: 0, figures: null });

  // Another body is another rule: off, and to be tested again.
  const changed = await client.rules.save({
    modelId,
    id: rule.id,
    rule: { ...body, name: "Grown-ups", conditions: [...body.conditions] },
  });
  expect(changed).toMatchObject({ live: false, test: null });
  await expect(on()).rejects.toMatchObject({ code: "rules/not-tested" });
  const unknown = { ...body, conditions: [{ kind: "predicted" as const, class: `not ${opacity!.name}` }] };
  await expect(client.rules.save({ modelId, rule: unknown })).rejects.toThrow("Condition 1");
});

test("loupe audit rules lists them and tests them, and balance says who is in the snapshot", async () => {
  await open.client.projects.lock();
  const env = { LOUPE_PASSPHRASE: PASSPHRASE, LOUPE_PROJECT: open.project.path };
  const listed = await runLoupe(["audit", "rules"], { folder: open.folder, env });
  expect(listed.stdout).toMatch(/Grown-ups \(off\): if age is from 18, refer\n {2}not tested as it is now/);
  const balance = await runLoupe(["audit", "balance", "--by", "sex"], { folder: open.folder, env });
  expect(balance).toMatchObject({ code: 0, stdout: expect.stringMatching(/rate of .+\n {2}all +120 /) });
  const tested = await runLoupe(["audit", "rules", "--test"], { folder: open.folder, env });
  expect(tested).toMatchObject({ code: 0, stdout: expect.stringMatching(/catches \d+ of \d+ cases/) });
});

test("loupe audit fairness prints the groups, and says what they can go by", async () => {
  await open.client.projects.lock();
  const env = { LOUPE_PASSPHRASE: PASSPHRASE, LOUPE_PROJECT: open.project.path };
  const plain = await runLoupe(["audit", "fairness"], { folder: open.folder, env });
  expect(plain).toMatchObject({ code: 0, stdout: expect.stringContaining("--by sex") });
  const bySex = await runLoupe(["audit", "fairness", "--by", "sex", "--minimum", "10"], { folder: open.folder, env });
  expect(bySex.stdout).toMatch(/equalised odds difference: 0\.\d{3} \[/);
  const wrong = await runLoupe(["audit", "fairness", "--by", "shoe-size"], { folder: open.folder, env });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("shoe-size") });
});
