// One row for each kind of task. Each is loaded when it is first asked for: an import never loads ONNX Runtime.

import type { Task, TaskKind, TaskOf, TaskResults } from "../protocol.ts";
import type { PrintingContext } from "./context.ts";

type TaskTable = { [Kind in TaskKind]: (task: TaskOf<Kind>, context: PrintingContext) => Promise<TaskResults[Kind]> };

const tasks: TaskTable = {
  import: async (task, context) => (await import("./import.ts")).importPath(task, context),
  "import-file": async (task, context) => (await import("./import.ts")).importFile(task, context),
  "text-look": async (task, context) => (await import("./text.ts")).lookForText(task, context),
  "text-review": async (task, context) => (await import("./text.ts")).reviewText(task, context),
  sample: async (task, context) => (await import("./sample.ts")).importSample(task, context),
  train: async (task, context) => (await import("./train.ts")).train(task, context),
  search: async (task, context) => (await import("./search.ts")).search(task, context),
  "search-check": async (task, context) => (await import("./search.ts")).check(task, context),
  "search-suggest": async (task, context) => (await import("./search.ts")).suggest(task, context),
  "search-importance": async (task, context) => (await import("./search.ts")).importanceOf(task, context),
  recipes: async (task, context) => (await import("./train.ts")).recipes(task, context),
  preview: async (task, context) => (await import("./train.ts")).preview(task, context),
  starting: async (task, context) => (await import("./train.ts")).starting(task, context),
  save: async (task, context) => (await import("./save.ts")).saveModel(task, context),
  devices: async () => (await import("./train.ts")).devices(),
  evaluate: async (task, context) => (await import("./evaluate.ts")).evaluate(task, context),
  evaluation: async (task, context) => (await import("./evaluate.ts")).evaluation(task, context),
  "runs-export": async (task, context) => (await import("./runs-export.ts")).exportRuns(task, context),
  notebook: async (task, context) => (await import("./notebook.ts")).exportNotebook(task, context),
  "notebook-leaving": async (task, context) => (await import("./notebook.ts")).whatLeaves(task, context),
  report: async (task, context) => (await import("./report.ts")).exportReport(task, context),
  "report-page": async (task, context) => (await import("./report.ts")).makePage(task, context),
  curves: async (task, context) => (await import("./compare.ts")).curves(task, context),
  compare: async (task, context) => (await import("./compare.ts")).compareModels(task, context),
  "rules-test": async (task, context) => (await import("./rules-test.ts")).testModelRules(task, context),
  balance: async (task, context) => (await import("./fairness.ts")).balanceOf(task, context),
  fairness: async (task, context) => (await import("./fairness.ts")).auditModel(task, context),
  queue: async (task, context) => (await import("./queue.ts")).makeQueue(task, context),
  predict: async (task, context) => (await import("./predict.ts")).predict(task, context),
  compress: async (task, context) => (await import("./compress.ts")).compress(task, context),
  explain: async (task, context) => (await import("./explain.ts")).explainImage(task, context),
  "explain-check": async (task, context) => (await import("./explain.ts")).checkExplanation(task, context),
  "explain-nearest": async (task, context) => (await import("./explain.ts")).findNeighbours(task, context),
  "explain-file-check": async (task, context) => (await import("./explain.ts")).checkFromFile(task, context),
  "explain-file": async (task, context) => (await import("./explain.ts")).explainFromFile(task, context),
  "explain-part": async (task, context) => (await import("./explain.ts")).explainOverPart(task, context),
  export: async (task, context) => (await import("./export.ts")).exportModel(task, context),
  "labels-export": async (task, context) => (await import("./labels-export.ts")).exportLabelFiles(task, context),
  "labels-preview": async (task, context) => (await import("./labels-export.ts")).previewLabelFiles(task, context),
  "pacs-fetch": async (task, context) => (await import("./pacs-fetch.ts")).fetchFromPacs(task, context),
  "pacs-listen": async (task, context) => (await import("./pacs-listen.ts")).listenForPacs(task, context),
  "audit-export": async (task, context) => (await import("./audit-export.ts")).exportAudit(task, context),
  backup: async (task, context) => (await import("./upkeep.ts")).backup(task, context),
  check: async (task, context) => (await import("./upkeep.ts")).check(task, context),
  compact: async (task, context) => (await import("./upkeep.ts")).compactProject(task, context),
  part: async (task, context) => (await import("./copies.ts")).givePart(task, context),
  merge: async (task, context) => (await import("./copies.ts")).takeCopy(task, context),
  health: async (task, context) => (await import("./upkeep.ts")).health(task, context),
  "labels-import": async (task, context) => (await import("./labels-import.ts")).importLabelFiles(task, context),
};

export function runTask(task: Task, context: PrintingContext): Promise<TaskResults[TaskKind]> {
  // The table's type ties each kind to its function; the compiler cannot follow one kind through a union.
  const run = tasks[task.kind] as (task: Task, context: PrintingContext) => Promise<TaskResults[TaskKind]>;
  return run(task, context);
}
