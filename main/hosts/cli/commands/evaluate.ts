import { Command, Option } from "commander";
import type { Evaluation } from "../../../../preload/contract/index.ts";
import { type Terminal, table } from "../terminal.ts";
import { inProject, type ProjectOptions, pickModel, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  model: string;
  part: Evaluation["part"];
}

export function evaluateCommand(terminal: Terminal): Command {
  const command = new Command("evaluate")
    .description("what a model does on one part of its snapshot: accuracy, AUC, confusion, calibration, worst cases")
    .option("--model <id>", "id or its beginning, or latest", "latest")
    .addOption(new Option("--part <part>").choices(["train", "validation", "test"]).default("test"));
  return withProjectOptions(command).action(async (options: Options) => {
    await inProject(terminal, options, async (workspace) => {
      const { id } = await pickModel(workspace, options.model);
      const evaluation = await workspace.client.models.evaluation({ modelId: id, part: options.part });
      terminal.answer(evaluation, describeEvaluation(evaluation));
    });
  });
}

export function describeEvaluation({
  part,
  accuracy,
  auc,
  confusion,
  classes,
  calibration,
  cases,
}: Evaluation): string[] {
  const interval = ({ value, low, high }: Evaluation["accuracy"]): string =>
    `${value.toFixed(4)} (95 % interval ${low.toFixed(4)} to ${high.toFixed(4)})`;
  return [
    `On the ${part} part, ${cases.length} images:`,
    `  accuracy ${interval(accuracy)}`,
    `  AUC ${auc === null ? "not defined: a class is absent" : interval(auc)}`,
    `  expected calibration error ${calibration.ece.toFixed(4)}`,
    ...table(
      ["truth \\ predicted", ...classes.map(({ name }) => name)],
      confusion.map((row, truth) => [classes[truth]!.name, ...row.map(String)]),
    ).map((line) => `  ${line}`),
  ];
}
