// How far readers agree in what they answer: for each question, over every pair of them and over all.
//
// Which figures depends on the scale of the answers. Classes: percent, Cohen's kappa for pairs, Fleiss' kappa and Krippendorff's alpha over all. Classes
// in order: weighted kappas and the ordinal alpha too. Numbers: intraclass correlation, limits of agreement. Several classes at once: each class is a
// yes-or-no question of its own. Pairs count the cases that both read, Fleiss' kappa and intraclass correlation those that all read, alpha all that two read.
// Intervals draw whole patients anew; those of intraclass correlations come from F where every patient has one case.

import { type AlphaScale, alphaOver } from "./alpha.ts";
import type { BootstrapSettings } from "./bootstrap.ts";
import { intraclass, singleIntraclass } from "./intraclass.ts";
import { type LimitsOfAgreement, limitsOfAgreement } from "./measurements.ts";
import {
  classKappa,
  cohenKappa,
  fleissKappa,
  type KappaWeights,
  pairTable,
  pairwiseAgreement,
  percentAgreement,
} from "./nominal.ts";
import {
  type Figure,
  type LabelReadings,
  missing,
  pairsOf,
  patientsOf,
  type Reading,
  readingsOf,
  refuse,
  resampledFigures,
  sharedCases,
} from "./readings.ts";

/** A class, yes or no, a number, or several classes at once. */
export type Answer = string | boolean | number | readonly string[];

export type Question =
  | { readonly label: string; readonly scale: "nominal" }
  | { readonly label: string; readonly scale: "ordinal"; readonly order: readonly string[] }
  | { readonly label: string; readonly scale: "numeric" }
  | { readonly label: string; readonly scale: "multiple"; readonly classes: readonly string[] };

export type FigureName =
  | "percent"
  | "kappa"
  | "kappa-linear"
  | "kappa-quadratic"
  | "fleiss"
  | "alpha"
  | "icc-agreement"
  | "icc-consistency";
export type Figures = Readonly<Partial<Record<FigureName, Figure>>>;

/** Of one class against all others: Cohen's kappa of a pair, Fleiss' of all. */
export interface ClassFigure {
  readonly name: string;
  readonly kappa: Figure;
}

export interface PairAgreement {
  readonly readers: readonly [string, string];
  /** Cases that both read. */
  readonly cases: number;
  readonly figures: Figures;
  /** With three classes or more. */
  readonly classes: readonly ClassFigure[];
  /** Of numbers: second less first; null for fewer than two cases. */
  readonly differences: LimitsOfAgreement | null;
}

export interface LabelAgreement {
  readonly label: string;
  /** Of a question with several classes at once: which of them. */
  readonly className: string | null;
  readonly scale: Question["scale"];
  readonly readers: readonly string[];
  /** Cases that anybody, and that everybody, read. */
  readonly cases: number;
  readonly complete: number;
  readonly pairs: readonly PairAgreement[];
  readonly overall: { readonly figures: Figures; readonly classes: readonly ClassFigure[] };
}

/**
 * One entry for each question, or for each class of a question with several at once. Throws app/invalid-input for answers that do not fit their
 * question, for a case read twice by a reader, and for a case of two patients.
 */
export function agreement(
  readings: readonly Reading<Answer>[],
  questions: readonly Question[],
  settings: BootstrapSettings,
): LabelAgreement[] {
  return questions.flatMap((question) => ofQuestion(readingsOf(readings, question.label), question, settings));
}

function ofQuestion(
  answers: LabelReadings<Answer>,
  question: Question,
  settings: BootstrapSettings,
): readonly LabelAgreement[] {
  const { label, scale } = question;
  switch (question.scale) {
    case "nominal": {
      const named = mapped(answers, (value) => classOf(label, value));
      const classes = [...new Set(named.cases.flatMap(({ byReader }) => [...byReader.values()]))].sort();
      return [ofClasses({ label, className: null, scale }, named, classes, settings)];
    }
    case "ordinal": {
      const named = mapped(answers, (value) => classOf(label, value, question.order));
      return [ofClasses({ label, className: null, scale }, named, question.order, settings)];
    }
    case "multiple": {
      const sets = mapped(answers, (value) => setOf(label, value, question.classes));
      return question.classes.map((className) => {
        const yesOrNo = mapped(sets, (value) => (value.includes(className) ? "yes" : "no"));
        return ofClasses({ label, className, scale }, yesOrNo, ["no", "yes"], settings);
      });
    }
    case "numeric": {
      const numbers = mapped(answers, (value) => numberOf(label, value));
      return [ofNumbers(label, numbers, settings)];
    }
  }
}

