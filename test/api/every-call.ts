// Every call of the contract with an input that names one project's things: for tests that hold for all of them.
//
// The record of inputs is total: a new call without one does not compile.

import { isContractProcedure } from "@orpc/contract";
import type { Project } from "../../main/project/project.ts";
import type { CallName } from "../../preload/contract/access.ts";
import {
  contract,
  type Inputs,
  type Role,
  recipeSchema,
  type Studio,
  searchPlanSchema,
} from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import { addImages } from "../project/builder.ts";

export const ROLES: readonly Role[] = ["reader", "adjudicator", "analyst", "administrator"];

type InputAt<Name extends string, Of> = Name extends `${infer Group}.${infer Rest}`
  ? Group extends keyof Of
    ? InputAt<Rest, Of[Group]>
    : never
  : Name extends keyof Of
    ? Of[Name]
    : never;
type InputsByName = { [Name in CallName]: InputAt<Name, Inputs> };

/** Names of the contract's calls, read off the contract itself. */
export const CALLS: readonly CallName[] = namesIn(contract) as CallName[];

function namesIn(router: object): string[] {
  return Object.entries(router).flatMap(([name, value]) =>
    isContractProcedure(value) ? [name] : namesIn(value as object).map((rest) => `${name}.${rest}`),
  );
}

/** One call by its name. */
export async function ask(client: Studio, name: string, input: unknown): Promise<unknown> {
  const call = name.split(".").reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], client);
  return await (call as (input: unknown) => Promise<unknown>)(input);
}

/** Ids of the things of a project, for the inputs. */
export interface Things {
  readonly image: string;
  readonly classId: string;
  readonly question: string;
  readonly option: string;
  readonly attribute: string;
  readonly choice: string;
  readonly list: string;
  readonly read: string;
  readonly shape: string;
  readonly snapshot: string;
  readonly run: string;
  readonly search: string;
  readonly model: string;
  readonly job: string;
  readonly connection: string;
  readonly member: string;
}

export const RECIPE = recipeSchema.parse({
  architecture: "logistic",
  inputSize: 16,
  width: 8,
  epochs: 1,
  batchSize: 16,
  optimiser: "adam",
  learningRate: 0.001,
  weightDecay: 0,
  schedule: "cosine",
  balanced: true,
  augment: null,
  patience: null,
  seed: 1,
});

/** One trial of a recipe, which takes a second. */
export const planOf = (snapshotId: string) =>
  searchPlanSchema.parse({
    snapshotId,
    recipe: RECIPE,
    space: [{ name: "learningRate", kind: "float", low: 1e-4, high: 1e-2, log: true }],
    trials: 1,
  });

const BOX = { kind: "box", x: 2, y: 2, width: 4, height: 4 } as const;
export const shapeOn = (imageId: string, classId: string, id: string) => ({
  id,
  imageId,
  frame: 0,
  classId,
  geometry: BOX,
  attributes: {},
  track: null,
  source: null,
});

