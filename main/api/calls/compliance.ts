import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AppError, type CompliancePeriod, type ComplianceReport } from "../../../preload/contract/index.ts";
import { fileName, judge } from "../../project/index.ts";
import { compliancePage } from "../compliance-page.ts";
import { unlocked } from "../procedures.ts";
import type { Session } from "../session.ts";

async function reportOf({ host, project }: Session, { from, to }: CompliancePeriod): Promise<ComplianceReport> {
  const facts = await project.compliance.facts({ from, to });
  const at = new Date().toISOString();
  const { id, name, member } = project;
  const checks = judge(facts, { host: host.info.host, idleLockMs: host.idleLockMs() }, at);
  return { project: { id, name }, at, member: member.name, version: host.info.version, period: { from, to }, checks };
}

/** Whole or not at all; `note` before it gets its name. Throws shipping/target-exists, project/read-only, project/disk-full, and what `note` throws. */
async function writeReport(path: string, bytes: Uint8Array, overwrite: boolean, note: () => void): Promise<void> {
  if (!overwrite && existsSync(path)) {
    throw new AppError("shipping/target-exists", "There is already a file of this name: choose another or replace it.");
  }
  const draft = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, bytes, { flag: "wx", mode: 0o600 });
    note();
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    if (cause instanceof AppError) throw cause;
    const code = cause instanceof Error && "code" in cause ? cause.code : "";
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new AppError("project/disk-full", "The disk has no room for the report; nothing was written.", { cause });
    }
    throw new AppError("project/read-only", "The report cannot be written there: choose another folder.", { cause });
  }
}

export const complianceCalls = {
  report: unlocked.compliance.report.handler(({ input, context }) => reportOf(context.session, input)),
  save: unlocked.compliance.save.handler(async ({ input, context: { session, project } }) => {
    const { format, language, overwrite } = input;
    const report = await reportOf(session, input);
    const folder = resolve(input.folder ?? session.host.info.homeFolder);
    const path = join(folder, `${input.name ?? `${fileName(project.name)} compliance`}.${format}`);
    const text = format === "html" ? compliancePage(report, language) : `${JSON.stringify(report, null, 2)}\n`;
    const bytes = Buffer.from(text);
    await writeReport(path, bytes, overwrite, () =>
      project.audit.record("compliance/save", "", { format, from: input.from, to: input.to }),
    );
    session.publish({ type: "changed", topic: "project" });
    return { path, bytes: bytes.length };
  }),
};
