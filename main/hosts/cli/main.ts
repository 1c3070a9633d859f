// The command line: the whole contract without a window. One file in `commands/` for each command.
//
// Exit codes: 0 done; 1 refused or failed, with a code of the contract; 2 typed in a way that cannot work.

import { ORPCError } from "@orpc/client";
import { Command, CommanderError } from "commander";
import packageJson from "../../../package.json" with { type: "json" };
import { AppError, isErrorCode } from "../../../preload/contract/index.ts";
import { auditCommand } from "./commands/audit.ts";
import { backupCommand } from "./commands/backup.ts";
import { compareCommand } from "./commands/compare.ts";
import { complianceCommand } from "./commands/compliance.ts";
import { compressCommand } from "./commands/compress.ts";
import { deidentifyCommand } from "./commands/deidentify.ts";
import { demoCommand } from "./commands/demo.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { explainCommand } from "./commands/explain.ts";
import { exportCommand } from "./commands/export.ts";
import { healthCommand } from "./commands/health.ts";
import { importCommand } from "./commands/import.ts";
import { labelCommand } from "./commands/label.ts";
import { labelsExportCommand } from "./commands/labels-export.ts";
import { labelsImportCommand } from "./commands/labels-import.ts";
import { mergeCommand } from "./commands/merge.ts";
import { newCommand } from "./commands/new.ts";
import { notebookCommand } from "./commands/notebook.ts";
import { partCommand } from "./commands/part.ts";
import { reportCommand } from "./commands/report.ts";
import { restoreCommand } from "./commands/restore.ts";
import { runsCommand } from "./commands/runs.ts";
import { saveCommand } from "./commands/save.ts";
import { searchCommand } from "./commands/search.ts";
import { serveCommand } from "./commands/serve.ts";
import { snapshotCommand } from "./commands/snapshot.ts";
import { trainCommand } from "./commands/train.ts";
import { Refusal } from "./refusal.ts";
import { type Failure, Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { JobFailure } from "./workspace.ts";

// Known before the arguments are parsed, so that a mistake in them is told as JSON too.
const terminal = new Terminal(process.argv.includes("--json"));

const program = new Command("loupe")
  .description("Loupe without a window: label, train, compress, explain and ship on this machine alone.")
  .version(packageJson.version)
  .exitOverride()
  .showSuggestionAfterError()
  .configureOutput({ writeErr: (text) => terminal.json || process.stderr.write(text) });

const commands = [
  newCommand,
  importCommand,
  deidentifyCommand,
  labelCommand,
  labelsImportCommand,
  labelsExportCommand,
  snapshotCommand,
  trainCommand,
  runsCommand,
  searchCommand,
  evaluateCommand,
  compareCommand,
  compressCommand,
  explainCommand,
  exportCommand,
  saveCommand,
  notebookCommand,
  reportCommand,
  backupCommand,
  restoreCommand,
  healthCommand,
  partCommand,
  mergeCommand,
  serveCommand,
  auditCommand,
  complianceCommand,
  demoCommand,
];
for (const make of commands) {
  const command = make(terminal).option("--json", "one JSON document on stdout, progress on stderr");
  program.addCommand(command.copyInheritedSettings(program));
}

process.exitCode = await run();

async function run(): Promise<number> {
  try {
    await program.parseAsync();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      if (terminal.json) terminal.fail({ code: "app/invalid-input", message: error.message.replace(/^error: /, "") });
      return 2;
    }
    if (error instanceof UsageError) {
      terminal.fail({ code: "app/invalid-input", message: error.message });
      return 2;
    }
    terminal.fail(describe(error), error instanceof Refusal ? error.facts : {});
    return 1;
  }
}

function describe(error: unknown): Failure {
  if (error instanceof AppError || error instanceof JobFailure || error instanceof Refusal) {
    return { code: error.code, message: error.message };
  }
  if (error instanceof ORPCError && isErrorCode(error.code)) return { code: error.code, message: error.message };
  if (process.env.LOUPE_DEBUG) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return { code: "app/internal", message: "Something unexpected went wrong. Set LOUPE_DEBUG=1 to see where." };
}