/** Puts one of everything into a project; its member reads the first of the images in a list. */
export function fill(project: Project): Things {
  const images = addImages(project, 40);
  project.labels.importClasses(
    images.map((imageId, index) => ({ imageId, className: index % 2 ? "normal" : "lesion" })),
  );
  const classId = project.labels.classes()[0]!.id;
  const option = { name: "certain", archived: false, key: null };
  const question = project.questions.save({
    name: "How sure",
    level: "image",
    kind: "single",
    options: [option, { ...option, name: "doubtful" }],
    required: false,
    help: "",
    archived: false,
  });
  const choice = { name: "round", archived: false };
  const attribute = project.attributes.save(classId, [
    {
      name: "Form",
      kind: "choice",
      options: [choice, { ...choice, name: "long" }],
      min: null,
      max: null,
      unit: "",
      archived: false,
    },
  ]).attributes[0]!;
  const shape = crypto.randomUUID();
  project.labels.apply([{ do: "put", shape: shapeOn(images[0]!, classId, shape) }], SHARED_LAYER);
  const split = { seed: 1, train: 0.7, validation: 0.15, useSuggestedParts: false };
  const snapshot = project.snapshots.create({ name: "first", ...split });
  const run = project.runs.create({ snapshotId: snapshot.id, recipe: RECIPE, name: "run", device: "cpu", threads: 1 });
  const search = project.searches.create({ name: "search", earlier: [], plan: planOf(snapshot.id) });
  project.searches.setState(search.id, { state: "interrupted", error: null });
  const model = project.models.add({
    runId: run.id,
    snapshotId: snapshot.id,
    kind: "trained",
    parentId: null,
    name: "model",
    onnx: Uint8Array.of(1, 2, 3),
    input: { size: 28, low: 0, high: 255 },
    classes: snapshot.classes,
    accepted: true,
  });
  const job = crypto.randomUUID();
  const now = new Date().toISOString();
  project.jobs.save({
    id: job,
    kind: "import",
    state: "done",
    subject: null,
    progress: { done: 1, total: 1, unit: "files", secondsLeft: null, note: "importing" },
    startedAt: now,
    finishedAt: now,
    error: null,
    result: null,
  });
  const connection = project.pacs.save({ ...ARCHIVE });
  const list = project.reading.create({
    name: "list",
    imageIds: images.slice(0, 2),
    readers: [project.member.id],
    readsPerCase: 1,
    blinded: false,
    commitFirst: false,
    modelId: null,
  });
  return {
    image: images[0]!,
    classId,
    question: question.id,
    option: question.options[0]!.id,
    attribute: attribute.id,
    choice: attribute.options[0]!.id,
    list: list.id,
    read: project.reading.mine(list.id)[0]!.id,
    shape,
    snapshot: snapshot.id,
    run: run.id,
    search: search.id,
    model: model.id,
    job,
    connection: connection.id,
    member: project.member.id,
  };
}

const ARCHIVE = {
  kind: "dimse",
  name: "archive",
  host: "127.0.0.1",
  port: 9,
  aeTitle: "ARCHIVE",
  callingAe: "LOUPE",
} as const;

