import { oc } from "@orpc/contract";
import { z } from "zod";
import { jobSchema } from "./jobs.ts";
import { architectureSchema, deviceSchema, type Recipe, recipeSchema, runStateSchema } from "./runs.ts";

const searchValueSchema = z.union([z.number(), z.string(), z.boolean()]);
export type SearchValue = z.infer<typeof searchValueSchema>;

const named = {
  name: z.string().min(1).max(60).describe("a field of the recipe, those of its augmentation as augment.rotate"),
  when: z
    .object({ name: z.string(), is: z.array(searchValueSchema).min(1) })
    .optional()
    .describe("varied only where an earlier parameter has one of these values; elsewhere the recipe's own value holds"),
};
const numbers = { low: z.number(), high: z.number(), log: z.boolean().optional().describe("even on the logarithm") };

export const searchParameterSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("float"), ...named, ...numbers }),
  z.object({ kind: z.literal("integer"), ...named, ...numbers }),
  z.object({ kind: z.literal("choice"), ...named, options: z.array(searchValueSchema).min(1).max(50) }),
]);
export type SearchParameter = z.infer<typeof searchParameterSchema>;

export const searchSamplerSchema = z.enum(["auto", "bayesian", "tpe", "random", "grid"]);
export type SearchSampler = z.infer<typeof searchSamplerSchema>;

/** What a trial is judged by: validation AUC (large), validation loss (nats), milliseconds an image on the processor, bytes of the model file (small). */
export const searchObjectiveSchema = z.enum(["auc", "loss", "latency", "size"]);
export type SearchObjective = z.infer<typeof searchObjectiveSchema>;

/** Successive halving: everything begins short, and of each length only the best `1 / reduction` go on to `reduction` times as many epochs. */
export const searchHalvingSchema = z.object({
  shortest: z.int().min(1).max(1000).describe("epochs that every trial gets"),
  reduction: z.int().min(2).max(10).default(3),
  brackets: z.boolean().default(false).describe("Hyperband: some trials begin with more epochs"),
});

export const searchPlanSchema = z
  .object({
    snapshotId: z.string(),
    recipe: recipeSchema.describe("what holds for everything that is not varied"),
    device: deviceSchema.shape.id.default("cpu"),
    space: z.array(searchParameterSchema).min(1).max(40),
    sampler: searchSamplerSchema.default("auto"),
    objectives: z
      .array(searchObjectiveSchema)
      .min(1)
      .max(4)
      .refine((all) => new Set(all).size === all.length, "Name each objective once.")
      .default(["auc"]),
    trials: z.int().min(1).max(1000).default(20),
    minutes: z.number().positive().max(100_000).nullable().default(null).describe("after these no new trial begins"),
    patience: z
      .int()
      .min(1)
      .max(1000)
      .nullable()
      .default(null)
      .describe("ends after so many trials without a better one"),
    target: z
      .number()
      .nullable()
      .default(null)
      .describe("ends when the first objective is as good as this, in its own unit"),
    halving: searchHalvingSchema.nullable().default(null),
    workers: z.int().min(1).max(16).default(1).describe("trials at the same time; they share the processor's threads"),
    warmStart: z.boolean().default(false).describe("learns from finished runs that differ only in what is varied"),
    seed: z.int().min(0).default(1),
  })
  .refine(({ halving, objectives }) => halving === null || (objectives.length === 1 && !isCost(objectives[0]!)), {
    path: ["halving"],
    message: "Stopping trials early needs one objective that every epoch tells: AUC or loss.",
  });
export type SearchPlan = z.infer<typeof searchPlanSchema>;
export type SearchPlanInput = z.input<typeof searchPlanSchema>;