function mapped<From, To>({ readers, cases }: LabelReadings<From>, change: (value: From) => To): LabelReadings<To> {
  return {
    readers,
    cases: cases.map((one) => ({
      ...one,
      byReader: new Map([...one.byReader].map(([reader, value]) => [reader, change(value)])),
    })),
  };
}

function classOf(label: string, value: Answer, classes?: readonly string[]): string {
  const name = typeof value === "boolean" ? (value ? "yes" : "no") : value;
  if (typeof name !== "string") refuse(label, "expected the name of a class");
  if (classes !== undefined && !classes.includes(name)) refuse(label, "an answer is not among the classes");
  return name;
}

function setOf(label: string, value: Answer, classes: readonly string[]): readonly string[] {
  if (!Array.isArray(value)) refuse(label, "expected a list of classes");
  const names = value as readonly string[];
  if (!names.every((name) => classes.includes(name))) refuse(label, "an answer is not among the classes");
  return names;
}

function numberOf(label: string, value: Answer): number {
  if (typeof value !== "number" || !Number.isFinite(value)) refuse(label, "expected a finite number");
  return value;
}

type Heading = Pick<LabelAgreement, "label" | "className" | "scale">;

function ofClasses(
  heading: Heading,
  answers: LabelReadings<string>,
  classes: readonly string[],
  settings: BootstrapSettings,
): LabelAgreement {
  const indices = mapped(answers, (name) => classes.indexOf(name));
  const scale = heading.scale === "ordinal" ? "ordinal" : "nominal";
  const complete = sharedCases(indices, answers.readers);
  const several = answers.readers.length > 1;
  return {
    ...heading,
    readers: answers.readers,
    cases: answers.cases.length,
    complete: complete.length,
    pairs: pairsOf(answers.readers).map((readers) => pairOfClasses(indices, readers, classes, scale, settings)),
    overall: several
      ? overallOfClasses(indices, complete, classes, scale, settings)
      : {
          figures: Object.fromEntries(OVERALL.map((name) => [name, missing("one-reader")])),
          classes: eachOf(classes).map((name) => ({ name, kappa: missing("one-reader") })),
        },
  };
}

const OVERALL = ["percent", "fleiss", "alpha"] as const satisfies readonly FigureName[];

/** Two classes are each other's rest: figures of each would say the same twice. */
const eachOf = (classes: readonly string[]): readonly string[] => (classes.length > 2 ? classes : []);

/** `figures` has one for each class under its place. */
function classFigures(classes: readonly string[], figures: Readonly<Record<string, Figure>>): ClassFigure[] {
  return eachOf(classes).map((name, index) => ({ name, kappa: figures[index] }));
}

function pairOfClasses(
  indices: LabelReadings<number>,
  readers: [string, string],
  classes: readonly string[],
  scale: AlphaScale,
  settings: BootstrapSettings,
): PairAgreement {
  const shared = sharedCases(indices, readers);
  const [first, second] = [0, 1].map((reader) => Int32Array.from(shared, ({ values }) => values[reader]));
  const weights: readonly KappaWeights[] = scale === "ordinal" ? ["none", "linear", "quadratic"] : ["none"];
  const kappas: readonly FigureName[] = ["kappa", "kappa-linear", "kappa-quadratic"];
  const each = eachOf(classes);
  const names = ["percent", ...kappas.slice(0, weights.length), ...each.keys()].map(String);
  const statistics = (cases: Int32Array): readonly (number | null)[] => {
    const table = pairTable(first, second, classes.length, cases);
    return [
      percentAgreement(table),
      ...weights.map((weight) => cohenKappa(table, weight)),
      ...each.map((_, index) => classKappa(table, index)),
    ];
  };
  const figures = resampledFigures(shared, names, statistics, "one-class", settings);
  return {
    readers,
    cases: shared.length,
    figures: Object.fromEntries(names.slice(0, 1 + weights.length).map((name) => [name, figures[name]])),
    classes: classFigures(classes, figures),
    differences: null,
  };
}

