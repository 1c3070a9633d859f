// What the main process and its children say to each other.
//
// A child is one Node process (`child_process` or Electron's `utilityProcess`) that opens the project by itself with the key it
// is sent, does one job or answers short calls, and ends. Both sides are discriminated unions, so a message that one side adds
// does not compile until the other side handles it. Everything sent is structured-cloneable.
//
// Invariants: the project's path and key travel here and nowhere else (no argument vector, no environment, no file). Errors
// travel as code and sentence, because classes do not survive a process boundary. A task sends exactly one `done` or `failed`.
// Non-goals: no shared memory and no pixel data between processes: a child reads what it needs from the project.

import type {
  AuditExportReport,
  AuditFilter,
  AugmentationPreview,
  BackupReport,
  BalanceReport,
  CheckMode,
  CheckReport,
  CompactReport,
  Comparison,
  CompressionLimits,
  CompressionReport,
  CompressionStep,
  Deidentification,
  Deidentify,
  Device,
  Evaluation,
  Explanation,
  ExplanationMethod,
  ExplanationReport,
  ExportPreview,
  ExportReport,
  FairnessReport,
  FileExplanation,
  FileNormalisation,
  Health,
  ImageFilter,
  ImportReport,
  JobKind,
  LabelExportReport,
  LabelFileReport,
  LabelFormatId,
  MapTarget,
  MergeReport,
  ModelFile,
  ModelReport,
  Neighbourhood,
  NotebookLeaving,
  NotebookReport,
  PacsNodeSettings,
  PacsReport,
  Part,
  PartReport,
  Progress,
  QueueInput,
  Recipe,
  RecipeSuggestion,
  RulesReport,
  RunPoint,
  RunsExportReport,
  RunsFormat,
  SearchParameter,
  SearchPlan,
  StartingModel,
  TextLookReport,
  TextRegion,
  ThinnedCurve,
  Topic,
  TrustFigures,
  TrustReport,
} from "../../preload/contract/index.ts";

/** How images get a class while they are imported; see the contract's `importPath`. */
export type LabelSource = "none" | "folders";

/** Labels that leave in files; see the contract's `labelFiles`. */
export interface LabelSelection {
  format: LabelFormatId;
  filter: ImageFilter;
  layer: string;
}

/** What is fetched from an archive. */
export interface PacsWanted {
  study: string;
  series?: string;
  objects: number | null;
}

/** Pictures that leave with a notebook; see the contract's `comparison.notebook`. */
export interface NotebookData {
  modelId: string;
  part: Part;
  images: number | null;
}

/** What a report is of; see the contract's `comparison.report`. */
export interface ReportData {
  modelIds: readonly string[];
  part: Part;
  language: "en" | "zh-CN";
  groups: readonly string[];
  minimum: number;
}

/** One map; see the contract's `explanations.map`. */
export interface MapWanted {
  modelId: string;
  imageId: string;
  frame: number;
  method: ExplanationMethod;
  classIndex?: number;
}

/** One map of a model in a file; see the contract's `explanations.ofFile`. */
export interface FileMapWanted extends Omit<MapWanted, "modelId"> {
  path: string;
  target: MapTarget;
  normalise: FileNormalisation;
}

/** Long work: has a Job row, shows progress, can be cancelled, runs in a child of its own. */
export type JobTask =
  | { kind: "import"; path: string; labels: LabelSource; deidentify: Deidentify }
  | { kind: "sample"; images: number; seed: number }
  | { kind: "train"; runId: string }
  | { kind: "evaluate"; modelId: string; part: Part }
  | { kind: "compress"; modelId: string; recipe: readonly CompressionStep[]; limits: CompressionLimits }
  | ({ kind: "explain-check" } & MapWanted)
  | {
      kind: "explain-part";
      modelId: string;
      part: Part;
      methods: readonly ExplanationMethod[];
      limit: number;
    }
  | ({ kind: "explain-file-check" } & FileMapWanted)
  | { kind: "explain-nearest"; modelId: string; imageId: string; frame: number; count: number }
  | { kind: "export"; modelId: string; folder: string; name: string; overwrite: boolean }
  | { kind: "text-look"; filter: ImageFilter }
  | ({ kind: "labels-export"; folder: string } & LabelSelection)
  | { kind: "labels-import"; format: LabelFormatId; path: string }
  | ({ kind: "queue" } & QueueInput)
  | {
      kind: "pacs-fetch";
      connectionId: string;
      wanted: readonly PacsWanted[];
      listening: boolean;
      deidentify: Deidentify;
    }
  | { kind: "pacs-listen"; settings: PacsNodeSettings }
  | {
      kind: "audit-export";
      format: "csv" | "json";
      filter: AuditFilter;
      names: boolean;
      overwrite: boolean;
      path: string;
    }
  | {
      kind: "runs-export";
      runIds: readonly string[];
      format: RunsFormat;
      path: string;
      overwrite: boolean;
    }
  | ({ kind: "notebook"; language: "en" | "zh-CN"; path: string; overwrite: boolean } & NotebookData)
  | { kind: "search"; searchId: string; jobId: string; threads: number; version: string }
  | ({ kind: "report"; format: "html" | "pdf"; path: string; overwrite: boolean; version: string } & ReportData)
  | { kind: "backup"; folder: string }
  | { kind: "check"; mode: CheckMode }
  | { kind: "compact" }
  | {
      kind: "part";
      path: string;
      key: Uint8Array;
      memberId: string;
      images: readonly string[];
      layers: boolean;
      deidentification: boolean;
    }
  | { kind: "merge"; path: string; key: Uint8Array; memberId: string };

