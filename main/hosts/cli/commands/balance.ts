// `loupe audit balance`: who is in a snapshot, as a table, and what its parts have in common.
import type { BalanceReport, Snapshot } from "../../../../preload/contract/index.ts";
import { table } from "../terminal.ts";
import { pickSnapshot, type Workspace } from "../workspace.ts";
import { attributesOf } from "./fairness.ts";

export interface BalanceOptions {
  snapshot: string;
  by?: string;
  minimum: number;
}

export async function balance(workspace: Workspace, { snapshot, by, minimum }: BalanceOptions): Promise<void> {
  const attributes = attributesOf(by);
  const found = await pickSnapshot(workspace, snapshot);
  const report = await workspace.client.fairness.balance({ snapshotId: found.id, by: attributes, minimum });
  workspace.terminal.answer(report, describe(report, found));
}

function describe(report: BalanceReport, { name, classes }: Snapshot): string[] {
  const { by, overall, groups, rates, leakage, patientsInGroups, available, minimum, positive } = report;
  const nameOf = (values: readonly string[]): string => values.map((value) => value || "unknown").join(", ");
  const rows = [{ name: "all", group: overall }, ...groups.map((group) => ({ name: nameOf(group.values), group }))];
  const leaks = leakage.filter(({ shared }) => shared > 0);
  return [
    `Snapshot ${name}${by.length > 0 ? `, by ${by.join(" and ")}` : ""}; 95 % interval of the rate in brackets:`,
    ...table(
      ["group", "images", "patients", "train", "validation", "test", `rate of ${classes[positive]!.name}`],
      rows.map(({ name: of, group: { cases, patients, parts, rate } }) => [
        ...[of, cases, patients, parts.train.cases, parts.validation.cases, parts.test.cases].map(String),
        rate === null ? "" : `${rate.value.toFixed(3)} [${rate.low.toFixed(3)}, ${rate.high.toFixed(3)}]`,
      ]),
    ).map((line) => `  ${line}`),
    ...(rates === null
      ? []
      : [
          `  the rate differs most between ${nameOf(groups[rates.highest]!.values)} and ${nameOf(groups[rates.lowest]!.values)}: ${rates.value.toFixed(3)} (groups of ${minimum} cases and more)`,
        ]),
    ...(leaks.length === 0 ? ["  no patient, study, series or picture is in more than one part"] : []),
    ...leaks.map(({ kind, shared, images }) => `  in more than one part: ${kind}, ${shared} times (${images} images)`),
    ...(patientsInGroups > 0 ? [`  ${patientsInGroups} patients are in more than one group`] : []),
    ...(by.length > 0
      ? []
      : available
          .filter(({ known }) => known > 0)
          .map((one) => `  --by ${one.attribute}: ${one.known} images, ${one.values} values`)),
  ];
}
