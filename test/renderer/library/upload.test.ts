import { expect, test } from "vitest";
import { DEFAULT_DEIDENTIFY, type ImportReport, type Studio } from "../../../preload/contract/index.ts";
import { filesOfInput, uploadFiles } from "../../../renderer/views/library/upload.ts";

/** Imports what ends in .dcm, refuses .txt, and answers in no particular order. */
function studio(fail?: (name: string) => Error | null) {
  let together = 0;
  let most = 0;
  const importFile = async ({ name }: { name: string }): Promise<ImportReport> => {
    most = Math.max(most, ++together);
    await new Promise((resolve) => setTimeout(resolve, name.length % 3));
    together -= 1;
    const error = fail?.(name);
    if (error) throw error;
    const refused = name.endsWith(".txt") ? [{ file: name, code: "imaging/format-unknown", message: "No." }] : [];
    const imported = refused.length === 0 ? 1 : 0;
    return { imported, duplicates: 0, labelled: 0, deidentified: imported, actions: { removed: imported }, refused };
  };
  return { studio: { images: { importFile } } as unknown as Studio, most: () => most };
}

const files = (names: string[]) => names.map((name) => ({ name, file: new File(["x"], name) }));
const options = () => ({
  labels: "none" as const,
  deidentify: DEFAULT_DEIDENTIFY,
  signal: new AbortController().signal,
  onProgress: () => {},
});

test("reports of files that are on their way together add up, at most four at a time", async () => {
  const { studio: client, most } = studio();
  const names = Array.from(
    { length: 30 },
    (_, index) => `${"a".repeat(index % 7)}${index}${index % 5 ? ".dcm" : ".txt"}`,
  );
  const report = await uploadFiles(client, files(names), options());
  expect(report.imported).toBe(24);
  expect(report.refused).toHaveLength(6);
  expect(report).toMatchObject({ deidentified: 24, actions: { removed: 24 } });
  expect(most()).toBe(4);
});

test("a file that the studio refuses as a whole is listed and the others go on", async () => {
  const { studio: client } = studio((name) =>
    name === "big.dcm" ? Object.assign(new Error("Too large."), { code: "imaging/too-large" }) : null,
  );
  const report = await uploadFiles(client, files(["big.dcm", "b.dcm"]), options());
  expect(report).toMatchObject({ imported: 1, refused: [{ file: "big.dcm", code: "imaging/too-large" }] });
});

test("a project that was locked meanwhile ends the upload with that refusal", async () => {
  const { studio: client } = studio(() => Object.assign(new Error("Locked."), { code: "project/locked" }));
  await expect(uploadFiles(client, files(["a.dcm"]), options())).rejects.toMatchObject({ code: "project/locked" });
});

test("a stopped upload reports what was done", async () => {
  const { studio: client } = studio();
  const stop = new AbortController();
  const names = Array.from({ length: 20 }, (_, index) => `${index}.dcm`);
  const report = await uploadFiles(client, files(names), {
    labels: "folders",
    deidentify: DEFAULT_DEIDENTIFY,
    signal: stop.signal,
    onProgress: (done) => done === 4 && stop.abort(),
  });
  expect(report.imported).toBeGreaterThanOrEqual(4);
  expect(report.imported).toBeLessThan(20);
});

test("files of a chosen folder keep their path, hidden ones are left out", () => {
  const file = (name: string, path: string) => Object.assign(new File([], name), { webkitRelativePath: path });
  const list = [file("a.dcm", "set/normal/a.dcm"), file(".DS_Store", "set/.DS_Store")] as unknown as FileList;
  expect(filesOfInput(list).map(({ name }) => name)).toEqual(["set/normal/a.dcm"]);
  expect(filesOfInput(null)).toEqual([]);
});
