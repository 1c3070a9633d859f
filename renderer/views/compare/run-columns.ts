// The columns of the table of runs: what each holds, how it compares, and which end of it is good. No drawing here.
import type { Recipe, Run } from "../../../preload/contract/index.ts";
import { fieldValue, isFieldUsed } from "../runs/recipe-fields.ts";

/** Recipe fields that are columns; names are those of the recipe. */
const RECIPE_COLUMNS = [
  "architecture",
  "optimiser",
  "schedule",
  "epochs",
  "batchSize",
  "learningRate",
  "weightDecay",
  "dropout",
  "labelSmoothing",
  "mixup",
  "inputSize",
  "width",
  "depth",
  "seed",
] as const satisfies readonly (keyof Recipe)[];
type RecipeColumn = (typeof RECIPE_COLUMNS)[number];

export type ColumnId =
  | RecipeColumn
  | "name"
  | "tags"
  | "notes"
  | "snapshot"
  | "state"
  | "device"
  | "version"
  | "validationAuc"
  | "bestEpoch"
  | "parameters"
  | "seconds"
  | "createdAt";

/** One run with what the table shows of it. */
export interface RunRow {
  run: Run;
  values: Readonly<Record<ColumnId, string | number | null>>;
  /** All its words in lower case, for searching. */
  words: string;
}

export const COLUMNS: readonly ColumnId[] = [
  "name",
  "tags",
  "state",
  "validationAuc",
  ...RECIPE_COLUMNS,
  "parameters",
  "seconds",
  "bestEpoch",
  "snapshot",
  "device",
  "version",
  "createdAt",
  "notes",
];
export const FIRST_COLUMNS: readonly ColumnId[] = [
  "name",
  "tags",
  "state",
  "validationAuc",
  "architecture",
  "learningRate",
  "epochs",
  "parameters",
  "seconds",
  "createdAt",
];

const TEXT = new Set<ColumnId>([
  "name",
  "tags",
  "notes",
  "snapshot",
  "state",
  "device",
  "version",
  "architecture",
  "optimiser",
  "schedule",
  "createdAt",
]);
/** What runs can be put together by. */
export const GROUPS: readonly ColumnId[] = [
  "architecture",
  "optimiser",
  "schedule",
  "snapshot",
  "state",
  "tags",
  "device",
];
/** What can stand on an axis. */
export const NUMBERS: readonly ColumnId[] = COLUMNS.filter((id) => !TEXT.has(id));

/** Which end is good; null where neither is. */
export function betterEnd(column: ColumnId): "higher" | "lower" | null {
  if (column === "validationAuc") return "higher";
  return column === "parameters" || column === "seconds" ? "lower" : null;
}

export function isRecipeColumn(column: ColumnId): column is RecipeColumn {
  return (RECIPE_COLUMNS as readonly ColumnId[]).includes(column);
}

export function rowsOf(runs: readonly Run[], snapshotName: (id: string) => string): RunRow[] {
  return runs.map((run) => {
    const { name, notes, state, device, version, validationAuc, bestEpoch, parameters, seconds, createdAt } = run;
    const tags = run.tags.join(", ");
    const snapshot = snapshotName(run.snapshotId);
    const own = {
      name,
      tags,
      notes,
      snapshot,
      state,
      device,
      version,
      validationAuc,
      bestEpoch,
      parameters,
      createdAt,
    };
    const recipe = Object.fromEntries(
      RECIPE_COLUMNS.map((field) => {
        const value = isFieldUsed(run.recipe, field) ? fieldValue(run.recipe, field) : null;
        return [field, typeof value === "boolean" ? Number(value) : value];
      }),
    ) as Record<RecipeColumn, string | number | null>;
    const words = [name, tags, notes, snapshot, state, run.recipe.architecture, run.recipe.optimiser];
    return {
      run,
      values: { ...own, seconds: seconds > 0 ? seconds : null, ...recipe },
      words: words.join(" ").toLowerCase(),
    };
  });
}

const TERM = /^([a-z]+)(>=|<=|>|<|=)(.+)$/i;
const BY_NAME = new Map<string, ColumnId>([
  ...COLUMNS.map((id): [string, ColumnId] => [id.toLowerCase(), id]),
  ["auc", "validationAuc"],
  ["lr", "learningRate"],
  ["tag", "tags"],
]);

/** Runs in which every term holds: a word anywhere in it, or a column with a limit, for example `auc>=0.9 lr<0.01 convnet`. */
export function filterRows(rows: readonly RunRow[], text: string): RunRow[] {
  const tests = text.trim().split(/\s+/).filter(Boolean).map(testOf);
  return tests.length === 0 ? [...rows] : rows.filter((row) => tests.every((test) => test(row)));
}

function testOf(term: string): (row: RunRow) => boolean {
  const [, name, operator, wanted] = TERM.exec(term) ?? [];
  const column = BY_NAME.get(name?.toLowerCase() ?? "");
  if (column === undefined) {
    const word = term.toLowerCase();
    return ({ words }) => words.includes(word);
  }
  const limit = Number(wanted);
  if (TEXT.has(column) || Number.isNaN(limit)) {
    const word = wanted.toLowerCase();
    return ({ values }) =>
      String(values[column] ?? "")
        .toLowerCase()
        .includes(word);
  }
  return ({ values }) => {
    const value = values[column];
    if (typeof value !== "number") return false;
    switch (operator) {
      case ">":
        return value > limit;
      case ">=":
        return value >= limit;
      case "<":
        return value < limit;
      case "<=":
        return value <= limit;
      default:
        return value === limit;
    }
  };
}

export interface Sorting {
  column: ColumnId;
  descending: boolean;
}

/** What has no value comes last either way; equal ones stay as they were. */
export function sortRows(rows: readonly RunRow[], { column, descending }: Sorting): RunRow[] {
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [a.values[column], b.values[column]];
    if (x === null || y === null || x === "" || y === "")
      return Number(x === null || x === "") - Number(y === null || y === "");
    if (typeof x === "number" && typeof y === "number") return sign * (x - y);
    const [s, t] = [String(x), String(y)];
    return s === t ? 0 : s < t ? -sign : sign;
  });
}

/** A line of the table: a run, or the head of a group. */
export type TableLine =
  | { kind: "run"; row: RunRow }
  | { kind: "group"; value: string | number | null; count: number; bestAuc: number | null };

/** Groups in the order of their first run; within a group runs keep their order. */
export function groupRows(rows: readonly RunRow[], by: ColumnId | null): TableLine[] {
  if (by === null) return rows.map((row) => ({ kind: "run", row }));
  const groups = new Map<string | number | null, RunRow[]>();
  for (const row of rows) {
    const value = row.values[by];
    const members = groups.get(value);
    if (members === undefined) groups.set(value, [row]);
    else members.push(row);
  }
  return [...groups].flatMap(([value, members]): TableLine[] => {
    const aucs = members.flatMap(({ run }) => (run.validationAuc === null ? [] : [run.validationAuc]));
    const bestAuc = aucs.length > 0 ? Math.max(...aucs) : null;
    return [
      { kind: "group", value, count: members.length, bestAuc },
      ...members.map((row): TableLine => ({ kind: "run", row })),
    ];
  });
}
