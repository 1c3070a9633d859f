// One model in the report, in the order of a model card: details, intended use, factors, metrics, evaluation data, training data, quantitative analyses, ethical
// considerations, caveats (Mitchell et al. 2019, section 4). What a program knows is filled in; what only people know is theirs, and says so where it is missing.
import type { Evaluation, FairnessReport } from "../../../preload/contract/index.ts";
import { wilson } from "../../models/metrics.ts";
import { flat } from "../run-csv.ts";
import { type Fact, facts, heading, paragraph, quiet, table, written } from "./html.ts";
import { calibrationPlot, curvePlot, ownDecisionPlot, precisionRecallPlot, rocPlot } from "./plots.ts";
import type { Subject } from "./report.ts";
import { escaped } from "./svg.ts";
import type { Words } from "./words.ts";

export function modelSection(words: Words, subject: Subject, isOneOfMany: boolean): string {
  const { own } = words;
  const { card, model } = subject;
  const { sections } = own;
  const title = isOneOfMany ? `<h1>${escaped(model.name)}</h1>` : "";
  const parts = [
    heading(2, sections.details),
    facts(details(words, subject)),
    heading(2, sections.use),
    ...asked(words, card, ["intendedUse", "intendedUsers", "outOfScope"]),
    heading(2, sections.factors),
    ...asked(words, card, ["factors"]),
    heading(2, sections.data),
    ...data(words, subject),
    ...asked(words, card, ["trainingData"]),
    heading(2, sections.training),
    ...training(words, subject),
    heading(2, sections.analyses),
    ...analyses(words, subject),
    heading(2, sections.ethics),
    written(card.ethics, own.unfilled),
    heading(2, sections.caveats),
    written(card.caveats, own.unfilled),
  ];
  return `<section${isOneOfMany ? ' class="run"' : ""}>${title}${parts.join("\n")}</section>`;
}

function asked(
  { own }: Words,
  card: Subject["card"],
  fields: readonly ("intendedUse" | "intendedUsers" | "outOfScope" | "factors" | "trainingData")[],
): string[] {
  return fields.map(
    (field) => `<div class="keep">${heading(3, own.card[field])}${written(card[field], own.unfilled)}</div>`,
  );
}

function details({ own, whole, date, bytes, fill, short }: Words, { model, run, card }: Subject): Fact[] {
  const { size, low, high } = model.input;
  const people = (text: string): string => (text.trim() === "" ? own.unfilled : text.trim());
  return [
    [own.detail.name, model.name],
    [own.detail.kind, own.kind[model.kind]],
    [own.detail.architecture, run.recipe.architecture],
    [own.detail.parameters, run.parameters === null ? own.none : whole(run.parameters)],
    [own.detail.input, fill(own.detail.inputValue, { size, low: short(low), high: short(high) })],
    [own.detail.classes, model.classes.map(({ name }) => name).join(", ")],
    [own.detail.file, fill(own.detail.fileValue, { size: bytes(model.bytes) })],
    [own.detail.made, date(model.createdAt)],
    [own.detail.run, run.name],
    [own.card.developers, people(card.developers)],
    [own.card.licence, people(card.licence)],
    [own.card.contact, people(card.contact)],
  ];
}

function data({ own, whole, fill }: Words, { snapshot, readers }: Subject): string[] {
  const head = [own.data.part, own.data.images, own.data.patients, ...snapshot.classes.map(({ name }) => name)];
  const rows = snapshot.counts.map(({ part, images, patients, perClass }) => [
    own.part[part],
    whole(images),
    whole(patients),
    ...perClass.map(whole),
  ]);
  const known = readers.people === 0 ? own.data.readersUnknown : fill(own.data.readersKnown, { count: readers.people });
  const rest =
    readers.unknown > 0 && readers.people > 0
      ? ` ${fill(own.data.readersRest, { count: whole(readers.unknown) })}`
      : "";
  return [
    facts([
      [own.data.snapshot, snapshot.name],
      [own.data.hash, snapshot.hash],
      [own.data.frozen, snapshot.createdAt.slice(0, 10)],
      [own.data.seed, String(snapshot.seed)],
      [own.data.readers, `${known}${rest}`],
    ]),
    table(head, rows),
    quiet(own.data.split),
  ];
}

