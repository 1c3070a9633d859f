import { parse, resolve } from "node:path";
import { Argument, Command, Option } from "commander";
import type { AuditExportReport, AuditFilter, AuditState } from "../../../../preload/contract/index.ts";
import { wholeNumber } from "../numbers.ts";
import { Refusal } from "../refusal.ts";
import { type Terminal, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { inProject, type ProjectOptions, type Workspace, withProjectOptions } from "../workspace.ts";
import { type BalanceOptions, balance } from "./balance.ts";
import { type FairnessOptions, fairness } from "./fairness.ts";
import { type RulesOptions, rules } from "./rules.ts";

interface Options extends ProjectOptions, FairnessOptions, RulesOptions, BalanceOptions {
  text?: string;
  member?: string;
  group?: string;
  subject?: string;
  from?: string;
  to?: string;
  limit: number;
  head?: string;
  output?: string;
  names: boolean;
  overwrite?: boolean;
}

const WHAT = ["list", "verify", "export", "head", "fairness", "balance", "rules"] as const;

export function auditCommand(terminal: Terminal): Command {
  const command = new Command("audit")
    .description(
      "the record of who did what: lists it, checks its chain of hashes, exports it, or prints its head, which later tells whether somebody rewrote it; or audits a model for fairness between groups of patients, or lists and tests its rules; or says who is in a snapshot",
    )
    .addArgument(new Argument("[what]", "what to do").choices(WHAT).default("list"))
    .option("--text <text>", "only entries with this in action, subject, member or detail")
    .option("--member <name>", "only what this member did")
    .option("--group <group>", "only actions of this group, for example label, model, member")
    .option("--subject <id>", "only about this image, run, model …")
    .option("--from <time>", "only from this moment on, for example 2026-11-28 or 2026-11-28T08:00")
    .option("--to <time>", "only until this moment; a day alone means its end")
    .addOption(new Option("--limit <number>", "list: how many, newest first").argParser(wholeNumber).default(50))
    .option("--head <text>", "verify: whether the log still contains this printed head")
    .option("-o, --output <file>", "export: a file that ends in .json or .csv")
    .option("--no-names", "export: members numbered and details left out")
    .option("--overwrite", "export: replaces a file that is there")
    .option("--snapshot <id>", "balance: id or its beginning, or latest", "latest")
    .option("--test", "rules: what each one catches on the part, kept with it")
    .option("--model <id>", "fairness, rules: id or its beginning, or latest", "latest")
    .option(
      "--by <attributes>",
      "fairness, balance: sex, age, site, manufacturer, scanner, view, modality, question:<id>; joined by commas they cross",
    )
    .addOption(
      new Option("--part <part>", "fairness, rules").choices(["train", "validation", "test"]).default("validation"),
    )
    .addOption(
      new Option("--minimum <cases>", "fairness, balance: that a group needs to be judged")
        .argParser(wholeNumber)
        .default(20),
    );
  return withProjectOptions(command).action(async (what: (typeof WHAT)[number], options: Options) => {
    const filter = filterOf(options);
    await inProject(terminal, options, (workspace) => {
      if (what === "list") return list(workspace, filter, options.limit);
      if (what === "verify") return verify(workspace, options.head);
      if (what === "head") return head(workspace);
      if (what === "fairness") return fairness(workspace, options);
      if (what === "balance") return balance(workspace, options);
      if (what === "rules") return rules(workspace, options);
      return write(workspace, filter, options);
    });
  });
}

async function list({ client, terminal }: Workspace, filter: AuditFilter, limit: number): Promise<void> {
  const entries = [];
  let total = 0;
  while (entries.length < limit) {
    const page = await client.audit.list({
      filter,
      offset: entries.length,
      limit: Math.min(500, limit - entries.length),
    });
    total = page.total;
    entries.push(...page.entries);
    if (page.entries.length === 0) break;
  }
  terminal.answer({ total, entries }, [
    ...table(
      ["number", "time", "member", "action", "subject", "detail"],
      entries.map(({ sequence, at, member, action, subject, subjectName, detail }) => [
        String(sequence),
        at,
        member,
        action,
        subjectName ?? subject.slice(0, 8),
        detail,
      ]),
    ),
    `${entries.length} of ${total} entries`,
  ]);
}

async function verify({ client, terminal }: Workspace, printed: string | undefined): Promise<void> {
  const state: AuditState = await client.audit.state();
  const answer = printed === undefined ? null : await client.audit.checkHead({ text: printed });
  if (state.broken !== null) {
    const { sequence, reason } = state.broken;
    throw new Refusal("audit/broken", `Entry ${sequence} of the audit log does not hold (${reason}).`, {
      state,
      answer,
    });
  }
  if (answer !== null && answer.answer !== "contained") {
    const why = `The log does not contain the printed head of entry ${answer.sequence} (${answer.answer}).`;
    throw new Refusal("audit/broken", why, { state, answer });
  }
  terminal.answer({ state, answer }, [
    `${state.entries} entries, all hold`,
    ...(answer === null ? [] : [`the printed head of entry ${answer.sequence} is contained`]),
    ...(state.printed === null
      ? ["no head was printed yet: loupe audit head"]
      : [`last head printed ${state.printed.at}`]),
  ]);
}

async function head({ client, terminal }: Workspace): Promise<void> {
  const printed = await client.audit.printHead();
  const { project, sequence, at, text } = printed;
  terminal.answer(printed, [
    `project  ${project.name} (${project.id})`,
    `entry    ${sequence}`,
    `time     ${at ?? ""}`,
    `head     ${text}`,
  ]);
}

async function write({ client, terminal, finish }: Workspace, filter: AuditFilter, options: Options): Promise<void> {
  if (options.output === undefined) throw new UsageError("No file: name it with --output, ending in .json or .csv.");
  const { dir, name, ext } = parse(resolve(options.output));
  if (ext !== ".json" && ext !== ".csv") throw new UsageError("The file must end in .json or .csv.");
  const format = ext === ".json" ? "json" : "csv";
  const { names, overwrite } = options;
  const report = (await finish(() =>
    client.audit.export({ format, filter, names, name, folder: dir, overwrite }),
  )) as AuditExportReport;
  terminal.answer(report, [`${report.entries} entries: ${report.path}`, "  The file is not encrypted."]);
}

function filterOf({ text, member, group, subject, from, to }: Options): AuditFilter {
  return { text, member, group, subject, from: moment(from, "00:00:00.000"), to: moment(to, "23:59:59.999") };
}

function moment(given: string | undefined, time: string): string | undefined {
  if (given === undefined) return undefined;
  const at = new Date(/^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given}T${time}` : given);
  if (Number.isNaN(at.getTime())) throw new UsageError("A time is written like 2026-11-28 or 2026-11-28T08:00.");
  return at.toISOString();
}
