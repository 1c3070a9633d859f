// The fields of a recipe as a form and a comparison show them: groups, order, kind, when they mean something. Limits and choices are read from the
// contract, so they cannot disagree with what the studio accepts.
import { type Recipe, recipeSchema } from "../../../preload/contract/index.ts";

/** Parts of a recipe that are on or off as a whole. */
type Section = "augment" | "fold" | "distil";
type PartOf<S extends Section> = keyof NonNullable<Recipe[S]>;

/** Dotted for what belongs to a section. */
export type RecipeField = keyof Recipe | { [S in Section]: `${S}.${string & PartOf<S>}` }[Section];
/** A field without its section: its key in the texts. */
export type FieldLeaf = keyof Recipe | { [S in Section]: PartOf<S> }[Section];

export type FieldInput =
  | { readonly kind: "choice" | "switch" | "section" }
  /** Attributes of patients, joined by commas. */
  | { readonly kind: "groups" }
  /** Chosen elsewhere in the page; told in summaries and comparisons. */
  | { readonly kind: "elsewhere" }
  /** `decimals` 0: whole numbers. `optional`: may be empty, which switches it off. */
  | { readonly kind: "number"; readonly step: number; readonly decimals: number; readonly optional?: boolean };

const whole = (step = 1): FieldInput => ({ kind: "number", step, decimals: 0 });
const real = (step: number, decimals = 4): FieldInput => ({ kind: "number", step, decimals });
const choice: FieldInput = { kind: "choice" };
const onOff: FieldInput = { kind: "switch" };
const section: FieldInput = { kind: "section" };
const elsewhere: FieldInput = { kind: "elsewhere" };

const GROUPED = {
  model: {
    startFrom: elsewhere,
    probe: onOff,
    architecture: choice,
    inputSize: whole(8),
    width: whole(4),
    depth: { kind: "number", step: 1, decimals: 0, optional: true },
    distil: elsewhere,
    "distil.teacher": elsewhere,
    "distil.temperature": real(1, 2),
    "distil.weight": real(0.1, 2),
  },
  training: {
    epochs: whole(),
    batchSize: whole(8),
    optimiser: choice,
    learningRate: real(0.0001, 8),
    schedule: choice,
    patience: { kind: "number", step: 1, decimals: 0, optional: true },
    balanced: onOff,
    seed: whole(),
  },
  regularisation: {
    weightDecay: real(0.001, 8),
    labelSmoothing: real(0.05),
    dropout: real(0.1),
    mixup: real(0.1, 2),
    cutmix: real(0.1, 2),
    average: choice,
    calibrate: onOff,
  },
  augment: {
    augment: section,
    "augment.shift": real(0.01, 3),
    "augment.rotate": real(1, 1),
    "augment.scale": real(0.01, 3),
    "augment.intensity": real(0.01, 3),
    "augment.shear": real(1, 1),
    "augment.elastic": real(0.01, 3),
    "augment.gamma": real(0.05, 3),
    "augment.noise": real(0.01, 3),
    "augment.blur": real(0.1, 2),
    "augment.cutout": real(0.05, 3),
    "augment.flip": onOff,
    "augment.flipVertical": onOff,
    "augment.quarterTurns": onOff,
    testTimeAugmentation: onOff,
  },
  advanced: {
    warmUp: real(0.01, 3),
    accumulate: whole(),
    clipNorm: { kind: "number", step: 1, decimals: 3, optional: true },
    momentum: real(0.01, 3),
    nesterov: onOff,
    layerDecay: real(0.05, 3),
    frozenLayers: whole(),
    stochasticDepth: real(0.05, 3),
    l1: real(0.00001, 8),
    focal: real(0.5, 2),
    classWeights: onOff,
    groupBy: { kind: "groups" },
    groupMethod: choice,
    groupStep: real(0.01),
    fold: section,
    "fold.index": whole(),
    "fold.count": whole(),
  },
} as const satisfies Record<string, Partial<Record<RecipeField, FieldInput>>>;

export type FieldGroup = keyof typeof GROUPED;

export interface GroupRow {
  readonly group: FieldGroup;
  readonly fields: readonly { readonly field: RecipeField; readonly input: FieldInput }[];
}

/** The groups in the order of the form; the last is folded away. */
export const FIELD_GROUPS: readonly GroupRow[] = Object.entries(GROUPED).map(([group, fields]) => ({
  group: group as FieldGroup,
  fields: Object.entries(fields).map(([field, input]) => ({ field: field as RecipeField, input })),
}));

export const RECIPE_FIELDS: readonly RecipeField[] = FIELD_GROUPS.flatMap(({ fields }) =>
  fields.map(({ field }) => field),
);

export type FieldValue = string | number | boolean | null;

const sectionOf = (field: RecipeField): Section | null => {
  const [first, part] = field.split(".");
  return part === undefined ? null : (first as Section);
};

/** The field without its section. */
export function fieldLeaf(field: RecipeField): FieldLeaf {
  return field.slice(field.indexOf(".") + 1) as FieldLeaf;
}

const isSection = (field: RecipeField): field is Section =>
  field === "augment" || field === "fold" || field === "distil";

/** The value of a field; null where its section, or the field itself, is off. A section itself is whether it is on. */
export function fieldValue(recipe: Recipe | RecipeDraft, field: RecipeField): FieldValue {
  const values = recipe as Readonly<Record<string, unknown>>;
  if (isSection(field)) return recipe[field] !== null;
  const own = sectionOf(field);
  if (own === null) return values[field] as FieldValue;
  const parts = recipe[own] as Readonly<Record<string, FieldValue>> | null;
  return parts?.[fieldLeaf(field)] ?? null;
}