function training(words: Words, { run, points }: Subject): string[] {
  const { own, fill, duration, whole, bytes } = words;
  const recipe = [...flat(run.recipe, "")].filter(([, value]) => value !== null && value !== "");
  const yesNo = (value: unknown): string => (value === true ? own.yes : value === false ? own.no : String(value));
  const plots = (["loss", "auc", "accuracy"] as const)
    .map((metric) => curvePlot(words, points, metric))
    .filter(Boolean);
  const memory =
    run.memory === null
      ? own.notMeasured
      : fill(own.procedure.memoryValue, { needed: bytes(run.memory.needed), parts: run.memory.parts });
  return [
    facts([
      [own.procedure.device, fill(own.procedure.deviceValue, { device: run.device, threads: run.threads })],
      [own.procedure.version, run.version ?? own.none],
      [own.procedure.time, duration(run.seconds)],
      [own.procedure.steps, fill(own.procedure.stepsValue, { step: whole(run.step), steps: whole(run.steps) })],
      [own.procedure.best, run.bestEpoch === null ? own.none : String(run.bestEpoch)],
      [own.procedure.seed, String(run.recipe.seed)],
      [own.procedure.memory, memory],
      [own.procedure.energy, own.energyNone],
    ]),
    ...(plots.length > 0 ? [`<div class="plots">${plots.join("\n")}</div>`] : []),
    heading(3, own.procedure.recipe),
    recipeTable(
      words,
      recipe.map(([name, value]): Fact => [words.field(name), yesNo(value)]),
    ),
  ];
}

/** Two fields beside each other: a recipe has some fifty, and a sheet is wide. */
function recipeTable({ own }: Words, rows: readonly Fact[]): string {
  const half = Math.ceil(rows.length / 2);
  const lines = Array.from({ length: half }, (_, i) => {
    const cells = [rows[i], rows[i + half]].map((fact) =>
      fact ? `<th scope="row">${escaped(fact[0])}</th><td>${escaped(fact[1])}</td>` : "<td></td><td></td>",
    );
    return `<tr>${cells.join("")}</tr>`;
  });
  const head = [own.procedure.field, own.procedure.value, own.procedure.field, own.procedure.value];
  return `<table><thead><tr>${head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("")}</tr></thead><tbody>${lines.join("")}</tbody></table>`;
}

function analyses(words: Words, { evaluation, compression, fairness, model }: Subject): string[] {
  const { own, fill, decimal, percent, interval, whole } = words;
  const { figure } = own;
  const isBinary = evaluation.classes.length === 2;
  const rows: Fact[] = [
    [isBinary ? "AUC" : figure.aucMacro, interval(evaluation.auc)],
    [figure.accuracy, interval(evaluation.accuracy, percent)],
    ...(isBinary ? rates(words, evaluation) : []),
    [figure.ece, decimal(evaluation.calibration.ece)],
    [figure.cases, whole(evaluation.cases.length)],
  ];
  const threshold = isBinary
    ? fill(own.threshold, { class: evaluation.classes[1]!.name, value: decimal(evaluation.threshold) })
    : own.likeliest;
  const named = [{ name: own.plot.model, evaluation }];
  const classes = isBinary ? [evaluation.classes[1]!] : evaluation.classes;
  const plots = [
    ...classes.flatMap(({ id }) => [rocPlot(words, named, id), precisionRecallPlot(words, named, id)]),
    calibrationPlot(words, evaluation),
    ...(isBinary ? [ownDecisionPlot(words, evaluation)] : []),
  ].filter(Boolean);
  return [
    paragraph(fill(own.judged, { part: own.part[evaluation.part] })),
    facts(rows),
    paragraph(threshold),
    `<div class="keep">${heading(3, own.confusion.title)}${confusion(words, evaluation)}</div>`,
    `<div class="plots">${plots.join("\n")}</div>`,
    heading(3, own.fairness.title),
    ...(fairness === null ? [quiet(own.fairness.none)] : groups(words, fairness)),
    ...(model.kind === "trained" || compression === null
      ? []
      : [
          heading(3, own.compression.title),
          table(own.compression.head, [
            [own.compression.before, ...costs(words, compression.before)],
            [own.compression.after, ...costs(words, compression.after)],
          ]),
          paragraph(compression.accepted ? own.compression.accepted : own.compression.refused),
        ]),
  ];
}

