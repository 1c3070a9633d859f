// A project's name comes with its file, perhaps from somebody else, and names files that the studio writes.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { AuditExportReport, LabelExportReport } from "../../preload/contract/index.ts";
import { ended, openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

let opened: TestStudio;
afterEach(() => opened.close());

test("a name with a path in it leads to no other folder: the log, the compliance report and labels stay where they belong", async () => {
  opened = await openStudio();
  const { client, folder } = opened;
  const name = "../elsewhere/../../Chest";
  await client.projects.create({ name, folder: join(folder, "projects"), member: "Ada", passphrase: PASSPHRASE });
  expect((await client.projects.current())?.name).toBe(name);

  const log = await ended(client, await client.audit.export({ format: "csv" }));
  expect(dirname((log.result as AuditExportReport).path)).toBe(folder);
  const year = { from: "2026-01-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z" };
  const report = await client.compliance.save({ ...year, format: "json", language: "en" });
  expect(dirname(report.path)).toBe(folder);
  expect(existsSync(report.path)).toBe(true);
  const labels = await ended(client, await client.labelFiles.export({ format: "csv" }));
  expect(labels.state).toBe("done");
  expect(dirname((labels.result as LabelExportReport).folder)).toBe(folder);
});
