// A report of one model, or of several beside each other, as one page: a model card for each (Mitchell et al. 2019, "Model Cards for Model Reporting",
// https://doi.org/10.1145/3287560.3287596), its figures with intervals and plots, and the tests of every pair.
//
// Self-contained: no script, no address of another place, plots as SVG, print rules in it; so it reads the same without Loupe, and a PDF is this page printed. It holds
// figures, names of classes and what people wrote, and nothing of a patient: cases are counted, never named.
import type {
  Comparison,
  CompressionReport,
  Evaluation,
  FairnessReport,
  Model,
  ModelCard,
  Run,
  RunPoint,
  Snapshot,
} from "../../../preload/contract/index.ts";
import { heading, note, paragraph, quiet, table } from "./html.ts";
import { modelSection } from "./model-section.ts";
import { decisionPlot, precisionRecallPlot, rocPlot } from "./plots.ts";
import { styleOf } from "./style.ts";
import { escaped } from "./svg.ts";
import { type ReportLanguage, type Words, wordsIn } from "./words.ts";

export interface Subject {
  readonly run: Run;
  readonly model: Model;
  readonly snapshot: Snapshot;
  readonly points: readonly RunPoint[];
  readonly evaluation: Evaluation;
  readonly card: ModelCard;
  /** How many people gave the labels, and how many labels nobody is known of. */
  readonly readers: { readonly people: number; readonly unknown: number };
  readonly compression: CompressionReport | null;
  /** null: not asked for in this report. */
  readonly fairness: FairnessReport | null;
}

export interface Report {
  readonly language: ReportLanguage;
  /** When it was made, RFC 3339. */
  readonly at: string;
  /** Of Loupe. */
  readonly version: string;
  readonly subjects: readonly [Subject, ...Subject[]];
  /** null with one subject. */
  readonly comparison: Comparison | null;
}

/** The page. Same input, same bytes. */
export function reportPage(report: Report): string {
  const words = wordsIn(report.language);
  const { own, fill } = words;
  const { subjects, comparison } = report;
  const [first] = subjects;
  const title =
    subjects.length === 1
      ? fill(own.titleOne, { name: first.model.name })
      : fill(own.titleMany, { count: subjects.length });
  const part = own.part[first.evaluation.part];
  const footer = `${title} · Loupe ${report.version} · ${report.at.slice(0, 10)}`;
  const body = [
    `<h1>${escaped(title)}</h1>`,
    quiet(fill(own.made, { at: words.date(report.at), version: report.version, part })),
    note(own.research),
    ...(comparison === null ? [] : together(words, subjects, comparison)),
    ...subjects.map((subject) => modelSection(words, subject, subjects.length > 1)),
    heading(2, own.method.title),
    ...own.method.lines.map(paragraph),
  ];
  return `<!doctype html>
<html lang="${report.language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>${styleOf(footer, own.pageOf)}</style></head>
<body>
${body.join("\n")}
</body>
</html>
`;
}

/** Models side by side: figures, shared plots, tests of every pair. */
function together(words: Words, subjects: readonly Subject[], comparison: Comparison): string[] {
  const { own, fill, interval, percent, whole } = words;
  const names = new Map(subjects.map(({ model }) => [model.id, model.name]));
  const nameOf = (id: string): string => names.get(id) ?? id.slice(0, 8);
  const isBinary = comparison.classes.length === 2;
  const rows = subjects.map(({ model, run, evaluation }) => [
    model.name,
    interval(evaluation.auc),
    interval(evaluation.accuracy, percent),
    words.decimal(evaluation.calibration.ece),
    whole(evaluation.cases.length),
    run.parameters === null ? own.none : whole(run.parameters),
    words.duration(run.seconds),
    own.energyNone,
  ]);
  const { figure } = own;
  const aucName = isBinary ? "AUC" : figure.aucMacro;
  const head = [
    own.model,
    aucName,
    figure.accuracy,
    "ECE",
    figure.cases,
    figure.parameters,
    figure.seconds,
    figure.energy,
  ];
  const snapshots = new Set(subjects.map(({ snapshot }) => snapshot.id));
  const positive = comparison.classes[1];
  const plots =
    isBinary && positive
      ? [
          rocPlot(
            words,
            subjects.map(({ model, evaluation }) => ({ name: model.name, evaluation })),
            positive.id,
          ),
          precisionRecallPlot(
            words,
            subjects.map(({ model, evaluation }) => ({ name: model.name, evaluation })),
            positive.id,
          ),
          decisionPlot(
            words,
            comparison.decision.thresholds,
            comparison.decision.classes[1]!,
            comparison.modelIds.map(nameOf),
            positive.name,
          ),
        ]
      : [];
  return [
    heading(2, own.compared.title),
    table(head, rows),
    ...(snapshots.size > 1 ? [note(own.compared.snapshots)] : []),
    heading(3, own.compared.pairs),
    paragraph(fill(own.compared.shared, { cases: whole(comparison.cases), patients: whole(comparison.patients) })),
    pairTable(words, comparison, nameOf, aucName),
    quiet(own.compared.how),
    ...(plots.length > 0 ? [heading(3, own.compared.plots), `<div class="plots">${plots.join("\n")}</div>`] : []),
  ];
}

function pairTable(words: Words, { pairs }: Comparison, nameOf: (id: string) => string, aucName: string): string {
  const { own, fill, p, signed, interval } = words;
  const { compared } = own;
  const rows = pairs.flatMap((pair) =>
    (["auc", "accuracy", "loss"] as const).map((figure) => {
      const { estimate, holm, falseDiscovery, ...rest } = pair[figure];
      const differs = holm === null ? own.none : holm < 0.05 ? compared.differs : compared.chance;
      return [
        fill(compared.minus, { first: nameOf(pair.first), second: nameOf(pair.second) }),
        figure === "auc" ? aucName : compared.of[figure],
        interval(estimate, signed),
        p(rest.p),
        p(holm),
        p(falseDiscovery),
        differs,
      ];
    }),
  );
  return table(compared.head, rows);
}
