import { Command, Option } from "commander";
import type { Comparison, Evaluation, Run } from "../../../../preload/contract/index.ts";
import { Refusal } from "../refusal.ts";
import { type Terminal, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { inProject, type ProjectOptions, pickRun, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  part: Evaluation["part"];
}

export function compareCommand(terminal: Terminal): Command {
  const command = new Command("compare")
    .description(
      "how far two runs or more differ on the same cases, and whether that is more than chance: DeLong, McNemar, paired permutation, corrected for many",
    )
    .argument("<runs...>", "ids or their beginnings, or latest")
    .addOption(new Option("--part <part>").choices(["train", "validation", "test"]).default("test"));
  return withProjectOptions(command).action(async (wanted: string[], options: Options) => {
    if (wanted.length < 2) throw new UsageError("Comparing takes two runs or more.");
    await inProject(terminal, options, async (workspace) => {
      const runs: Run[] = [];
      for (const id of wanted) runs.push(await pickRun(workspace, id));
      const modelIds = runs.map(({ id, name, modelId }) => {
        if (modelId === null) throw new Refusal("app/not-found", `The run ${name} has no model yet.`, { runId: id });
        return modelId;
      });
      const comparison = await workspace.client.comparison.models({ modelIds, part: options.part });
      const names = new Map(runs.map(({ modelId, name }) => [modelId ?? "", name]));
      terminal.answer(comparison, describeComparison(comparison, names));
    });
  });
}

function describeComparison(
  { part, cases, patients, pairs }: Comparison,
  names: ReadonlyMap<string, string>,
): string[] {
  const number = (value: number | null | undefined): string => value?.toFixed(4) ?? "";
  const figures = ["auc", "accuracy", "loss"] as const;
  return [
    `On the ${part} part, ${cases} images of ${patients} patients that all were judged on; differences are first minus second:`,
    ...table(
      ["first", "second", "figure", "difference", "95 % from", "to", "p", "p (Holm)", "p (BH)"],
      pairs.flatMap((pair) =>
        figures.map((figure) => {
          const { estimate, p, holm, falseDiscovery } = pair[figure];
          return [
            names.get(pair.first) ?? pair.first.slice(0, 8),
            names.get(pair.second) ?? pair.second.slice(0, 8),
            figure,
            ...[estimate?.value, estimate?.low, estimate?.high, p, holm, falseDiscovery].map(number),
          ];
        }),
      ),
    ).map((line) => `  ${line}`),
    "  Intervals by the bootstrap over patients; p: DeLong (AUC, two classes), McNemar exact (accuracy), paired permutation (loss).",
  ];
}
