// Runs as tables that every spreadsheet and pandas reads (RFC 4180): one of the runs with their recipes, one of all points.
import type { Run, RunPoint } from "../../preload/contract/index.ts";

type Cell = string | number | boolean | null | undefined;

/** A formula's first character gets an apostrophe before it, so that a spreadsheet shows the text and runs nothing (OWASP, CSV injection). */
function cell(value: Cell): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const line = (cells: readonly Cell[]): string => `${cells.map(cell).join(",")}\r\n`;

const COLUMNS = [
  "id",
  "name",
  "state",
  "snapshotId",
  "device",
  "threads",
  "version",
  "createdAt",
  "finishedAt",
  "seconds",
  "step",
  "parameters",
  "bestEpoch",
  "validationAuc",
  "notes",
] as const satisfies readonly (keyof Run)[];

/** One line for each run. Columns of the recipe are `recipe.epochs`, `recipe.augment.shift` and so on; empty where a recipe has no such field. */
export function runsCsv(runs: readonly Run[]): string {
  const recipes = runs.map(({ recipe }) => flat(recipe, "recipe"));
  const fields = [...new Set(recipes.flatMap((recipe) => [...recipe.keys()]))];
  return [
    line([...COLUMNS, "tags", ...fields]),
    ...runs.map((run, i) =>
      line([
        ...COLUMNS.map((column) => run[column]),
        run.tags.join(" "),
        ...fields.map((field) => recipes[i].get(field)),
      ]),
    ),
  ].join("");
}

/** A recipe as lines of name and value: `recipe.augment.shift` and so on. */
export function flat(value: object, prefix: string): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  for (const [name, inner] of Object.entries(value) as [string, Cell | object][]) {
    if (typeof inner === "object" && inner !== null) {
      for (const [field, one] of flat(inner, `${prefix}.${name}`)) cells.set(field, one);
    } else cells.set(`${prefix}.${name}`, inner);
  }
  return cells;
}

export const POINTS_HEAD = line(["run", "step", "epoch", "part", "metric", "value"]);

/** The points of one run, without a head. */
export function pointsCsv(runId: string, points: readonly RunPoint[]): string {
  return points.map(({ step, epoch, part, metric, value }) => line([runId, step, epoch, part, metric, value])).join("");
}
