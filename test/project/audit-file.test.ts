import { createHash } from "node:crypto";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { auditFile } from "../../main/project/audit-file.ts";
import { canonicalJson } from "../../main/project/canonical-json.ts";
import type { Project } from "../../main/project/project.ts";
import type { AuditFilter } from "../../preload/contract/index.ts";
import { newProject } from "./builder.ts";

interface FileEntry {
  sequence: number;
  at: string;
  member: string;
  action: string;
  subject: string;
  detail: string;
  previous: string;
  hash: string;
}

function written(project: Project, format: "csv" | "json", filter: AuditFilter = {}, names = true): string {
  return [...auditFile(project.audit, { format, filter, names, project }, project.audit.head(), () => {})].join("");
}

const hashOf = ({ previous, hash: _, ...entry }: FileEntry) =>
  createHash("sha256")
    .update(`${previous}\n${canonicalJson(entry)}`)
    .digest("hex");

async function project() {
  const { project } = await newProject({ name: "Thorax 胸部" });
  for (const name of ["=cmd|' /C calc'!A0", "+1", "-1", "@sum", "\u0001 tab\t", 'say "no", please', "病灶\n"]) {
    project.labels.saveClass({ name });
  }
  for (let index = 0; index < 1200; index++)
    project.audit.record("job/state", `j${index}`, { before: null, after: "running" });
  return project;
}

test("a JSON file holds every entry with the hash before it, in pieces, and can be checked from itself", async () => {
  const made = await project();
  const log = JSON.parse(written(made, "json")) as { head: { hash: string }; complete: boolean; entries: FileEntry[] };
  expect(log.complete).toBe(true);
  expect(log.entries.map(({ sequence }) => sequence)).toEqual(log.entries.map((_, index) => index + 1));
  log.entries.forEach((entry, index) => {
    expect(entry.previous).toBe(log.entries[index - 1]?.hash ?? "");
    expect(hashOf(entry)).toBe(entry.hash);
  });
  expect(log.entries.at(-1)!.hash).toBe(log.head.hash);
});

test("a filtered file says that it is not complete, and each of its entries can still be checked", async () => {
  const made = await project();
  const log = JSON.parse(written(made, "json", { group: "class" }));
  expect(log).toMatchObject({ complete: false, filter: { group: "class" } });
  expect(log.entries).toHaveLength(7);
  for (const entry of log.entries) expect(hashOf(entry)).toBe(entry.hash);
});

test("without names no member, no detail and no project's name leaves", async () => {
  const made = await project();
  for (const format of ["json", "csv"] as const) {
    const text = written(made, format, {}, false);
    for (const word of ["Ada", "Thorax", "calc"]) expect(text).not.toContain(word);
    expect(text).toContain("member 1");
  }
});

test("in CSV nothing begins like a formula, and with one apostrophe taken off every hash can be checked", async () => {
  const made = await project();
  made.audit.record("label/export", "=1+1", { format: "csv" });
  made.audit.record("label/export", "'quoted", {});
  const rows = parse(written(made, "csv").replace(/^\uFEFF/, ""), { columns: true }) as Record<string, string>[];
  const head = rows.pop()!;
  expect(head).toMatchObject({ number: "head", detail: String(rows.length), hash: made.audit.head().hash });
  for (const row of rows) {
    for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
    const plain = Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell.replace(/^'/, "")]));
    const { number, time, ...rest } = plain as Record<string, string>;
    expect(hashOf({ ...rest, sequence: Number(number), at: time } as unknown as FileEntry)).toBe(row.hash);
  }
});
