// A model with pictures of one part as a folder that Jupyter opens: the notebook, and the files that it reads.
//
// The notebook is written once as a Python file in the percent format (resources/notebook/notebook.py: `# %%` begins a cell, `# %% [markdown] en` a text of
// one language), so that it is read, formatted and reviewed as Python; here it becomes nbformat 4.5 JSON
// (https://nbformat.readthedocs.io/en/latest/format_description.html). Arrays are .npy files
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Nothing that names a patient or an image comes in: cases get numbers here.
import type { Case, Evaluation, Model, Run, Snapshot } from "../../preload/contract/index.ts";
import { evaluate } from "../models/metrics.ts";

export type NotebookLanguage = "en" | "zh-CN";

const PART: Record<NotebookLanguage, Record<Evaluation["part"], string>> = {
  en: { train: "training", validation: "validation", test: "test" },
  "zh-CN": { train: "训练", validation: "验证", test: "测试" },
};

/** Probabilities of a float model differ by rounding alone. */
const FLOAT_TOLERANCE = 1e-3;
/** In fewer bits another runtime may round to the neighbouring step in some layers. */
const INT8_TOLERANCE = 0.1;
/** Of accuracy and AUC, where the answers are the same up to rounding: cases at the very threshold. */
const FLOAT_FIGURES = 0.01;
const INT8_FIGURES = 0.05;

/** Kinds of models whose numbers are all float32. */
const FULL_PRECISION: ReadonlySet<Model["kind"]> = new Set(["trained", "pruned", "distilled"]);

export interface NotebookSource {
  /** notebook.py */
  readonly template: string;
  readonly language: NotebookLanguage;
  readonly model: Model;
  readonly run: Run;
  readonly snapshot: Snapshot;
  readonly evaluation: Evaluation;
  /** The images that go along, in the order of their arrays. */
  readonly imageIds: readonly string[];
}

/** Files of the folder as text, by name. Every image must be among the evaluation's cases. */
export function notebookTexts(source: NotebookSource): Record<"notebook.ipynb" | "cases.csv" | "about.json", string> {
  const { model, evaluation, imageIds, language } = source;
  const byImage = new Map(evaluation.cases.map((one) => [one.imageId, one]));
  const cases = imageIds.map((id) => byImage.get(id)!);
  const words = {
    model: model.name,
    images: String(cases.length),
    part: PART[language][evaluation.part],
    size: String(model.input.size),
  };
  return {
    "notebook.ipynb": notebook(source.template, language, words),
    "cases.csv": casesCsv(cases),
    "about.json": `${JSON.stringify(about(source, cases), null, 2)}\n`,
  };
}

function about({ model, run, snapshot, evaluation }: NotebookSource, cases: readonly Case[]) {
  const { accuracy, auc } = evaluate(model.classes, cases, model.threshold);
  const isRounded = !FULL_PRECISION.has(model.kind);
  return {
    model: model.name,
    kind: model.kind,
    classes: model.classes.map(({ name }) => name),
    threshold: model.threshold,
    input: model.input,
    part: evaluation.part,
    images: cases.length,
    tolerance: isRounded ? INT8_TOLERANCE : FLOAT_TOLERANCE,
    figureTolerance: isRounded ? INT8_FIGURES : FLOAT_FIGURES,
    figures: { accuracy, auc },
    snapshot: { name: snapshot.name, hash: snapshot.hash },
    run: {
      name: run.name,
      recipe: run.recipe,
      device: run.device,
      threads: run.threads,
      seconds: run.seconds,
      version: run.version,
    },
  };
}

function casesCsv(cases: readonly Case[]): string {
  const classes = cases[0]?.probabilities.length ?? 0;
  const head = ["case", "truth", "predicted", ...Array.from({ length: classes }, (_, c) => `p${c}`)];
  const lines = cases.map(({ truth, predicted, probabilities }, i) => [i + 1, truth, predicted, ...probabilities]);
  return [head, ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

interface Cell {
  readonly kind: "markdown" | "code";
  readonly source: string;
}

function cellsOf(template: string, language: NotebookLanguage): Cell[] {
  return template
    .split(/^# %%/m)
    .slice(1)
    .flatMap((part): Cell[] => {
      const end = part.indexOf("\n");
      const [, , wanted] = /^ \[(markdown)\] (\S+)$/.exec(part.slice(0, end)) ?? [];
      const body = part.slice(end + 1).trim();
      if (wanted === undefined) return [{ kind: "code", source: body }];
      return wanted === language ? [{ kind: "markdown", source: body.replaceAll(/^# ?/gm, "") }] : [];
    });
}

/** nbformat wants every line with its line feed, the last one without. */
const linesOf = (text: string): string[] => text.split(/(?<=\n)/);
/** What Markdown would read as more than text; a name must not end a table or begin a link. */
const plain = (text: string): string => text.replaceAll(/[\\`*_{}[\]<>()#+!|~&$]/g, (one) => `\\${one}`);

function notebook(template: string, language: NotebookLanguage, words: Readonly<Record<string, string>>): string {
  const cells = cellsOf(template, language).map(({ kind, source }, i) => {
    const filled =
      kind === "markdown" ? source.replace(/\{\{(\w+)\}\}/g, (_, name: string) => plain(words[name]!)) : source;
    const common = { id: `loupe-${i + 1}`, metadata: {}, source: linesOf(filled) };
    return kind === "markdown"
      ? { cell_type: "markdown", ...common }
      : { cell_type: "code", execution_count: null, outputs: [], ...common };
  });
  const metadata = {
    kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
    language_info: { name: "python" },
  };
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

/** A float32 array as an .npy file, version 1.0: the header ends at a multiple of 64 bytes. */
export function npy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.map((size) => `${size},`).join(" ")}), }`;
  const length = Math.ceil((10 + head.length + 1) / 64) * 64;
  const bytes = new Uint8Array(length + data.byteLength);
  bytes.set([0x93, ...Buffer.from("NUMPY"), 1, 0]);
  new DataView(bytes.buffer).setUint16(8, length - 10, true);
  bytes.set(Buffer.from(`${head.padEnd(length - 11)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return bytes;
}

/** `count` of these, spread evenly over all of them; all where `count` is null or more. */
export function spread<T>(items: readonly T[], count: number | null): T[] {
  if (count === null || count >= items.length) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}