/** `folder`: where a call would write or read files. */
export function inputsOf(of: Things, folder: string): InputsByName {
  const { image, classId, read, list, question, attribute, choice, option, model, snapshot } = of;
  const ids = { filter: { ids: [image] } };
  const layer = { layer: read };
  const questionInput = {
    id: question,
    name: "Other",
    level: "image",
    kind: "single",
    options: [] as [],
    required: false,
    help: "",
    archived: false,
  } as const;
  return {
    "app.info": undefined,
    "app.browse": { path: folder },
    "app.settings": undefined,
    "app.saveSettings": { idleLockMinutes: 60 },
    "app.events": undefined,
    "projects.recent": undefined,
    "projects.forget": { path: folder },
    "projects.create": { name: "New", folder, member: "Eve", passphrase: "a passphrase of Eve" },
    "projects.open": { path: folder, passphrase: "a passphrase of Eve" },
    "projects.recover": { path: folder, recoveryKey: "", passphrase: "a passphrase of Eve" },
    "projects.members": undefined,
    "projects.addMember": { name: "Eve", role: "administrator", passphrase: "a passphrase of Eve" },
    "projects.changePassphrase": { current: "not this one", next: "a passphrase of Eve" },
    "projects.lock": undefined,
    "projects.current": undefined,
    "projects.setRole": { id: of.member, role: "reader" },
    "projects.removeMember": { id: of.member },
    "projects.renewRecoveryKey": undefined,
    "projects.keyStore": undefined,
    "projects.rememberOnThisMachine": { passphrase: "not this one" },
    "projects.forgetOnThisMachine": undefined,
    "projects.openRemembered": { path: folder },
    "upkeep.restore": { backup: folder, passphrase: "a passphrase of Eve" },
    "upkeep.health": undefined,
    "upkeep.check": { mode: "quick" },
    "upkeep.backup": { folder },
    "upkeep.compact": undefined,
    "copies.give": {
      images: { by: "list", listId: list },
      name: "Part",
      folder: `${folder}/part`,
      member: "Eve",
      passphrase: "a passphrase of Eve",
    },
    "copies.take": { path: folder },
    "copies.merges": undefined,
    "copies.conflicts": {},
    "copies.choose": { id: read, choice: "ours" },
    "audit.list": {},
    "audit.members": undefined,
    "audit.state": undefined,
    "audit.labels": { sequence: 1 },
    "audit.printHead": undefined,
    "audit.checkHead": { text: "no head" },
    "audit.export": { format: "csv", folder: `${folder}/audit` },
    "compliance.report": { from: "2026-01-01T00:00:00.000Z", to: "2026-02-01T00:00:00.000Z" },
    "compliance.save": {
      from: "2026-01-01T00:00:00.000Z",
      to: "2026-02-01T00:00:00.000Z",
      format: "json",
      language: "en",
    },
    "images.importPath": { path: folder },
    "images.importSample": { images: 20 },
    "images.importFile": { name: "a.png", bytes: new File([Uint8Array.of(1)], "a.png") },
    "images.list": ids,
    "images.facets": undefined,
    "images.get": { id: image },
    "images.deidentification": { id: image },
    "images.lookForText": ids,
    "images.reviewText": { id: image, regions: [] },
    "images.stack": { id: image },
    "images.recordExport": { id: image, form: "explanation" },
    "labels.classes": undefined,
    "labels.saveClass": { id: classId, name: "renamed" },
    "labels.deleteClass": { id: classId },
    "labels.forImage": { imageId: image },
    "labels.forImages": { imageIds: [image] },
    "labels.apply": { ...layer, edits: [{ do: "class", imageId: image, classId }] },
    "labels.interpolate": { ...layer, imageId: image, frame: 0, of: { shapeId: of.shape } },
    "labels.undo": layer,
    "labels.redo": layer,
    "labels.history": layer,
    "labels.importCsv": { csv: "file,label\nnone.png,lesion\n" },
    "labelFiles.formats": undefined,
    "labelFiles.preview": { format: "csv", ...layer, ...ids },
    "labelFiles.export": { format: "csv", ...layer, ...ids, folder: `${folder}/labels` },
    "labelFiles.import": { format: "csv", path: `${folder}/none.csv` },
    "schema.questions": undefined,
    "schema.saveQuestion": questionInput,
    "schema.deleteQuestion": { id: question },
    "schema.orderQuestions": { ids: [question] },
    "schema.usage": { questionId: question },
    "schema.previewKind": { questionId: question, kind: "multi" },
    "schema.changeKind": { questionId: question, kind: "multi" },
    "schema.mergeOptions": { questionId: question, from: option, into: option },
    "schema.typed": { questionId: question },
    "schema.attributes": undefined,
    "schema.saveAttributes": { classId, attributes: [] },
    "schema.attributeUsage": { classId },
    "schema.previewAttributeKind": { classId, attributeId: attribute, kind: "text" },
    "schema.changeAttributeKind": { classId, attributeId: attribute, kind: "text" },
    "schema.mergeChoices": { classId, attributeId: attribute, from: choice, into: choice },
    "reading.lists": undefined,
    "reading.create": { name: "other", imageIds: [image], readers: [of.member] },
    "reading.remove": { id: list },
    "reading.mine": { listId: list },
    "reading.open": { readId: read },
    "reading.commit": { readId: read },
    "reading.cases": { listId: list },
    "reading.adjudicate": { listId: list, position: 0, readId: read },
    "reading.takeBack": { listId: list, position: 0 },
    "reading.queue": { name: "queue", strategy: "entropy", modelIds: [model], count: 2, readers: [of.member] },
    "reading.activeCurve": undefined,
    "reading.agreement": { listId: list },
    "snapshots.list": undefined,
    "snapshots.get": { id: snapshot },
    "snapshots.create": { name: "second" },
    "runs.describe": { id: of.run, name: "described", notes: "", tags: [] },
    "runs.reproduce": { id: of.run },
    "runs.recipes": { snapshotId: snapshot },
    "runs.preview": { snapshotId: snapshot, recipe: RECIPE, seed: 1 },
    "runs.devices": undefined,
    "runs.start": { snapshotId: snapshot, recipe: RECIPE },
    "runs.resume": { id: of.run },
    "runs.cancel": { id: of.run },
    "runs.list": undefined,
    "runs.get": { id: of.run },
    "runs.points": { id: of.run },
    "searches.suggest": { snapshotId: snapshot },
    "searches.start": { name: "another", plan: planOf(snapshot) },
    "searches.resume": { id: of.search },
    "searches.cancel": { id: of.search },
    "searches.list": undefined,
    "searches.get": { id: of.search },
    "searches.importance": { id: of.search },
    "models.list": undefined,
    "models.get": { id: model },
    "models.starting": undefined,
    "comparison.export": { runIds: [of.run], format: "csv", folder: `${folder}/runs` },
    "comparison.reportPage": { modelIds: [model] },
    "comparison.report": { modelIds: [model], folder, name: "report" },
    "models.card": { modelId: model },
    "models.saveCard": { modelId: model, card: { intendedUse: "teaching" } },
    "comparison.notebookLeaving": { modelId: model },
    "comparison.notebook": { modelId: model, folder, name: "notebook" },
    "comparison.curves": { metric: "loss", part: "train" },
    "comparison.models": { modelIds: [model, "none"], part: "test" },
    "rules.list": { modelId: model },
    "fairness.balance": { snapshotId: snapshot, by: ["sex"] },
    "rules.save": {
      modelId: model,
      rule: { name: "Sure", match: "all", conditions: [{ kind: "unsure", below: 0.7 }], action: "warn" },
    },
    "rules.remove": { modelId: model, id: "none" },
    "rules.test": { modelId: model },
    "rules.switch": { modelId: model, id: "none", live: true },
    "fairness.audit": { modelId: model, part: "test", by: ["sex"] },
    "models.importStarting": { path: `${folder}/none.onnx` },
    "models.evaluation": { modelId: model },
    "explanations.map": { modelId: model, imageId: image, method: "grad-cam" },
    "explanations.check": { modelId: model, imageId: image, method: "grad-cam" },
    "explanations.nearest": { modelId: model, imageId: image },
    "explanations.checkOfFile": { path: "/nowhere/model.onnx", imageId: image, method: "grad-cam" },
    "explanations.ofFile": { path: "/nowhere/model.onnx", imageId: image, method: "grad-cam" },
    "explanations.overPart": { modelId: model, methods: ["grad-cam"] },
    "explanations.report": { modelId: model, part: "test" },
    "models.compress": { modelId: model },
    "models.compressionReport": { modelId: model },
    "models.compressions": { modelId: model },
    "models.export": { modelId: model, folder, name: "model" },
    "models.save": { modelId: model, format: "onnx", folder, name: "model" },
    "models.exports": undefined,
    "pacs.connections.list": undefined,
    "pacs.connections.save": { ...ARCHIVE, id: of.connection },
    "pacs.connections.remove": { id: of.connection },
    "pacs.echo": { id: of.connection },
    "pacs.search": { id: of.connection, level: "study" },
    "pacs.retrieve": { id: of.connection, wanted: [{ study: "1.2.3" }] },
    "pacs.node.status": undefined,
    "pacs.node.start": { aeTitle: "LOUPE", port: 11_112, reach: "machine", onlyKnown: true },
    "pacs.node.stop": undefined,
    "jobs.list": undefined,
    "jobs.get": { id: of.job },
    "jobs.cancel": { id: of.job },
  };
}