export const searchSchema = z.object({
  id: z.string(),
  name: z.string(),
  plan: searchPlanSchema,
  earlier: z.array(z.string()).describe("runs that it learnt from before its first trial"),
  state: runStateSchema,
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  seconds: z.number().describe("spent on trials, over all sittings; trials at the same time count once"),
  begun: z.int().describe("trials begun"),
  ended: z.int().describe("trials that are done or failed, or were stopped early"),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type Search = z.infer<typeof searchSchema>;

/** Figures of a trial that was trained to its end. auc is null where a class is missing from validation. */
export const trialMeasuresSchema = z.object({
  auc: z.number().nullable(),
  loss: z.number().describe("nats"),
  latency: z.number().nullable().describe("milliseconds an image; null where it is no objective"),
  size: z.number().describe("bytes of the model file"),
});
export type TrialMeasures = z.infer<typeof trialMeasuresSchema>;

export const searchTrialSchema = z.object({
  number: z.int().describe("from 1"),
  runId: z.string(),
  configuration: z.record(z.string(), searchValueSchema),
  told: z
    .array(z.union([z.number(), z.literal("failed")]).nullable())
    .describe("what was known of earlier runs and trials when it was chosen, small is good; null: not yet"),
  bracket: z.int().describe("of Hyperband; 0 otherwise"),
  epochs: z.int().describe("that it is to be trained for now; more when it goes on"),
  state: z
    .enum(["running", "waiting", "done", "failed"])
    .describe("waiting: stopped early, goes on if it turns out to be among the best"),
  measures: trialMeasuresSchema.nullable().describe("null until done"),
  seconds: z.number(),
});
export type SearchTrial = z.infer<typeof searchTrialSchema>;

/** Parameters that a search may vary, with the ends that a recipe allows and a scale that suits them. */
export const SEARCHABLE = {
  learningRate: { kind: "float", low: 1e-6, high: 10, log: true },
  weightDecay: { kind: "float", low: 1e-8, high: 1, log: true },
  width: { kind: "integer", low: 4, high: 4096, log: true },
  depth: { kind: "integer", low: 1, high: 12 },
  architecture: { kind: "choice", options: architectureSchema.options },
  inputSize: { kind: "integer", low: 8, high: 512 },
  batchSize: { kind: "integer", low: 1, high: 512, log: true },
  epochs: { kind: "integer", low: 1, high: 1000, log: true },
  optimiser: { kind: "choice", options: recipeSchema.shape.optimiser.options },
  schedule: { kind: "choice", options: recipeSchema.shape.schedule.options },
  momentum: { kind: "float", low: 0, high: 0.999 },
  warmUp: { kind: "float", low: 0, high: 0.5 },
  dropout: { kind: "float", low: 0, high: 0.9 },
  stochasticDepth: { kind: "float", low: 0, high: 0.9 },
  layerDecay: { kind: "float", low: 0.1, high: 1 },
  labelSmoothing: { kind: "float", low: 0, high: 0.5 },
  focal: { kind: "float", low: 0, high: 5 },
  mixup: { kind: "float", low: 0, high: 2 },
  cutmix: { kind: "float", low: 0, high: 2 },
  average: { kind: "choice", options: ["none", "ema", "swa"] },
  balanced: { kind: "choice", options: [false, true] },
  classWeights: { kind: "choice", options: [false, true] },
  "augment.shift": { kind: "float", low: 0, high: 0.5 },
  "augment.rotate": { kind: "float", low: 0, high: 180 },
  "augment.scale": { kind: "float", low: 0, high: 0.5 },
  "augment.flip": { kind: "choice", options: [false, true] },
  "augment.intensity": { kind: "float", low: 0, high: 0.5 },
  "augment.elastic": { kind: "float", low: 0, high: 0.2 },
  "augment.gamma": { kind: "float", low: 0, high: 1 },
  "augment.noise": { kind: "float", low: 0, high: 0.5 },
  "augment.blur": { kind: "float", low: 0, high: 3 },
  "augment.cutout": { kind: "float", low: 0, high: 0.7 },
} as const satisfies Record<
  string,
  | { kind: "float" | "integer"; low: number; high: number; log?: boolean }
  | { kind: "choice"; options: readonly SearchValue[] }
>;
export type SearchableName = keyof typeof SEARCHABLE;
export const isSearchable = (name: string): name is SearchableName => Object.hasOwn(SEARCHABLE, name);

function isCost(objective: SearchObjective): boolean {
  return objective === "latency" || objective === "size";
}

/** A measure as something to make small: 1 - AUC, the others as they are. Null where it was not measured. */
export function costOf(objective: SearchObjective, measures: TrialMeasures): number | null {
  if (objective !== "auc") return measures[objective];
  return measures.auc === null ? null : 1 - measures.auc;
}

/** The trials than which no other finished one is better in one objective and as good in all: one (or equals) with one objective. In their order. */
export function bestTrials(plan: Pick<SearchPlan, "objectives">, trials: readonly SearchTrial[]): SearchTrial[] {
  const measured = trials.flatMap((trial) => {
    const costs = trial.measures && plan.objectives.map((objective) => costOf(objective, trial.measures!));
    return costs?.every((cost) => cost !== null) ? [{ trial, costs: costs as number[] }] : [];
  });
  const beats = (one: number[], other: number[]): boolean =>
    one.every((cost, i) => cost <= other[i]!) && one.some((cost, i) => cost < other[i]!);
  return measured.filter(({ costs }) => !measured.some((rival) => beats(rival.costs, costs))).map(({ trial }) => trial);
}

const started = z.object({ search: searchSchema, job: jobSchema.describe("the first of its workers") });

export const searchesContract = {
  /** A recipe to vary and a space around it that suits the snapshot; a trial should take about `minutes`. Errors: snapshot/*. */
  suggest: oc
    .input(z.object({ snapshotId: z.string(), minutes: z.number().min(0.1).max(1440).default(2) }))
    .output(z.object({ recipe: recipeSchema, space: z.array(searchParameterSchema) })),
  /** Errors: search/space for a space that no recipe allows; search/name-taken. */
  start: oc.input(z.object({ name: z.string().trim().min(1).max(60), plan: searchPlanSchema })).output(started),
  /**
   * Goes on with a search that was stopped or has ended, with a larger budget where one is given. No trial is lost or begun twice.
   * Errors: search/running; app/not-found.
   */
  resume: oc
    .input(
      z.object({
        id: z.string(),
        trials: z.int().min(1).max(1000).optional(),
        minutes: z.number().positive().max(100_000).nullable().optional(),
      }),
    )
    .output(started),
  /** Asks all its workers to stop; the trials under way keep a checkpoint. */
  cancel: oc.input(z.object({ id: z.string() })).output(searchSchema),
  /** Newest first. */
  list: oc.output(z.array(searchSchema)),
  get: oc
    .input(z.object({ id: z.string() }))
    .output(z.object({ search: searchSchema, trials: z.array(searchTrialSchema) })),
  /**
   * The share of the differences between trials that goes back to each varied parameter, 0 to 1; shares may sum to more than 1. Null with too few trials, or
   * where all came out the same.
   */
  importance: oc
    .input(z.object({ id: z.string() }))
    .output(z.array(z.object({ name: z.string(), share: z.number() })).nullable()),
};

/** The recipe of a configuration: the plan's, with the named fields replaced. Not yet checked against the schema. */
export function recipeWith(recipe: Recipe, configuration: Readonly<Record<string, SearchValue>>): unknown {
  const fields: Record<string, unknown> = { ...recipe };
  for (const [name, value] of Object.entries(configuration)) {
    const [field, inner] = name.split(".") as [string, string | undefined];
    if (inner === undefined) fields[field] = value;
    else fields[field] = { ...PLAIN, ...(fields[field] as object | null), [inner]: value };
  }
  return fields;
}

/** Augmentation that changes nothing. */
const PLAIN = { shift: 0, rotate: 0, scale: 0, flip: false, intensity: 0 };
