import { Command, Option } from "commander";
import { type RunsExportReport, type RunsFormat, runsFormatSchema } from "../../../../preload/contract/index.ts";
import { type Terminal, table } from "../terminal.ts";
import { inProject, type ProjectOptions, pickRun, withProjectOptions } from "../workspace.ts";
import { describeRun } from "./train.ts";

interface Options extends ProjectOptions {
  export?: RunsFormat;
  folder?: string;
  name?: string;
  overwrite: boolean;
}

export function runsCommand(terminal: Terminal): Command {
  const command = new Command("runs")
    .description("lists the runs, or shows one with its recipe and curves")
    .argument("[run]", "id or its beginning, or latest")
    .addOption(
      new Option("--export <format>", "writes curves and recipes for other tools").choices(runsFormatSchema.options),
    )
    .option("--folder <folder>", "export: where the new folder goes; default: the home folder")
    .option("--name <name>", "export: the new folder's name")
    .option("--overwrite", "export: replaces files that are there", false);
  return withProjectOptions(command).action(async (wanted: string | undefined, options: Options) => {
    await inProject(terminal, options, async (workspace) => {
      const { client } = workspace;
      if (options.export !== undefined) {
        const runs = wanted === undefined ? await client.runs.list() : [await pickRun(workspace, wanted)];
        const { export: format, folder, name, overwrite } = options;
        const input = { runIds: runs.map(({ id }) => id), format, folder, name, overwrite };
        const report = (await workspace.finish(() => client.comparison.export(input))) as RunsExportReport;
        terminal.answer(report, [`${report.files} files: ${report.path}`, "  They are not encrypted."]);
        return;
      }
      if (wanted !== undefined) {
        const run = await pickRun(workspace, wanted);
        const points = await client.runs.points({ id: run.id });
        const epochs = points.filter(({ part, metric }) => part === "validation" && metric === "auc");
        terminal.answer({ ...run, points }, [
          ...describeRun(run),
          ...(run.error ? [`  ${run.error.message} [${run.error.code}]`] : []),
          ...epochs.map(({ epoch, value }) => `  epoch ${epoch}: validation AUC ${value.toFixed(4)}`),
        ]);
        return;
      }
      const runs = await client.runs.list();
      terminal.answer(
        runs,
        table(
          ["id", "name", "state", "steps", "validation AUC", "created"],
          runs.map(({ id, name, state, step, steps, validationAuc, createdAt }) => [
            id.slice(0, 8),
            name,
            state,
            `${step}/${steps}`,
            validationAuc?.toFixed(4) ?? "",
            createdAt,
          ]),
        ),
      );
    });
  });
}
