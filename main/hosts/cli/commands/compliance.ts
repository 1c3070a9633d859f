import { Command } from "commander";
import en from "../../../../resources/locales/en/compliance.json" with { type: "json" };
import { positiveNumber } from "../numbers.ts";
import type { Terminal } from "../terminal.ts";
import { table } from "../terminal.ts";
import { inProject, type ProjectOptions, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  days: number;
}

const DAY_MS = 86_400_000;

export function complianceCommand(terminal: Terminal): Command {
  const command = new Command("compliance")
    .description(
      "checks the project against a list that a data protection officer asks about; --json has the figures and the rules",
    )
    .option("--days <number>", "what was done in this many days up to now", positiveNumber, 90);
  return withProjectOptions(command).action(async (options: Options) => {
    await inProject(terminal, options, async ({ client }) => {
      const to = new Date();
      const from = new Date(to.getTime() - options.days * DAY_MS);
      const report = await client.compliance.report({ from: from.toISOString(), to: to.toISOString() });
      const rows = report.checks.map(({ id, state, values }) => [
        en.states[state],
        en.checks[id].title,
        Object.entries(values)
          .map(([name, value]) => `${name} ${value}`)
          .join(", "),
      ]);
      terminal.answer(report, [...table(["state", "check", "figures"], rows), "", en.about]);
    });
  });
}