/** Short work that would still block the main process: answered by one warm child for each open project, no Job row. */
export type CallTask =
  | { kind: "import-file"; name: string; bytes: Uint8Array; labels: LabelSource; deidentify: Deidentify }
  | ({ kind: "explain" } & MapWanted)
  | ({ kind: "explain-file" } & FileMapWanted)
  | { kind: "evaluation"; modelId: string; part: Part }
  | { kind: "compare"; modelIds: readonly string[]; part: Part }
  | ({ kind: "notebook-leaving" } & NotebookData)
  | ({ kind: "report-page"; version: string } & ReportData)
  | { kind: "fairness"; modelId: string; part: Part; by: readonly string[]; minimum: number; positive?: number }
  | { kind: "balance"; snapshotId: string; by: readonly string[]; minimum: number; positive?: number }
  | { kind: "rules-test"; modelId: string; part: Part }
  | { kind: "curves"; metric: string; part: RunPoint["part"]; places: number }
  | { kind: "predict"; modelId: string; imageIds: readonly string[] }
  | { kind: "recipes"; snapshotId: string; minutes: number }
  | { kind: "search-check"; plan: SearchPlan }
  | { kind: "search-suggest"; snapshotId: string; minutes: number }
  | { kind: "search-importance"; searchId: string }
  | { kind: "preview"; snapshotId: string; recipe: Recipe; seed: number }
  | { kind: "starting"; path: string }
  | {
      kind: "save";
      modelId: string;
      format: "onnx" | "tensorflow";
      folder: string;
      name: string;
      overwrite: boolean;
    }
  | ({ kind: "labels-preview" } & LabelSelection)
  | { kind: "text-review"; imageId: string; regions: readonly TextRegion[] }
  | { kind: "devices" }
  | { kind: "health" };

export type Task = JobTask | CallTask;

/** What each task answers when it is done. */
export interface TaskResults {
  import: ImportReport;
  sample: ImportReport;
  train: { runId: string };
  search: { searchId: string };
  "search-check": { earlier: string[] };
  "search-suggest": { recipe: Recipe; space: SearchParameter[] };
  "search-importance": { name: string; share: number }[] | null;
  evaluate: { modelId: string; part: Part };
  compress: CompressionReport;
  "explain-check": TrustReport;
  "explain-part": ExplanationReport;
  "explain-nearest": Neighbourhood;
  "explain-file": FileExplanation;
  "explain-file-check": TrustFigures;
  export: ExportReport;
  "labels-export": LabelExportReport;
  "labels-import": LabelFileReport;
  queue: { listId: string };
  "pacs-fetch": PacsReport;
  "pacs-listen": PacsReport;
  "audit-export": AuditExportReport;
  "runs-export": RunsExportReport;
  notebook: NotebookReport;
  "notebook-leaving": NotebookLeaving;
  report: ModelReport;
  "report-page": { html: string };
  "labels-preview": ExportPreview;
  "text-look": TextLookReport;
  "text-review": Deidentification;
  "import-file": ImportReport;
  explain: Explanation;
  evaluation: Evaluation;
  compare: Comparison;
  fairness: FairnessReport;
  "rules-test": RulesReport;
  balance: BalanceReport;
  curves: ThinnedCurve[];
  predict: number[][];
  recipes: RecipeSuggestion[];
  preview: AugmentationPreview;
  starting: StartingModel;
  save: ModelFile;
  devices: Device[];
  backup: BackupReport;
  check: CheckReport;
  compact: CompactReport;
  part: PartReport;
  merge: MergeReport;
  health: Health;
}

export type TaskKind = Task["kind"];
export type TaskOf<Kind extends TaskKind> = Extract<Task, { kind: Kind }>;

/** Every kind of Job in the contract is a JobTask and the other way round: a new kind on one side does not compile alone. */
export type JobKindsAgree = [JobKind] extends [JobTask["kind"]]
  ? [JobTask["kind"]] extends [JobKind]
    ? true
    : never
  : never;
true satisfies JobKindsAgree;

export type ParentMessage =
  /** Sent once, first. */
  | { type: "open"; projectPath: string; key: Uint8Array; memberId: string }
  | { type: "run"; id: string; task: Task }
  /** The task with this id answers `failed` with app/aborted as soon as it can. */
  | { type: "cancel"; id: string }
  /** What the task asked for with `print`: the PDF, or why there is none. */
  | { type: "printed"; id: string; pdf: Uint8Array }
  | { type: "not-printed"; id: string; error: TaskFailure }
  /** Nothing more will come: close the project and exit. */
  | { type: "close" };

export interface TaskFailure {
  code: string;
  message: string;
}

export type ChildMessage =
  | { type: "progress"; id: string; progress: Progress }
  | { type: "points"; id: string; runId: string; points: RunPoint[] }
  | { type: "changed"; id: string; topic: Topic }
  /** A page to be printed as a PDF by whatever the host has for it; answered once. Jobs alone ask. */
  | { type: "print"; id: string; html: string }
  | { type: "done"; id: string; result: unknown }
  | { type: "failed"; id: string; error: TaskFailure };

/** One child process as the supervisor sees it; each host says how one is started. */
export interface Child {
  send(message: ParentMessage): void;
  /** At most one listener of each kind. */
  onMessage(listener: (message: ChildMessage) => void): void;
  onExit(listener: () => void): void;
  /** Ends it at once, whatever it is doing. */
  kill(): void;
}

export type StartChild = () => Child;

/** A page by itself as a PDF. Errors: report/no-printer, app/aborted. */
export type PrintPdf = (html: string, signal: AbortSignal) => Promise<Uint8Array>;