type Shared = readonly { readonly patient: string; readonly values: readonly number[] }[];

function overallOfClasses(
  indices: LabelReadings<number>,
  complete: Shared,
  classes: readonly string[],
  scale: AlphaScale,
  settings: BootstrapSettings,
): LabelAgreement["overall"] {
  const counted = (shared: Shared): number[][] =>
    shared.map(({ values }) => classes.map((_, index) => values.filter((value) => value === index).length));
  const read = readBySeveral(indices);
  const [readCounts, completeCounts] = [counted(read), counted(complete)];
  const alpha = alphaOver(
    read.map(({ values }) => values),
    scale,
  );
  const ofRead = resampledFigures(
    read,
    ["percent", "alpha"],
    (cases) => [pairwiseAgreement(readCounts, cases), alpha(cases)],
    "one-class",
    settings,
  );
  const each = eachOf(classes);
  const names = ["fleiss", ...each.keys()].map(String);
  const ofComplete = resampledFigures(
    complete,
    names,
    (cases) => {
      const found = fleissKappa(completeCounts, cases);
      return [found?.kappa ?? null, ...each.map((_, index) => found?.classes[index] ?? null)];
    },
    "one-class",
    settings,
  );
  return {
    figures: { percent: ofRead.percent, fleiss: ofComplete.fleiss, alpha: ofRead.alpha },
    classes: classFigures(classes, ofComplete),
  };
}

/** Cases that two readers or more read, each with its values: what alpha is about. */
function readBySeveral({ cases }: LabelReadings<number>): Shared {
  return cases
    .filter(({ byReader }) => byReader.size > 1)
    .map(({ patient, byReader }) => ({ patient, values: [...byReader.values()] }));
}

function ofNumbers(label: string, answers: LabelReadings<number>, settings: BootstrapSettings): LabelAgreement {
  const complete = sharedCases(answers, answers.readers);
  const read = readBySeveral(answers);
  const alpha = alphaOver(
    read.map(({ values }) => values),
    "interval",
  );
  const alone = missing("one-reader");
  return {
    label,
    className: null,
    scale: "numeric",
    readers: answers.readers,
    cases: answers.cases.length,
    complete: complete.length,
    pairs: pairsOf(answers.readers).map((readers) => {
      const shared = sharedCases(answers, readers);
      const [first, second] = [0, 1].map((reader) => shared.map(({ values }) => values[reader]));
      return {
        readers,
        cases: shared.length,
        figures: correlations(shared, settings),
        classes: [],
        differences: limitsOfAgreement(first, second),
      };
    }),
    overall: {
      figures:
        answers.readers.length > 1
          ? {
              ...correlations(complete, settings),
              ...resampledFigures(read, ["alpha"], (cases) => [alpha(cases)], "one-class", settings),
            }
          : { "icc-agreement": alone, "icc-consistency": alone, alpha: alone },
      classes: [],
    },
  };
}

/** Of single readings. F takes cases for independent: where a patient has several, the intervals draw patients instead. */
function correlations(shared: Shared, settings: BootstrapSettings): Figures {
  const table = shared.map(({ values }) => values);
  const forms = intraclass(table, settings.level);
  if (forms === null) {
    const reason = missing((["no-shared-cases", "too-few-cases"] as const)[shared.length] ?? "one-class");
    return { "icc-agreement": reason, "icc-consistency": reason };
  }
  if (patientsOf(shared).length === shared.length) {
    return {
      "icc-agreement": forms.agreement.single ?? missing("not-defined"),
      "icc-consistency": forms.consistency.single ?? missing("not-defined"),
    };
  }
  const statistics = (cases: Int32Array): readonly (number | null)[] => {
    const { agreement: absolute, consistency } = singleIntraclass(table, cases);
    return [absolute, consistency];
  };
  return resampledFigures(shared, ["icc-agreement", "icc-consistency"], statistics, "not-defined", settings);
}
