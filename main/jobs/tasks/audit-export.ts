// The audit log as a file. That it left is an entry of the log itself, written before the file gets its name.

import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError, type AuditExportReport } from "../../../preload/contract/index.ts";
import { auditFile } from "../../project/index.ts";
import { writeWhole } from "../../shipping/whole-files.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

export async function exportAudit(
  { format, filter, names, overwrite, path }: TaskOf<"audit-export">,
  context: TaskContext,
): Promise<AuditExportReport> {
  const { project, signal } = context;
  const { audit } = project;
  await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
    throw new AppError("project/read-only", "The folder for the audit log cannot be made: choose another.", { cause });
  });
  const head = audit.head();
  const total = audit.count(filter);
  const pace = new Pace();
  let done = 0;
  let bytes = 0;
  const onEntries = (count: number) => {
    done += count;
    context.progress(pace.at(done, Math.max(done, total), "entries", "exporting-audit"));
  };
  async function* content(): AsyncGenerator<Uint8Array> {
    for (const piece of auditFile(audit, { format, filter, names, project }, head, onEntries)) {
      const encoded = Buffer.from(piece);
      bytes += encoded.length;
      yield encoded;
    }
    audit.record("audit/export", "", { format, names, filter, entries: done, head: head.sequence });
  }
  await writeWhole([{ path, bytes: content() }], { overwrite, signal });
  return { path, entries: done, bytes, head };
}