/** The draft with one field changed; for a section, `true` switches it on with what people usually want. */
export function withField(draft: RecipeDraft, field: RecipeField, value: FieldValue): RecipeDraft {
  if (isSection(field)) return { ...draft, [field]: value === true ? USUAL[field] : null };
  const own = sectionOf(field);
  if (own === null) return { ...draft, [field]: value };
  return draft[own] === null ? draft : { ...draft, [own]: { ...draft[own], [fieldLeaf(field)]: value } };
}

/** What a choice may be, as the contract lists it. */
export function choicesOf(field: RecipeField): readonly string[] {
  const { shape } = recipeSchema;
  switch (field) {
    case "architecture":
    case "optimiser":
    case "schedule":
      return shape[field].options;
    case "average":
      return shape.average.unwrap().options;
    case "groupMethod":
      return shape.groupMethod.unwrap().options;
    default:
      return [];
  }
}

/** Whose residual branches can be left out. */
const RESIDUAL = /^(resnet|convnext|vit|efficientnet|mobilenet)/;

/** What varies pictures, and what concerns layers that do not learn. */
const NOT_IN_PROBES: ReadonlySet<RecipeField> = new Set([
  "augment",
  "testTimeAugmentation",
  "mixup",
  "cutmix",
  "frozenLayers",
  "layerDecay",
  "stochasticDepth",
]);

/** Whether the last layer alone learns, which needs a model to start from. */
export const isProbe = ({ probe, startFrom }: Recipe | RecipeDraft): boolean => probe && startFrom !== null;

/** Fields that mean something for this recipe: a logistic regression has no width, a section that is off hides its parts. */
export function isFieldUsed(recipe: Recipe | RecipeDraft, field: RecipeField): boolean {
  const own = sectionOf(field);
  if (isProbe(recipe) && (own === "augment" || NOT_IN_PROBES.has(field))) return false;
  if (own !== null) return recipe[own] !== null;
  switch (field) {
    case "probe":
      return recipe.startFrom !== null;
    case "architecture":
      return recipe.startFrom === null;
    case "width":
      return recipe.startFrom === null && recipe.architecture !== "logistic";
    case "warmUp":
      return recipe.schedule !== "constant" && recipe.schedule !== "one-cycle";
    case "groupMethod":
      return recipe.groupBy !== "";
    case "groupStep":
      return recipe.groupBy !== "" && recipe.groupMethod === "dro";
    case "momentum":
      return recipe.optimiser === "sgd" || recipe.optimiser === "rmsprop";
    case "nesterov":
      return recipe.optimiser === "sgd";
    case "testTimeAugmentation":
      return (
        recipe.augment !== null && (recipe.augment.flip || recipe.augment.flipVertical || recipe.augment.quarterTurns)
      );
    case "stochasticDepth":
      return RESIDUAL.test(recipe.architecture);
    default:
      return true;
  }
}

/** A field whose value is refused, with the limit it breaks. */
export type FieldProblem =
  | { kind: "needed" }
  | { kind: "tooSmall"; limit: number; exclusive: boolean }
  | { kind: "tooLarge"; limit: number }
  | { kind: "notWhole" };

/** A recipe while it is typed: numbers may be missing. */
type Draft<T> = T extends string | boolean | null
  ? T
  : T extends number
    ? number | null
    : { [K in keyof T]: Draft<T[K]> };
export type RecipeDraft = Draft<Recipe>;

/** The recipe, or what is wrong with each field. */
export function checkRecipe(
  draft: RecipeDraft,
): { recipe: Recipe; problems: null } | { recipe: null; problems: Partial<Record<RecipeField, FieldProblem>> } {
  const parsed = recipeSchema.safeParse(draft);
  if (parsed.success) return { recipe: parsed.data, problems: null };
  const problems: Partial<Record<RecipeField, FieldProblem>> = {};
  for (const issue of parsed.error.issues) {
    const field = issue.path.join(".") as RecipeField;
    if (issue.code === "too_small") {
      problems[field] ??= { kind: "tooSmall", limit: Number(issue.minimum), exclusive: issue.inclusive === false };
    } else if (issue.code === "too_big") {
      problems[field] ??= { kind: "tooLarge", limit: Number(issue.maximum) };
    } else if (issue.code === "custom" && field === "fold.index") {
      problems[field] ??= { kind: "tooLarge", limit: (draft.fold?.count ?? 1) - 1 };
    } else if (issue.code === "invalid_type" && issue.expected === "int") {
      problems[field] ??= { kind: "notWhole" };
    } else {
      problems[field] ??= { kind: "needed" };
    }
  }
  return { recipe: null, problems };
}

/** How much of a teacher is learnt where nothing else is said. */
export const USUAL_TEACHING = { temperature: 4, weight: 0.7 } as const;

/** What a person gets on switching a section on: no teacher before one is chosen, the mild augmentation that suits X-rays (no flip: hearts have a side), the first of five folds. */
const USUAL: { readonly [S in Section]: NonNullable<Recipe[S]> } = {
  augment: {
    shift: 0.05,
    rotate: 10,
    scale: 0.1,
    flip: false,
    intensity: 0.1,
    flipVertical: false,
    quarterTurns: false,
    shear: 0,
    elastic: 0,
    gamma: 0,
    noise: 0,
    blur: 0,
    cutout: 0,
  },
  fold: { index: 0, count: 5 },
  distil: { teacher: "", ...USUAL_TEACHING },
};
