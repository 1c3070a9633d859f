import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import {
  groupAttributeSchema,
  type ModelReport,
  modelCardSchema,
  type Part,
  type Run,
} from "../../../../preload/contract/index.ts";
import { wholeNumber } from "../numbers.ts";
import { Refusal } from "../refusal.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import {
  inProject,
  type ProjectOptions,
  pickModel,
  pickRun,
  type Workspace,
  withProjectOptions,
} from "../workspace.ts";

interface Options extends ProjectOptions {
  model: string[];
  part: Part;
  format: "html" | "pdf";
  language: "en" | "zh-CN";
  by?: string[];
  minimum?: number;
  card?: string;
  folder?: string;
  name?: string;
  overwrite: boolean;
}

export function reportCommand(terminal: Terminal): Command {
  const command = new Command("report")
    .description(
      "writes a report with a model card of a run, or of several compared, as a page or a PDF; holds no patient's data",
    )
    .argument("[runs...]", "ids or their beginnings; default: latest")
    .option("--model <id...>", "models instead of runs, for example compressed ones", [])
    .addOption(new Option("--part <part>").choices(["train", "validation", "test"]).default("test"))
    .addOption(
      new Option("--format <format>", "pdf is printed by an installed Chromium, Chrome or Edge")
        .choices(["html", "pdf"])
        .default("html"),
    )
    .addOption(new Option("--language <language>").choices(["en", "zh-CN"]).default("en"))
    .option("--by <attributes...>", "fairness figures of groups: sex, age, site, scanner, view, question:<id>")
    .option("--minimum <n>", "cases that such a group needs to be judged; default: 20", wholeNumber)
    .option(
      "--card <file>",
      "JSON with texts of the model card, kept with the model: intendedUse, outOfScope, caveats …",
    )
    .option("--folder <folder>", "where it goes; default: the home folder")
    .option("--name <name>", "of the file, without its ending")
    .option("--overwrite", "replaces a file that is there", false);
  return withProjectOptions(command).action((wanted: string[], options: Options) =>
    inProject(terminal, options, async (workspace) => {
      const { client } = workspace;
      const modelIds = await modelsOf(workspace, wanted, options.model);
      if (options.card !== undefined) await saveCard(workspace, modelIds, options.card);
      const { part, format, language, minimum, name, overwrite } = options;
      const groups = (options.by ?? []).map((attribute) => {
        const known = groupAttributeSchema.safeParse(attribute);
        if (!known.success) throw new UsageError(`Patients cannot be told apart by "${attribute}".`);
        return known.data;
      });
      const folder = options.folder === undefined ? undefined : resolve(options.folder);
      const input = { modelIds, part, format, language, groups, minimum, folder, name, overwrite };
      const report = (await workspace.finish(() => client.comparison.report(input))) as ModelReport;
      terminal.answer(report, [
        `Wrote ${report.path} (${(report.bytes / 1e3).toFixed(0)} kB)`,
        "  not encrypted; no patient data",
      ]);
    }),
  );
}

async function modelsOf(workspace: Workspace, runs: readonly string[], models: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  const named = runs.length === 0 && models.length === 0 ? ["latest"] : runs;
  for (const id of named) ids.push(modelOf(await pickRun(workspace, id)));
  for (const id of models) ids.push((await pickModel(workspace, id)).id);
  return ids;
}

function modelOf({ id, name, modelId }: Run): string {
  if (modelId === null) throw new Refusal("app/not-found", `The run ${name} has no model yet.`, { runId: id });
  return modelId;
}

/** Texts that the file does not name stay as they are. */
async function saveCard({ client }: Workspace, modelIds: readonly string[], path: string): Promise<void> {
  const [modelId, ...others] = modelIds;
  if (modelId === undefined || others.length > 0)
    throw new UsageError("A card belongs to one model: report on that one alone.");
  const text = await readFile(path, "utf8").catch(() => {
    throw new UsageError("The file of the card cannot be read.");
  });
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new UsageError("The file of the card is no JSON.");
  }
  const card = modelCardSchema.partial().strict().safeParse(given);
  if (!card.success) {
    throw new UsageError(`The card may hold texts named ${Object.keys(modelCardSchema.shape).join(", ")}.`);
  }
  // A default would fill in what the file does not say.
  const own = Object.fromEntries(Object.entries(card.data).filter(([name]) => Object.hasOwn(given as object, name)));
  await client.models.saveCard({ modelId, card: { ...(await client.models.card({ modelId })), ...own } });
}
