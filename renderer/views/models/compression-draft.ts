// A compression recipe while it is typed: numbers may be missing, shares are percentages.
import {
  architectureSchema,
  type CompressionStep,
  compressionRecipeSchema,
  type NumberFormat,
  numberFormatSchema,
  type Quantisation,
  type Recipe,
} from "../../../preload/contract/index.ts";

type Typed = number | string;
type Architecture = Recipe["architecture"];

/** A net that is made anew, or what the step before left. */
export const REST = "rest";
export const NETS: readonly Architecture[] = architectureSchema.options;

export type StepDraft =
  | {
      readonly step: "prune";
      readonly share: Typed;
      readonly importance: "taylor" | "magnitude";
      readonly epochs: Typed;
    }
  | {
      readonly step: "distil";
      readonly net: Architecture | typeof REST;
      readonly width: Typed;
      readonly temperature: Typed;
      readonly weight: Typed;
      readonly epochs: Typed;
    }
  | {
      readonly step: "quantise";
      readonly format: NumberFormat;
      readonly calibration: Quantisation["calibration"];
      readonly percentile: Typed;
      readonly symmetric: boolean;
    };

export type StepKind = StepDraft["step"];
export const STEP_KINDS: readonly StepKind[] = ["prune", "distil", "quantise"];
export const MOST_STEPS = 8;
export const FORMATS: readonly NumberFormat[] = numberFormatSchema.options;
export const CALIBRATIONS = ["min-max", "percentile", "entropy"] as const;

const PERCENT = 100;

/** What people usually want of a step; `first`: nothing is left of a step before. */
function usual(step: StepKind, first: boolean): StepDraft {
  switch (step) {
    case "prune":
      return { step, share: 50, importance: "taylor", epochs: 10 };
    case "distil":
      return { step, net: first ? "convnet" : REST, width: 16, temperature: 4, weight: 70, epochs: 20 };
    case "quantise":
      return { step, format: "int8", calibration: "min-max", percentile: 99.99, symmetric: false };
  }
}

/** With a step more; integers stay last, because nothing can be removed from them and they cannot learn. A pruned net that is taught next needs no training between. */
export function withStep(steps: readonly StepDraft[], step: StepKind): readonly StepDraft[] {
  const integers = steps.filter((one) => one.step === "quantise");
  const others = steps.filter((one) => one.step !== "quantise");
  if (step === "quantise") return [...others, ...(integers.length > 0 ? integers : [usual(step, false)])];
  const before = others.map((one, i) =>
    step === "distil" && one.step === "prune" && i === others.length - 1 ? { ...one, epochs: 0 } : one,
  );
  return [...before, usual(step, before.length === 0), ...integers];
}

/** Without the step at a place; what learns first then needs a net of its own. */
export function withoutStep(steps: readonly StepDraft[], place: number): readonly StepDraft[] {
  return steps
    .filter((_, i) => i !== place)
    .map((one, i) => (i === 0 && one.step === "distil" && one.net === REST ? { ...one, net: "convnet" } : one));
}

/** The recipe; null where something in it is missing or out of range. */
export function recipeOf(steps: readonly StepDraft[]): CompressionStep[] | null {
  const percent = (typed: Typed) => (typeof typed === "number" ? typed / PERCENT : typed);
  const parsed = compressionRecipeSchema.safeParse(
    steps.map((one) => {
      if (one.step === "prune") return { ...one, share: percent(one.share) };
      // A percentile that nobody asks for may be missing.
      if (one.step === "quantise")
        return one.calibration === "percentile" && one.format === "int8" ? one : { ...one, percentile: undefined };
      const { net, width, ...rest } = one;
      return { ...rest, weight: percent(one.weight), student: net === REST ? null : { architecture: net, width } };
    }),
  );
  return parsed.success ? parsed.data : null;
}
