// Every call that changes something leaves an entry in the audit log, in the transaction of its change.
//
// The record has a row for every call of the table of roles (preload/contract/access.ts), so a new call without one does not compile. Rows run in
// their order, by one administrator in one real studio: each finds what the rows before it made.

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { openProject } from "../../main/project/project.ts";
import type { CallName } from "../../preload/contract/access.ts";
import type { AuditAction, BackupReport, Job, Studio } from "../../preload/contract/index.ts";
import { ask, CALLS, inputsOf, planOf, RECIPE, shapeOn, type Things } from "./every-call.ts";
import { ended, openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

/** Changes something: what it notes at least, and how it is asked. */
interface Change {
  readonly notes: readonly AuditAction[];
  readonly by: (client: Studio) => Promise<unknown>;
}
/** `reads`: leaves the project as it is, and the log too. A sentence: why the call is not asked here. */
type Row = "reads" | Change | `not here: ${string}`;

const BO = { name: "Bo", role: "reader", passphrase: "Bo says friend" } as const;
const BACK = `${PASSPHRASE} again`;
const OPTIONS = [
  { name: "certain", archived: false, key: null },
  { name: "doubtful", archived: false, key: null },
];
const QUESTION = { level: "image", kind: "single", required: false, help: "", archived: false } as const;
const ATTRIBUTE = { kind: "choice", min: null, max: null, unit: "", archived: false } as const;
const CHOICES = [
  { name: "round", archived: false },
  { name: "long", archived: false },
];

let opened: TestStudio;
let path: string;
let recoveryKey: string;
let passphrase = PASSPHRASE;
/** What rows made, for those after them. */
const made: Record<string, string> = {};
const folderOf = (name: string) => join(opened.folder, name);

const picture = (value: number) =>
  encodePng({ rows: 24, columns: 32, samples: 1, values: new Uint8Array(24 * 32).map((_, i) => (i * value) % 251) });
const done = async (client: Studio, job: Pick<Job, "id">) => {
  const end = await ended(client, job);
  expect(end).toMatchObject({ state: "done", error: null });
  return end;
};
/** A port that nobody listens at. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
const enter = (client: Studio) => client.projects.open({ path, passphrase, member: "Ada" });

beforeAll(async () => {
  opened = await openStudio({
    keyStore: { protect: async (bytes) => Uint8Array.from(bytes), reveal: async (bytes) => Uint8Array.from(bytes) },
  });
  path = opened.project.path;
});
afterAll(() => opened.close());

const CALL: Record<CallName, Row> = {
  "images.importSample": {
    notes: ["job/state", "image/import", "class/save"],
    by: async (client) => {
      await done(client, await client.images.importSample({ images: 40, seed: 5 }));
      const { items } = await client.images.list({});
      Object.assign(made, { image: items[0]!.id, other: items[1]!.id });
      made.classId = (await client.labels.classes())[0]!.id;
    },
  },
  "images.importPath": {
    notes: ["job/state", "image/import"],
    by: async (client) => {
      mkdirSync(folderOf("pictures"));
      for (const [index, name] of ["a.png", "b.png"].entries()) {
        writeFileSync(join(folderOf("pictures"), name), picture(index + 3));
      }
      await done(client, await client.images.importPath({ path: folderOf("pictures"), labels: "none" }));
    },
  },
  "images.importFile": {
    notes: ["image/import"],
    by: (client) =>
      client.images.importFile({ name: "c.png", bytes: new File([Buffer.from(picture(7))], "c.png"), labels: "none" }),
  },
  "images.lookForText": {
    notes: ["image/text-look"],
    by: async (client) => done(client, await client.images.lookForText({ filter: { ids: [made.image!] } })),
  },
  "images.reviewText": {
    notes: ["image/text-review"],
    by: (client) => client.images.reviewText({ id: made.image!, regions: [] }),
  },
  "images.recordExport": {
    notes: ["image/export"],
    by: (client) => client.images.recordExport({ id: made.image!, form: "explanation" }),
  },
  "images.list": "reads",
  "images.facets": "reads",
  "images.get": "reads",
  "images.stack": "reads",
  "images.deidentification": "reads",

  "labels.saveClass": {
    notes: ["class/save"],
    by: async (client) => {
      made.newClass = (await client.labels.saveClass({ name: "new" })).id;
    },
  },
  "labels.deleteClass": { notes: ["class/delete"], by: (client) => client.labels.deleteClass({ id: made.newClass! }) },
  "labels.importCsv": {
    notes: ["label/import"],
    by: async (client) => {
      const { labelled } = await client.labels.importCsv({ csv: "file,label\na.png,lesion\n" });
      expect(labelled).toBe(1);
    },
  },
  "labels.apply": {
    notes: ["label/edit"],
    by: (client) => {
      made.shape = crypto.randomUUID();
      const shape = shapeOn(made.image!, made.classId!, made.shape);
      return client.labels.apply({ edits: [{ do: "put", shape }] });
    },
  },
  "labels.undo": { notes: ["label/undo"], by: (client) => client.labels.undo({}) },
  "labels.redo": { notes: ["label/redo"], by: (client) => client.labels.redo({}) },
  "labels.interpolate": "not here: needs masks on a series (interpolation.test.ts) and writes as labels.apply does",
  "labels.classes": "reads",
  "labels.forImage": "reads",
  "labels.forImages": "reads",
  "labels.history": "reads",
  "labelFiles.formats": "reads",
  "labelFiles.preview": "reads",
  "labelFiles.export": {
    notes: ["label/export"],
    by: async (client) => done(client, await client.labelFiles.export({ format: "csv", folder: folderOf("labels") })),
  },
  "labelFiles.import": {
    notes: ["label/import"],
    by: async (client) => {
      writeFileSync(folderOf("more.csv"), "file,label\nb.png,lesion\n");
      await done(client, await client.labelFiles.import({ format: "csv", path: folderOf("more.csv") }));
    },
  },

  "schema.saveQuestion": {
    notes: ["question/save"],
    by: async (client) => {
      const { id, options } = await client.schema.saveQuestion({ name: "How sure", ...QUESTION, options: OPTIONS });
      Object.assign(made, { question: id, from: options[0]!.id, into: options[1]!.id });
      made.spare = (await client.schema.saveQuestion({ name: "Spare", ...QUESTION, options: OPTIONS })).id;
    },
  },
  "schema.orderQuestions": {
    notes: ["question/order"],
    by: (client) => client.schema.orderQuestions({ ids: [made.spare!, made.question!] }),
  },
  "schema.changeKind": {
    notes: ["question/kind"],
    by: (client) => client.schema.changeKind({ questionId: made.question!, kind: "multi" }),
  },
  "schema.mergeOptions": {
    notes: ["schema/merge"],
    by: (client) => client.schema.mergeOptions({ questionId: made.question!, from: made.from!, into: made.into! }),
  },
  "schema.deleteQuestion": {
    notes: ["question/delete"],
    by: (client) => client.schema.deleteQuestion({ id: made.spare! }),
  },
  "schema.saveAttributes": {
    notes: ["class/attributes"],
    by: async (client) => {
      const attributes = [{ name: "Form", ...ATTRIBUTE, options: CHOICES }];
      const saved = await client.schema.saveAttributes({ classId: made.classId!, attributes });
      const { id, options } = saved.attributes[0]!;
      Object.assign(made, { attribute: id, round: options[0]!.id, long: options[1]!.id });
    },
  },
  "schema.mergeChoices": {
    notes: ["schema/merge"],
    by: (client) =>
      client.schema.mergeChoices({
        ...{ classId: made.classId!, attributeId: made.attribute! },
        ...{ from: made.round!, into: made.long! },
      }),
  },
  "schema.changeAttributeKind": {
    notes: ["class/attributes"],
    by: (client) =>
      client.schema.changeAttributeKind({ classId: made.classId!, attributeId: made.attribute!, kind: "text" }),
  },
  "schema.questions": "reads",
  "schema.attributes": "reads",
  "schema.typed": "reads",
  "schema.usage": "reads",
  "schema.previewKind": "reads",
  "schema.attributeUsage": "reads",
  "schema.previewAttributeKind": "reads",

  "snapshots.create": {
    notes: ["snapshot/create"],
    by: async (client) => {
      made.snapshot = (await client.snapshots.create({ name: "first", useSuggestedParts: false })).id;
    },
  },
  "snapshots.list": "reads",
  "snapshots.get": "reads",

  "reading.create": {
    notes: ["reading/create"],
    by: async (client) => {
      const { member } = opened.project;
      const cases = { imageIds: [made.image!, made.other!], readers: [member.id] };
      made.list = (await client.reading.create({ name: "list", ...cases })).id;
      made.read = (await client.reading.mine({ listId: made.list }))[0]!.id;
    },
  },
  "reading.open": { notes: ["reading/open"], by: (client) => client.reading.open({ readId: made.read! }) },
  "reading.commit": {
    notes: ["reading/commit"],
    by: async (client) => {
      const [read] = await client.reading.mine({ listId: made.list! });
      const edits = [{ do: "class", imageId: read!.imageId, classId: made.classId! } as const];
      await client.labels.apply({ layer: read!.layer, edits });
      await client.reading.commit({ readId: made.read! });
    },
  },
  "reading.adjudicate": {
    notes: ["reading/adjudicate"],
    by: (client) => client.reading.adjudicate({ listId: made.list!, position: 0, readId: made.read! }),
  },
  "reading.takeBack": {
    notes: ["reading/take-back"],
    by: (client) => client.reading.takeBack({ listId: made.list!, position: 0 }),
  },
  "reading.lists": "reads",
  "reading.mine": "reads",
  "reading.cases": "reads",
  "reading.agreement": "reads",
  "reading.activeCurve": "reads",
  "reading.remove": { notes: ["reading/remove"], by: (client) => client.reading.remove({ id: made.list! }) },

  "runs.start": {
    notes: ["run/create", "run/state", "job/state", "model/add"],
    by: async (client) => {
      const { run, job } = await client.runs.start({ snapshotId: made.snapshot!, recipe: RECIPE });
      await done(client, job);
      made.model = (await client.runs.get({ id: run.id })).modelId!;
    },
  },
  "runs.cancel": {
    notes: ["run/state", "job/state"],
    by: async (client) => {
      const recipe = { ...RECIPE, epochs: 200 };
      const { run, job } = await client.runs.start({ snapshotId: made.snapshot!, recipe });
      await client.runs.cancel({ id: run.id });
      expect((await ended(client, job)).state).toBe("cancelled");
      made.run = run.id;
    },
  },
  "runs.resume": {
    notes: ["run/state", "job/state"],
    by: async (client) => {
      const { job } = await client.runs.resume({ id: made.run! });
      await client.runs.cancel({ id: made.run! });
      await ended(client, job);
    },
  },
  "runs.reproduce": {
    notes: ["run/create", "run/state", "job/state"],
    by: async (client) => {
      const { run, job } = await client.runs.reproduce({ id: made.run! });
      const { recipe, snapshotId, device, threads, name } = await client.runs.get({ id: made.run! });
      expect(run).toMatchObject({ recipe, snapshotId, device, threads, name: `${name} (2)` });
      await client.runs.cancel({ id: run.id });
      await ended(client, job);
    },
  },
  "runs.describe": {
    notes: ["run/describe"],
    by: (client) => client.runs.describe({ id: made.run!, name: "described", notes: "Slow.", tags: ["first"] }),
  },
  "runs.list": "reads",
  "runs.get": "reads",
  "runs.points": "reads",
  "runs.devices": "reads",
  "runs.recipes": "reads",
  "runs.preview": "reads",

  "models.evaluation": {
    notes: ["model/evaluate"],
    by: (client) => client.models.evaluation({ modelId: made.model!, part: "train" }),
  },
  "models.compress": {
    notes: ["model/compress", "job/state"],
    by: async (client) => done(client, await client.models.compress({ modelId: made.model! })),
  },
  "fairness.audit": {
    notes: ["model/evaluate"],
    by: async (client) => {
      const compressed = (await client.models.list()).find(({ id }) => id !== made.model)!;
      await client.fairness.audit({ modelId: compressed.id, part: "test", by: ["sex"] });
    },
  },
  "rules.save": {
    notes: ["rule/save"],
    by: async (client) => {
      const conditions = [{ kind: "age" as const, from: null, below: 16 }];
      const rule = { name: "Children", match: "all" as const, conditions, action: "refer" as const };
      made.rule = (await client.rules.save({ modelId: made.model!, rule })).rule.id;
    },
  },
  "rules.test": { notes: ["rule/test"], by: (client) => client.rules.test({ modelId: made.model!, part: "test" }) },
  "rules.switch": {
    notes: ["rule/switch"],
    by: (client) => client.rules.switch({ modelId: made.model!, id: made.rule!, live: true }),
  },
  "rules.list": "reads",
  "fairness.balance": "reads",
  "rules.remove": {
    notes: ["rule/remove"],
    by: (client) => client.rules.remove({ modelId: made.model!, id: made.rule! }),
  },
  "comparison.curves": "reads",
  "comparison.export": {
    notes: ["run/export", "job/state"],
    by: async (client) => {
      const input = { runIds: [made.run!], folder: folderOf("runs") };
      for (const format of ["tensorboard", "csv", "mlflow"] as const) {
        await done(client, await client.comparison.export({ ...input, format, name: format }));
      }
      const columns = readFileSync(join(folderOf("runs"), "csv", "runs.csv"), "utf8")
        .split("\r\n")[0]!
        .split(",");
      expect(columns).toContain("recipe.learningRate");
      const [own] = readdirSync(join(folderOf("runs"), "tensorboard"));
      expect(readdirSync(join(folderOf("runs"), "tensorboard", own!))[0]).toMatch(
        /^events\.out\.tfevents\.\d+\.loupe$/,
      );
    },
  },
  "models.card": "reads",
  "models.saveCard": {
    notes: ["model/card"],
    by: (client) => client.models.saveCard({ modelId: made.model!, card: { intendedUse: "Teaching <readers>" } }),
  },
  "comparison.reportPage": {
    notes: ["model/evaluate"],
    by: async (client) => {
      // The models so far have been judged on every part.
      const known = new Set((await client.models.list()).map(({ id }) => id));
      await done(client, await client.models.compress({ modelId: made.model! }));
      const compressed = (await client.models.list()).find(({ id }) => !known.has(id))!;
      await client.comparison.reportPage({ modelIds: [compressed.id], part: "train" });
    },
  },
  "comparison.report": {
    notes: ["model/report", "job/state"],
    by: async (client) => {
      const input = { modelIds: [made.model!], folder: opened.folder, name: "report" };
      await done(client, await client.comparison.report(input));
      expect(readFileSync(folderOf("report.html"), "utf8")).toContain("Teaching &lt;readers&gt;");
    },
  },
  "comparison.notebookLeaving": "reads",
  "comparison.notebook": {
    notes: ["model/notebook", "job/state"],
    by: async (client) => {
      const input = { modelId: made.model!, folder: opened.folder, name: "notebook", images: 3 };
      await done(client, await client.comparison.notebook(input));
      expect(readdirSync(folderOf("notebook")).sort()).toEqual([
        "about.json",
        "cases.csv",
        "images.npy",
        "loupe_onnx.py",
        "model.onnx",
        "notebook.ipynb",
      ]);
    },
  },
  "comparison.models": {
    notes: ["model/evaluate"],
    by: async (client) => {
      const modelIds = (await client.models.list()).map(({ id }) => id);
      await client.comparison.models({ modelIds, part: "train" });
    },
  },
  "searches.start": {
    notes: ["search/create", "search/state", "run/create", "run/state", "job/state", "model/add"],
    by: async (client) => {
      const { search, job } = await client.searches.start({ name: "audited", plan: planOf(made.snapshot!) });
      await done(client, job);
      made.search = search.id;
    },
  },
  "searches.resume": {
    notes: ["search/extend", "search/state", "run/create", "job/state"],
    by: async (client) => {
      const { job } = await client.searches.resume({ id: made.search!, trials: 2 });
      await done(client, job);
    },
  },
  "searches.cancel": {
    notes: ["search/create", "search/state", "job/state"],
    by: async (client) => {
      const plan = { ...planOf(made.snapshot!), trials: 500 };
      const { search, job } = await client.searches.start({ name: "cancelled", plan });
      await client.searches.cancel({ id: search.id });
      expect((await ended(client, job)).state).toBe("cancelled");
    },
  },
  "searches.suggest": "reads",
  "searches.list": "reads",
  "searches.get": "reads",
  "searches.importance": "reads",
  "models.save": {
    notes: ["model/save"],
    by: (client) => client.models.save({ modelId: made.model!, format: "onnx", folder: opened.folder, name: "model" }),
  },
  "models.export":
    "not here: needs the base layer of a container image; test/shipping and test/e2e/journey.test.ts make one",
  "models.importStarting": "not here: needs a network from elsewhere; test/jobs/starting.test.ts brings one in",
  "models.list": "reads",
  "models.get": "reads",
  "models.starting": "reads",
  "explanations.map": "reads",
  "explanations.check": {
    notes: ["job/state"],
    by: async (client) => {
      const { items } = await client.images.list({});
      const asked = { modelId: made.model!, imageId: items[0]!.id, method: "input-gradient" } as const;
      await done(client, await client.explanations.check(asked));
    },
  },
  "explanations.nearest": {
    notes: ["job/state"],
    by: async (client) => {
      const { items } = await client.images.list({});
      const job = await done(
        client,
        await client.explanations.nearest({ modelId: made.model!, imageId: items[0]!.id }),
      );
      expect((job.result as { neighbours: unknown[] }).neighbours.length).toBeGreaterThan(0);
    },
  },
  "explanations.ofFile": "reads",
  "explanations.checkOfFile":
    "not here: needs a model in a file; test/explanation/file-model.test.ts and test/e2e/explain.test.ts open one",
  "explanations.overPart": {
    notes: ["model/explain", "job/state"],
    by: async (client) => {
      const asked = { modelId: made.model!, part: "train", methods: ["input-gradient", "occlusion"] } as const;
      await done(client, await client.explanations.overPart({ ...asked, methods: [...asked.methods], limit: 4 }));
    },
  },
  "explanations.report": "reads",
  "models.compressionReport": "reads",
  "models.compressions": "reads",
  "models.exports": "reads",
  "reading.queue": {
    notes: ["queue/create", "reading/create"],
    by: async (client) => {
      const { items } = await client.images.list({ limit: 24 });
      await client.labels.apply({ edits: items.map(({ id }) => ({ do: "class", imageId: id, classId: null })) });
      const asked = { name: "Queue", strategy: "diversity", count: 20, randomShare: 0.5, seed: 9 } as const;
      const readers = [opened.project.member.id];
      const job = await done(client, await client.reading.queue({ ...asked, modelIds: [made.model!], readers }));
      // Its cases are to be read blindly, and rows after this look at them.
      await client.reading.remove({ id: (job.result as { listId: string }).listId });
    },
  },

  "pacs.connections.save": {
    notes: ["pacs/save"],
    by: async (client) => {
      const at = { host: "127.0.0.1", port: await freePort(), aeTitle: "ARCHIVE", callingAe: "LOUPE" };
      made.connection = (await client.pacs.connections.save({ kind: "dimse", name: "archive", ...at })).id;
    },
  },
  // Nobody is there; that it was asked is noted before.
  "pacs.echo": {
    notes: ["network/echo"],
    by: (client) => expect(client.pacs.echo({ id: made.connection! })).rejects.toThrow(),
  },
  "pacs.search": {
    notes: ["network/search"],
    by: (client) => expect(client.pacs.search({ id: made.connection!, level: "study" })).rejects.toThrow(),
  },
  "pacs.retrieve": {
    notes: ["network/retrieve", "job/state"],
    by: async (client) =>
      ended(client, await client.pacs.retrieve({ id: made.connection!, wanted: [{ study: "1.2.3" }] })),
  },
  "pacs.connections.remove": {
    notes: ["pacs/remove"],
    by: (client) => client.pacs.connections.remove({ id: made.connection! }),
  },
  "pacs.node.start": {
    notes: ["network/listen", "job/state"],
    by: async (client) =>
      client.pacs.node.start({ aeTitle: "LOUPE", port: await freePort(), reach: "machine", onlyKnown: true }),
  },
  "pacs.node.stop": {
    notes: ["network/stop", "job/state"],
    by: async (client) => {
      const { job } = await client.pacs.node.stop();
      await ended(client, job!);
    },
  },
  "pacs.connections.list": "reads",
  "pacs.node.status": "reads",

  "jobs.cancel": {
    notes: ["job/state"],
    by: async (client) => {
      const job = await client.images.importSample({ images: 2000, seed: 6 });
      await client.jobs.cancel({ id: job.id });
      await ended(client, job);
    },
  },
  "jobs.list": "reads",
  "jobs.get": "reads",

  "copies.give": {
    notes: ["part/give", "job/state"],
    by: async (client) => {
      const images = { by: "filter" as const, filter: { ids: [made.image!] } };
      const to = { name: "Part", folder: folderOf("part"), member: "Eve", passphrase: "Eve says friend" };
      await done(client, (await client.copies.give({ images, ...to })).job);
    },
  },
  "copies.take": {
    notes: ["merge/audit", "merge/labels", "merge/done"],
    by: async (client) => {
      const copy = folderOf("copy/Chest.loupe");
      await client.projects.lock();
      cpSync(path, copy, { recursive: true });
      const theirs = await openProject({ path: copy, passphrase });
      theirs.labels.apply([{ do: "class", imageId: made.image!, classId: made.classId! }]);
      theirs.close();
      await enter(client);
      const other = (await client.labels.classes()).find(({ id }) => id !== made.classId);
      await client.labels.apply({ edits: [{ do: "class", imageId: made.image!, classId: other!.id }] });
      await done(client, await client.copies.take({ path: copy }));
    },
  },
  "copies.choose": {
    notes: ["merge/choose"],
    by: async (client) => {
      const { items } = await client.copies.conflicts({});
      await client.copies.choose({ id: items[0]!.id, choice: "theirs" });
    },
  },
  "copies.merges": "reads",
  "copies.conflicts": "reads",

  "audit.printHead": { notes: ["audit/print"], by: (client) => client.audit.printHead() },
  "audit.export": {
    notes: ["audit/export"],
    by: async (client) => done(client, await client.audit.export({ format: "json", folder: folderOf("log") })),
  },
  "audit.list": "reads",
  "audit.members": "reads",
  "audit.state": "reads",
  "audit.labels": "reads",
  "audit.checkHead": "reads",
  "compliance.save": {
    notes: ["compliance/save"],
    by: (client) =>
      client.compliance.save({
        ...{ from: "2026-01-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z" },
        ...{ format: "json", language: "en", folder: folderOf("report") },
      }),
  },
  "compliance.report": "reads",

  "upkeep.check": {
    notes: ["project/check"],
    by: async (client) => done(client, await client.upkeep.check({ mode: "quick" })),
  },
  "upkeep.compact": {
    notes: ["project/compact"],
    by: async (client) => done(client, await client.upkeep.compact()),
  },
  "upkeep.backup": {
    notes: ["backup/make"],
    by: async (client) => {
      const { result } = await done(client, await client.upkeep.backup({ folder: folderOf("backups") }));
      made.backup = (result as BackupReport).path;
    },
  },
  "upkeep.restore": {
    notes: ["backup/restore", "project/open"],
    by: async (client) => {
      const input = { backup: made.backup!, folder: folderOf("restored"), passphrase };
      for await (const event of await client.upkeep.restore(input)) made.restored = event.type;
    },
  },
  "upkeep.health": "reads",

  "app.saveSettings": { notes: ["settings/save"], by: (client) => client.app.saveSettings({ idleLockMinutes: 30 }) },
  "app.info": "reads",
  "app.browse": "reads",
  "app.settings": "reads",
  "app.events": "not here: a stream that says what others changed",

  "projects.addMember": {
    notes: ["member/add"],
    by: async (client) => {
      made.member = (await client.projects.addMember(BO)).id;
    },
  },
  "projects.setRole": {
    notes: ["member/role"],
    by: (client) => client.projects.setRole({ id: made.member!, role: "analyst" }),
  },
  "projects.changePassphrase": {
    notes: ["passphrase/change"],
    by: async (client) => {
      await client.projects.changePassphrase({ current: passphrase, next: BACK });
      passphrase = BACK;
    },
  },
  "projects.rememberOnThisMachine": {
    notes: ["passphrase/remember"],
    by: (client) => client.projects.rememberOnThisMachine({ passphrase }),
  },
  "projects.openRemembered": {
    notes: ["project/lock", "project/open"],
    by: async (client) => {
      await client.projects.lock();
      await client.projects.openRemembered({ path });
    },
  },
  "projects.forgetOnThisMachine": {
    notes: ["passphrase/forget"],
    by: (client) => client.projects.forgetOnThisMachine(),
  },
  "projects.removeMember": {
    notes: ["member/remove", "project/rekey"],
    by: (client) => client.projects.removeMember({ id: made.member! }),
  },
  "projects.renewRecoveryKey": {
    notes: ["project/rekey"],
    by: async (client) => {
      ({ recoveryKey } = await client.projects.renewRecoveryKey());
    },
  },
  "projects.lock": {
    notes: ["project/lock"],
    by: async (client) => {
      await client.projects.lock();
      await enter(client);
    },
  },
  "projects.open": { notes: ["project/lock", "project/open"], by: enter },
  "projects.recover": {
    notes: ["project/lock", "passphrase/recover", "project/open"],
    by: async (client) => {
      await client.projects.recover({ path, recoveryKey, passphrase: PASSPHRASE });
      passphrase = PASSPHRASE;
    },
  },
  "projects.create": {
    notes: ["project/create", "project/open"],
    by: (client) => client.projects.create({ name: "Second", member: "Ada", passphrase: PASSPHRASE }),
  },
  "projects.recent": "reads",
  "projects.keyStore": "reads",
  "projects.members": "reads",
  "projects.current": "reads",
  "projects.forget": "not here: takes a line out of this machine's list; no project changes",
};

const rows = Object.entries(CALL) as [CallName, Row][];
const isChange = (row: Row): row is Change => typeof row !== "string";

/** Entries that are in the open project's log and were not: all of them, where another project is open now. */
async function newEntries(client: Studio, by: () => Promise<unknown>): Promise<string[]> {
  const ofNow = async () => ({
    in: (await client.projects.current())!.path,
    ...(await client.audit.list({ limit: 500 })),
  });
  const before = await ofNow();
  await by();
  const after = await ofNow();
  const entries = after.in === before.in ? after.entries.slice(0, after.total - before.total) : after.entries;
  return entries.map(({ action }) => action);
}

describe("a call that changes something notes it", () => {
  test.each(rows.filter(([, row]) => isChange(row)))("%s", async (_, row) => {
    const { client } = opened;
    if (!isChange(row)) return;
    const noted = await newEntries(client, () => row.by(client));
    for (const action of row.notes) expect(noted).toContain(action);
    if ((await client.projects.current())!.path !== path) await enter(client);
  });

  test("and the chain over all of it holds", async () => {
    expect(await opened.client.audit.state()).toMatchObject({ intact: true, broken: null });
  });
});

describe("a call that only looks", () => {
  test("leaves the log as it is, whether it finds what it asks for or not", async () => {
    const { client, folder } = opened;
    const { image, classId, model, snapshot, run, shape } = made as Record<string, string>;
    const asked = { image, classId, model, snapshot, run, shape } as Partial<Things> as Things;
    const inputs = inputsOf(asked, folder);
    const looking = rows.filter(([, row]) => row === "reads").map(([name]) => name);
    expect(looking.length).toBeGreaterThan(40);
    const noted = await newEntries(client, async () => {
      for (const name of looking) await ask(client, name, inputs[name]).catch(() => {});
    });
    expect(noted).toEqual([]);
  });
});

test("every call of the contract is in one of the three", () => {
  expect(rows.map(([name]) => name).toSorted()).toEqual([...CALLS].toSorted());
  const left = rows.filter(([, row]) => typeof row === "string" && row !== "reads").map(([name]) => name);
  expect(left).toEqual([
    "labels.interpolate",
    "models.export",
    "models.importStarting",
    "explanations.checkOfFile",
    "app.events",
    "projects.forget",
  ]);
});
