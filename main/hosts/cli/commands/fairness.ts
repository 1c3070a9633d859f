// `loupe audit fairness`: how one model does for groups of patients, as tables.
import {
  type FairnessGroup,
  type FairnessReport,
  groupAttributeSchema,
  type Part,
} from "../../../../preload/contract/index.ts";
import { table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { pickModel, type Workspace } from "../workspace.ts";

export interface FairnessOptions {
  model: string;
  part: Part;
  by?: string;
  minimum: number;
}

export async function fairness(workspace: Workspace, { model, part, by, minimum }: FairnessOptions): Promise<void> {
  const attributes = attributesOf(by);
  const { id } = await pickModel(workspace, model);
  const report = await workspace.client.fairness.audit({ modelId: id, part, by: attributes, minimum });
  workspace.terminal.answer(report, describe(report));
}

/** Errors: a UsageError for an attribute that there is not. */
export function attributesOf(by: string | undefined): string[] {
  const attributes = (by ?? "").split(",").filter((attribute) => attribute !== "");
  for (const attribute of attributes) {
    if (groupAttributeSchema.safeParse(attribute).success) continue;
    throw new UsageError(`Groups go by ${groupAttributeSchema.description}, joined by commas; found ${attribute}.`);
  }
  return attributes;
}

const FIGURES = ["auc", "sensitivity", "specificity", "selectionRate", "accuracy"] as const;
const DIFFERENCES = {
  demographicParity: "demographic parity difference",
  equalOpportunity: "equal opportunity difference",
  equalisedOdds: "equalised odds difference",
  auc: "AUC difference",
} as const;

function describe(report: FairnessReport): string[] {
  const { part, by, overall, groups, minimum, differences, worst, available } = report;
  const nameOf = (values: readonly string[]): string => values.map((value) => value || "unknown").join(", ");
  const rows = [{ name: "all", group: overall }, ...groups.map((group) => ({ name: nameOf(group.values), group }))];
  const known = available.filter(({ known: cases }) => cases > 0);
  return [
    `On the ${part} part${by.length > 0 ? `, by ${by.join(" and ")}` : ""}; 95 % intervals in brackets:`,
    ...table(
      ["group", "cases", "patients", "positive", ...FIGURES, "Brier", "ECE", "bias"],
      rows.map(({ name, group: { cases, patients, positives, figures } }) => [
        ...[name, String(cases), String(patients), String(positives)],
        ...FIGURES.map((figure) => {
          const found = figures?.[figure];
          return found ? `${found.value.toFixed(3)} [${found.low.toFixed(3)}, ${found.high.toFixed(3)}]` : "";
        }),
        ...[figures?.brier, figures?.ece, figures?.bias].map((value) => value?.toFixed(3) ?? ""),
      ]),
    ).map((line) => `  ${line}`),
    ...rulesOf(report, rows),
    ...report.thresholds.flatMap((own, index) => {
      if (own === null) return [];
      const { threshold, sensitivity, specificity } = own;
      const [found, clear] = [sensitivity, specificity].map((figure) => figure?.value.toFixed(3) ?? "–");
      return [
        `  a threshold of its own, ${nameOf(groups[index]!.values)}: ${threshold.toFixed(3)} (sensitivity ${found}, specificity ${clear})`,
      ];
    }),
    ...Object.entries(DIFFERENCES).flatMap(([kind, name]) => {
      const found = differences[kind as keyof typeof DIFFERENCES];
      if (found === null) return [];
      const interval = found.low === null ? "" : ` [${found.low.toFixed(3)}, ${found.high?.toFixed(3)}]`;
      const between = `${nameOf(groups[found.highest]!.values)} over ${nameOf(groups[found.lowest]!.values)}`;
      return [`  ${name}: ${found.value.toFixed(3)}${interval}, ${between}`];
    }),
    ...(worst === null ? [] : [`  worst group: ${nameOf(groups[worst]!.values)}`]),
    ...(groups.some(({ figures }) => figures === null)
      ? [`  Groups of fewer than ${minimum} cases are not judged.`]
      : []),
    ...(by.length > 0
      ? []
      : known.length === 0
        ? ["  Nothing is known of these patients that groups could go by."]
        : [
            "  Groups can go by:",
            ...known.map(
              (one) =>
                `    --by ${one.attribute}${one.question ? ` (${one.question})` : ""}: ${one.known} cases, ${one.values} values`,
            ),
          ]),
  ];
}

/** What live rules catch in each group, cases that they cannot decide beside them, and the accuracy on what is left. */
function rulesOf({ rules }: FairnessReport, rows: readonly { name: string; group: FairnessGroup }[]): string[] {
  if (rules.length === 0) return [];
  const heading = ["group", ...rules.map(({ name, action }) => `${name} (${action})`), "left", "accuracy on these"];
  const lines = rows.map(({ name, group }) => {
    const { caught = [], undecided = [], left = 0, figures = null } = group.rules ?? {};
    const counts = caught.map((count, i) => (undecided[i] === 0 ? `${count}` : `${count}, ${undecided[i]} undecided`));
    return [name, ...counts, String(left), figures?.accuracy?.value.toFixed(3) ?? ""];
  });
  return ["  live rules catch:", ...table(heading, lines).map((line) => `  ${line}`)];
}