function costs(
  { bytes, short, decimal, percent }: Words,
  cost: NonNullable<Subject["compression"]>["after"],
): string[] {
  return [bytes(cost.bytes), `${short(cost.latencyMs)} ms`, decimal(cost.auc), percent(cost.accuracy)];
}

/** Sensitivity and specificity at the model's threshold, with Wilson's intervals, and the Brier score. */
function rates({ own, interval, percent, decimal }: Words, { cases, confusion }: Evaluation): Fact[] {
  const [[trueNegative, falsePositive], [falseNegative, truePositive]] = confusion as [
    [number, number],
    [number, number],
  ];
  const brier =
    cases.reduce((sum, { truth, probabilities }) => sum + (probabilities[1]! - truth) ** 2, 0) / cases.length;
  const share = (hits: number, of: number): string => (of === 0 ? own.none : interval(wilson(hits, of), percent));
  return [
    [own.figure.sensitivity, share(truePositive, truePositive + falseNegative)],
    [own.figure.specificity, share(trueNegative, trueNegative + falsePositive)],
    [own.figure.brier, decimal(brier)],
  ];
}

function confusion({ own, whole }: Words, { classes, confusion: counts }: Evaluation): string {
  const head = [own.confusion.corner, ...classes.map(({ name }) => name)];
  const rows = counts.map((row, truth) => {
    const cells = row.map((count, i) => `<td class="n${i === truth ? " diagonal" : ""}">${whole(count)}</td>`);
    return `<tr><th scope="row">${escaped(classes[truth]!.name)}</th>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** Groups of fewer cases than the audit asks for are counted and not judged: their figures could name a person. */
function groups(words: Words, report: FairnessReport): string[] {
  const { own, fairness, fill, interval, percent, decimal, whole } = words;
  const sexes: Readonly<Record<string, string>> = fairness.sex;
  const spoken = (value: string): string => (value === "" ? fairness.unknown : (sexes[value] ?? value));
  const rows = [report.overall, ...report.groups].map((group, i) => [
    i === 0 ? fairness.all : group.values.map(spoken).join(" · "),
    whole(group.cases),
    whole(group.patients),
    ...(group.figures === null
      ? [fill(own.fairness.few, { minimum: report.minimum }), own.none, own.none, own.none]
      : [
          interval(group.figures.auc),
          interval(group.figures.sensitivity, percent),
          interval(group.figures.specificity, percent),
          decimal(group.figures.ece),
        ]),
  ]);
  const { demographicParity, equalOpportunity, equalisedOdds, auc } = report.differences;
  const differences: Fact[] = (
    [
      [fairness.difference.demographicParity, demographicParity],
      [fairness.difference.equalOpportunity, equalOpportunity],
      [fairness.difference.equalisedOdds, equalisedOdds],
      [fairness.difference.auc, auc],
    ] as const
  ).map(([name, difference]): Fact => [name, interval(difference)]);
  const attributes: Readonly<Record<string, string>> = fairness.attribute;
  const by = report.by.map((one) => attributes[one] ?? one).join(" · ");
  return [
    paragraph(fill(own.fairness.by, { by, minimum: report.minimum })),
    table(
      [
        fairness.column.group,
        fairness.column.cases,
        fairness.column.patients,
        "AUC",
        own.figure.sensitivity,
        own.figure.specificity,
        "ECE",
      ],
      rows,
    ),
    heading(3, fairness.differences),
    facts(differences),
    quiet(fairness.chance),
  ];
}
