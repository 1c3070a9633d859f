import { Command, Option } from "commander";
import {
  BACKUP_OVERDUE_DAYS,
  type CheckMode,
  type CheckReport,
  type CompactReport,
  type Health,
} from "../../../../preload/contract/index.ts";
import { Refusal } from "../refusal.ts";
import { type Terminal, table } from "../terminal.ts";
import { inProject, type ProjectOptions, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  check?: CheckMode;
  compact?: boolean;
}

const DAY_MS = 86_400_000;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

export function healthCommand(terminal: Terminal): Command {
  const command = new Command("health")
    .description(
      "what the project's file holds, when it was backed up and checked; exit code 1 where a check finds something",
    )
    .addOption(
      new Option("--check <mode>", "reads the file and checks it; quick leaves out pixels and models").choices([
        "quick",
        "full",
      ]),
    )
    .option("--compact", "gives unused pages back to the disk");
  return withProjectOptions(command).action((options: Options) =>
    inProject(terminal, options, async ({ client, finish }) => {
      const { check: mode } = options;
      const compaction = options.compact ? ((await finish(() => client.upkeep.compact())) as CompactReport) : null;
      const check = mode ? ((await finish(() => client.upkeep.check({ mode }))) as CheckReport) : null;
      const health = await client.upkeep.health();
      const bad = check !== null && (check.problems.length > 0 || !check.auditIntact);
      if (bad) {
        const found = check.auditIntact ? check.problems : [...check.problems, "the audit's chain of hashes is broken"];
        const message = `The check found ${found.length} problems, the first: ${found[0]}. Restore the project from a backup.`;
        throw new Refusal("project/corrupt", message, { health });
      }
      const lines = compaction
        ? [`Gave back ${megabytes(compaction.before - compaction.after)}: ${megabytes(compaction.after)} now`]
        : [];
      if (check) lines.push(`Checked (${check.mode}): nothing wrong`);
      terminal.answer(health, [...lines, ...describeHealth(health)]);
    }),
  );
}

function describeHealth({ path, bytes, kinds, walBytes, disk, backup, schema, cipher }: Health): string[] {
  const days = backup === null ? null : Math.floor((Date.now() - Date.parse(backup.at)) / DAY_MS);
  const overdue = days === null || days >= BACKUP_OVERDUE_DAYS;
  const last = backup === null ? "never" : `${backup.at} (${days} days ago), ${backup.path}`;
  return [
    `${path}: ${megabytes(bytes)}, log ${megabytes(walBytes)}, ${megabytes(disk.free)} free on the disk`,
    `Last backup: ${last}${backup !== null && !backup.exists ? " (not there now)" : ""}`,
    ...(overdue ? ["  It is time for a backup: loupe backup"] : []),
    `${cipher.name}, pages of ${cipher.pageBytes} bytes, ${cipher.ciphertextOnDisk ? "ciphertext on disk" : "NOT ENCRYPTED"}; schema ${schema.version} of ${schema.newest}`,
    ...table(
      ["kind", "size"],
      kinds.map(({ kind, bytes: size }) => [kind, megabytes(size)]),
    ),
  ];
}
