// Files with a patient in their tags, their name, their folder and their archive come in without, or are refused.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { type AttributeValue, writeDicom } from "../../main/imaging/dicom/write.ts";
import { importFile, importPath } from "../../main/jobs/tasks/import.ts";
import { ProjectDatabase } from "../../main/project/database.ts";
import { openProject, type Project } from "../../main/project/project.ts";
import { DEFAULT_DEIDENTIFY, type Deidentify } from "../../preload/contract/index.ts";
import { bytesOf, greyAttributes, ramp } from "../imaging/pictures.ts";
import { closing, newProject, PASSPHRASE, temporaryFolder } from "../project/builder.ts";

const SURNAME = "Wrzesniewska";
const NUMBER = "70391824";
const AS_IT_IS: Deidentify = { profile: "none", options: [] };

function file(instance: number, more: Record<string, AttributeValue> = {}): Uint8Array {
  const attributes = greyAttributes({
    PatientName: `${SURNAME}^Bozydara`,
    PatientID: NUMBER,
    PatientBirthDate: "19510203",
    PatientAge: "073Y",
    StudyDate: "20240131",
    StudyInstanceUID: "1.2.77.1",
    SeriesInstanceUID: "1.2.77.1.1",
    SOPInstanceUID: `1.2.77.1.1.${instance}`,
    Modality: "CT",
    SeriesNumber: 3,
    InstanceNumber: instance,
    SeriesDescription: `Chest lung ${SURNAME}`,
    ...more,
  });
  return writeDicom({ attributes, pixelData: bytesOf(ramp(16).map((value) => value ^ instance)) });
}

const contextOf = (project: Project) => ({
  project,
  signal: new AbortController().signal,
  progress() {},
  points() {},
  changed() {},
});

function importInto(project: Project, path: string, deidentify: Deidentify, labels: "none" | "folders" = "none") {
  return importPath({ kind: "import", path, labels, deidentify }, contextOf(project));
}

/** Everything in every row of the project, as text. */
function everyRow(project: Project): string {
  const database = new ProjectDatabase(join(project.path, "project.db"), project.key, { create: false });
  try {
    const tables = database.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'");
    const rows = tables.flatMap(({ name }) => database.all<Record<string, unknown>>(`SELECT * FROM "${name}"`));
    return rows
      .flatMap((row) => Object.values(row))
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)))
      .join("\n");
  } finally {
    database.close();
  }
}

const list = (project: Project) => project.images.list({}, "name", 0, 100).items;

test("nothing of a patient in tags, file name, folder and archive reaches a row of the project", async () => {
  const { project } = await newProject();
  const root = join(temporaryFolder(), "studies");
  const folder = join(root, `${SURNAME} ${NUMBER}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${SURNAME}_10.dcm`), file(10));
  writeFileSync(join(folder, `${SURNAME}_2.dcm`), file(2));
  writeFileSync(
    join(root, `${NUMBER}.zip`),
    zipSync({ [`${SURNAME}/a.dcm`]: file(3), [`${NUMBER}.txt`]: Uint8Array.of(1) }),
  );
  writeFileSync(join(root, `${SURNAME}.txt`), "no image");

  const report = await importInto(project, root, DEFAULT_DEIDENTIFY);
  expect(report).toMatchObject({ imported: 3, deidentified: 3 });
  expect(report.actions.replaced).toBeGreaterThan(0);
  expect(JSON.stringify(report)).not.toMatch(new RegExp(`${SURNAME}|${NUMBER}`, "i"));
  expect(report.refused.map(({ file: name }) => name)).toEqual(["file 1", "file 4"]);
  expect(everyRow(project)).not.toMatch(new RegExp(`${SURNAME}|Bozydara|${NUMBER}|19510203|20240131|1\\.2\\.77`, "i"));

  const names = list(project).map(({ name }) => name.replace(/-[0-9a-f]{8}\.dcm$/, ""));
  expect(names).toEqual(["CT-3-2", "CT-3-3", "CT-3-10"]);
  const { tags } = project.images.get(list(project)[0]!.id);
  const tag = (wanted: string) => tags.find(({ name }) => name === wanted)?.value;
  expect([tag("PatientAge"), tag("SeriesDescription"), tag("PatientIdentityRemoved")]).toEqual([
    "073Y",
    "Chest lung",
    "YES",
  ]);
});

