import { Command, Option } from "commander";
import type { CompressionReport } from "../../../../preload/contract/index.ts";
import { fraction, positiveNumber, wholeNumber } from "../numbers.ts";
import { Refusal } from "../refusal.ts";
import { type Terminal, table } from "../terminal.ts";
import { inProject, type ProjectOptions, pickModel, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  model: string;
  maxAucDrop?: number;
  maxAccuracyDrop?: number;
  maxWorstClassDrop?: number;
  minSmaller?: number;
  minFaster?: number;
  repair: boolean;
  prune?: number;
  importance?: "taylor" | "magnitude";
  epochs?: number;
}

/** The whole list is in the answer of --json. */
const LISTED_LAYERS = 8;

export function compressCommand(terminal: Terminal): Command {
  const command = new Command("compress")
    .description(
      "static int8 quantisation, or channels removed; refused (exit code 1) outside the limits, which are measured on validation and this machine",
    )
    .option("--model <id>", "id or its beginning, or latest", "latest")
    .option("--max-auc-drop <number>", "how far the AUC may fall (0.01 where nothing is said)", fraction)
    .option("--max-accuracy-drop <number>", "how far the accuracy may fall", fraction)
    .option("--max-worst-class-drop <number>", "how far the worst class's share of right answers may fall", fraction)
    .option("--min-smaller <times>", "how many times smaller it must become", positiveNumber)
    .option("--min-faster <times>", "how many times faster one image must become", positiveNumber)
    .option(
      "--prune <share>",
      "remove channels instead, until this share of the operations is gone (0.05 to 0.95)",
      fraction,
    )
    .addOption(new Option("--importance <by>", "what channels are chosen by").choices(["taylor", "magnitude"]))
    .option("--epochs <number>", "of training after pruning (10 where nothing is said)", wholeNumber)
    .option("--no-repair", "do not put sensitive layers back to float where quality falls too far");
  return withProjectOptions(command).action(async (options: Options) => {
    await inProject(terminal, options, async (workspace) => {
      const { client, finish } = workspace;
      const { id } = await pickModel(workspace, options.model);
      const report = (await finish(() =>
        client.models.compress({
          modelId: id,
          maxAucDrop: options.maxAucDrop,
          maxAccuracyDrop: options.maxAccuracyDrop,
          maxWorstClassDrop: options.maxWorstClassDrop,
          minSmaller: options.minSmaller,
          minFaster: options.minFaster,
          repair: options.repair,
          method: options.prune === undefined ? "int8" : "prune",
          share: options.prune,
          importance: options.importance,
          epochs: options.epochs,
        }),
      )) as CompressionReport;
      if (!report.accepted) throw new Refusal("compression/refused", report.reason, { report });
      terminal.answer(report, describeCompression(report));
    });
  });
}

export function describeCompression({ modelId, before, after, layers }: CompressionReport): string[] {
  const row = (title: string, cost: CompressionReport["before"]): string[] => [
    title,
    `${(cost.bytes / 1000).toFixed(1)} kB`,
    `${cost.latencyMs.toFixed(2)} ms`,
    cost.auc.toFixed(4),
    cost.accuracy.toFixed(4),
    cost.worstClass?.toFixed(4) ?? "",
    cost.flops === null ? "" : (cost.flops / 1e6).toFixed(1),
  ];
  const lines = [
    `Model ${modelId.slice(0, 8)}`,
    ...table(
      ["", "size", "one image", "AUC", "accuracy", "worst class", "MFLOPs"],
      [row("before", before), row("after", after)],
    ),
  ];
  if (layers.length === 0) return lines;
  const sensitive = layers.toSorted((a, b) => b.moved - a.moved).slice(0, LISTED_LAYERS);
  const rows = sensitive.map(({ layer, moved, float }) => [layer, moved.toFixed(4), float ? "float" : "int8"]);
  return [
    ...lines,
    "",
    "Most sensitive layers (how far int8 in it alone moves the probabilities)",
    ...table(["layer", "moved", "kept as"], rows),
  ];
}
