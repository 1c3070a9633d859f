import { Command } from "commander";
import { type Terminal, table } from "../terminal.ts";
import { inProject, type ProjectOptions, pickRun, withProjectOptions } from "../workspace.ts";
import { describeRun } from "./train.ts";

export function runsCommand(terminal: Terminal): Command {
  const command = new Command("runs")
    .description("lists the runs, or shows one with its recipe and curves")
    .argument("[run]", "id or its beginning, or latest");
  return withProjectOptions(command).action(async (wanted: string | undefined, options: ProjectOptions) => {
    await inProject(terminal, options, async (workspace) => {
      const { client } = workspace;
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