test("without de-identification a file comes in as it is", async () => {
  const { project } = await newProject();
  const path = join(temporaryFolder(), `${SURNAME}.dcm`);
  writeFileSync(path, file(1));
  expect(await importInto(project, path, AS_IT_IS)).toMatchObject({ imported: 1, deidentified: 0, actions: {} });
  expect(list(project)[0]).toMatchObject({ name: `${SURNAME}.dcm`, patient: NUMBER });
  expect(project.deidentification.of(list(project)[0]!.id)).toEqual({ report: null, look: null, reviews: [] });
});

test("one patient has one pseudonym over imports and openings, references hold, and another project has another", async () => {
  const { project } = await newProject();
  const deidentify = DEFAULT_DEIDENTIFY;
  const send = (into: Project, instance: number, more: Record<string, AttributeValue> = {}) =>
    importFile(
      { kind: "import-file", name: `${instance}.dcm`, bytes: file(instance, more), labels: "none", deidentify },
      contextOf(into),
    );
  await send(project, 1);
  await send(project, 2);
  expect((await send(project, 1)).duplicates).toBe(1);
  project.close();
  const again = closing(await openProject({ path: project.path, passphrase: PASSPHRASE }));
  await send(again, 3, { StudyInstanceUID: "1.2.77.2", SeriesInstanceUID: "1.2.77.2.1", StudyDate: "20240210" });
  await send(again, 4, { PatientID: "another", PatientName: "Some^One" });

  const [a, b, later, other] = again.images.list({}, "imported", 0, 9).items;
  expect(a!.patient).toMatch(/^LP-[A-Z2-7]{16}$/);
  expect([b!.patient, later!.patient]).toEqual([a!.patient, a!.patient]);
  expect([b!.study, b!.series]).toEqual([a!.study, a!.series]);
  expect(later!.study).not.toBe(a!.study);
  expect(other!.patient).not.toBe(a!.patient);
  const dateOf = (id: string) => {
    const text = again.images.get(id).tags.find(({ name }) => name === "StudyDate")!.value;
    return Date.parse(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`);
  };
  expect((dateOf(later!.id) - dateOf(a!.id)) / 86_400_000).toBe(10);

  const { project: elsewhere } = await newProject();
  await send(elsewhere, 1);
  expect(list(elsewhere)[0]!.patient).not.toBe(a!.patient);
});

test("what was done to a file is kept with its image, by tag and never by value", async () => {
  const { project } = await newProject();
  const root = temporaryFolder();
  for (const instance of [1, 2]) writeFileSync(join(root, `${instance}.dcm`), file(instance));
  await importInto(project, root, DEFAULT_DEIDENTIFY);
  const [first, second] = list(project).map(({ id }) => project.deidentification.of(id).report!);
  expect(first!.options).toEqual([...DEFAULT_DEIDENTIFY.options].sort());
  expect(first!.changes).toContainEqual({ path: "PatientName", tag: "00100010", done: "replaced", count: 1 });
  expect(first!.changes).toContainEqual({ path: "StudyDate", tag: "00080020", done: "shifted", count: 1 });
  const done = first!.changes.filter((change) => change.done === "mapped");
  expect(first!.counts.mapped).toBe(done.reduce((sum, { count }) => sum + count, 0));
  expect(second).toEqual(first);
  expect(project.audit.list(0, 20).entries.map(({ action }) => action)).toContain("image/deidentify");
});

test("the folder is still the class where that was asked for, and the part where it says one", async () => {
  const { project } = await newProject();
  const root = temporaryFolder();
  mkdirSync(join(root, "train", "nodule"), { recursive: true });
  writeFileSync(join(root, "train", "nodule", `${SURNAME}.dcm`), file(1));
  await importInto(project, root, DEFAULT_DEIDENTIFY, "folders");
  const [image] = list(project);
  expect(project.labels.classes().find(({ id }) => id === image!.classId)?.name).toBe("nodule");
  expect(project.images.get(image!.id).suggestedPart).toBe("train");
});

test("a file that cannot be de-identified is refused, never kept as it is; other formats stay as they are", async () => {
  const { project } = await newProject();
  const root = temporaryFolder();
  const whole = file(1);
  writeFileSync(join(root, "a.dcm"), whole.subarray(0, whole.length - 9));
  writeFileSync(join(root, "b.png"), encode({ width: 4, height: 3, data: new Uint8Array(12).fill(9), channels: 1 }));
  const report = await importInto(project, root, DEFAULT_DEIDENTIFY);
  expect(report).toMatchObject({
    imported: 1,
    deidentified: 0,
    refused: [{ file: "file 1", code: "imaging/header-invalid" }],
  });
  expect(list(project).map(({ name }) => name)).toEqual(["b.png"]);
});
