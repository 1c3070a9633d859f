import { Command } from "commander";
import type { CompressionReport } from "../../../../preload/contract/index.ts";
import { fraction } from "../numbers.ts";
import { Refusal } from "../refusal.ts";
import { type Terminal, table } from "../terminal.ts";
import { inProject, type ProjectOptions, pickModel, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  model: string;
  maxAucDrop?: number;
}

export function compressCommand(terminal: Terminal): Command {
  const command = new Command("compress")
    .description("static int8 quantisation; refused (exit code 1) when the validation AUC falls by more than the limit")
    .option("--model <id>", "id or its beginning, or latest", "latest")
    .option("--max-auc-drop <number>", "the limit", fraction);
  return withProjectOptions(command).action(async (options: Options) => {
    await inProject(terminal, options, async (workspace) => {
      const { client, finish } = workspace;
      const { id } = await pickModel(workspace, options.model);
      const report = (await finish(() =>
        client.models.compress({ modelId: id, maxAucDrop: options.maxAucDrop }),
      )) as CompressionReport;
      if (!report.accepted) throw new Refusal("compression/refused", report.reason, { report });
      terminal.answer(report, describeCompression(report));
    });
  });
}

export function describeCompression({ modelId, before, after }: CompressionReport): string[] {
  const row = (title: string, { bytes, latencyMs, auc, accuracy }: CompressionReport["before"]): string[] => [
    title,
    `${(bytes / 1000).toFixed(1)} kB`,
    `${latencyMs.toFixed(2)} ms`,
    auc.toFixed(4),
    accuracy.toFixed(4),
  ];
  return [
    `Model ${modelId.slice(0, 8)}`,
    ...table(["", "size", "one image", "AUC", "accuracy"], [row("before", before), row("after", after)]),
  ];
}
