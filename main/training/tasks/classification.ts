// One class for each image: cross-entropy, judged by AUC.
import { AppError, type Recipe } from "../../../preload/contract/index.ts";
import { floatTensor, type Graph, type Tensor } from "../../graph/graph.ts";
import { readOnnx } from "../../graph/onnx-reader.ts";
import { writeOnnx } from "../../graph/onnx-writer.ts";
import { ARCHITECTURES, buildArchitecture } from "../../models/build-model.ts";
import { chooseTemperature, chooseThreshold, evaluate, type Prediction } from "../../models/metrics.ts";
import type { ModelGraph, Normalisation } from "../../models/model-graph.ts";
import { classObjective, distilledObjective, groupRobustObjective, type Objective } from "../../models/objectives.ts";
import { averagedOverCopies, copiesOf, withoutCopies } from "../../models/test-time-augmentation.ts";
import { trainingStep } from "../../models/training-step.ts";
import { createAugmenter } from "../augmenter.ts";
import { gather, type PreparedPart, statistics } from "../dataset.ts";
import { createSession, type DeviceId } from "../engines/session.ts";
import { predict, predictFrom } from "../evaluate.ts";
import { type Mixed, mix } from "../mixing.ts";
import { type Strata, strataOf } from "../strata.ts";
import { type Inference, scoreOf, type Task, type Validation } from "../task.ts";
import { openTeacher, type Teacher } from "../teacher.ts";
import { probe } from "./probe.ts";

export interface ClassificationInput {
  readonly recipe: Recipe;
  /** Number of classes. */
  readonly classes: number;
  /** What it begins with in place of the recipe's architecture, for pictures normalised like this. */
  readonly start?: ((normalise: Normalisation) => ModelGraph) | null;
  /** Whose answers it learns from, where the recipe has distillation. */
  readonly teacher?: Teacher | null;
  /** The group of each training case, under any name, where the recipe has groups. */
  readonly groups?: readonly string[] | null;
  readonly train: PreparedPart;
  readonly validation: PreparedPart;
  readonly device: DeviceId;
  readonly threads: number;
}

/** The task of a recipe on prepared images; opens a session for augmentation where the recipe has it. */
export async function classification(input: ClassificationInput): Promise<Task> {
  const { recipe, classes, train, validation, threads, groups } = input;
  const strata = groups ? strataOf(groups, train.classIndex) : null;
  const objective = objectiveOf(input, strata);
  const frozenLayers = recipe.probe ? 0 : recipe.frozenLayers;
  const { model, usedAs, inputs, predictions, whole, dispose } = await (recipe.probe ? fromFeatures : fromImages)({
    ...input,
    strata,
  });
  return {
    count: train.imageIds.length,
    classIndex: train.classIndex,
    // Group DRO takes its batches evenly too, as its authors do.
    strata: strata && recipe.groupMethod !== "reweight" ? strata.of : undefined,
    model,
    inUse: usedAs(model.graph),
    step: (batchSize, target) =>
      trainingStep(
        model,
        { ...recipe, frozenLayers, batchSize, objective, average: recipe.average !== "none" },
        target,
      ),
    feeds: async (cases, random) => ({ ...(await inputs(cases, random)), ...groupInput(recipe, strata, cases) }),
    validate: async (inference) => judge(await predictions(inference), classes),
    conclude: async (learnt) => {
      const onnx = whole(learnt);
      const answers = async (bytes: Uint8Array) => {
        const session = await createSession(bytes, { device: "cpu", threads, use: "inference" });
        try {
          return await predict(session, validation, recipe.inputSize, {});
        } finally {
          await session.dispose();
        }
      };
      const plain = await answers(onnx);
      if (!recipe.calibrate) return { onnx, threshold: chooseThreshold(plain) };
      const cooled = withTemperature(withoutCopies(readOnnx(onnx)), chooseTemperature(plain));
      const calibrated = writeOnnx(usedAs(cooled));
      return { onnx: calibrated, threshold: chooseThreshold(await answers(calibrated)) };
    },
    dispose,
  };
}

type InStrata = ClassificationInput & { readonly strata: Strata | null };

/** Errors: app/invalid-input where group DRO is to go with what mixes cases or weighs them otherwise. */
function objectiveOf({ recipe, classes, train }: ClassificationInput, strata: Strata | null): Objective {
  const { labelSmoothing: smoothing, focal: gamma, distil } = recipe;
  const classWeights = recipe.classWeights ? rarity(train.classIndex, classes) : undefined;
  if (strata && recipe.groupMethod === "dro") {
    if (recipe.mixup > 0 || recipe.cutmix > 0 || gamma > 0 || classWeights || distil) {
      throw new AppError(
        "app/invalid-input",
        "Group DRO decides itself what each case counts: switch mixup, CutMix, focal loss, class weights and distillation off, or choose another way to serve groups alike.",
      );
    }
    return groupRobustObjective({ groups: strata.count, step: recipe.groupStep, smoothing });
  }
  const truths = { smoothing, gamma, classWeights };
  return distil ? distilledObjective({ ...truths, ...distil }) : classObjective(truths);
}

/** Which stratum each case of a batch is in, where the loss asks. */
function groupInput(recipe: Recipe, strata: Strata | null, cases: Uint32Array): Record<string, Tensor> {
  if (!strata || recipe.groupMethod !== "dro") return {};
  const group = new Float32Array(cases.length * strata.count);
  for (const [row, index] of cases.entries()) group[row * strata.count + strata.of[index]!] = 1;
  return { group: floatTensor([cases.length, strata.count], group) };
}

/** What learns, and from what. */
interface Source {
  readonly model: ModelGraph;
  /** A graph of the model as it answers in use. */
  readonly usedAs: (graph: Graph) => Graph;
  readonly inputs: Task["feeds"];
  /** Of the validation part. */
  readonly predictions: (inference: Inference) => Promise<Prediction[]>;
  /** The file of what was learnt as the file of the whole model. */
  readonly whole: (learnt: Uint8Array) => Uint8Array;
  readonly dispose: () => Promise<void>;
}

async function fromImages(input: InStrata): Promise<Source> {
  const { recipe, train, validation, device, threads } = input;
  const batch = Math.min(recipe.batchSize, train.imageIds.length);
  const shape = { batch, rows: recipe.inputSize, columns: recipe.inputSize };
  const model = modelOf(input);
  const augmenter = recipe.augment && (await createAugmenter(recipe.augment, shape, { device, threads }));
  const teaching = await teachingOf(input);
  return {
    model,
    usedAs: (graph) => inUse(graph, recipe),
    inputs: async (cases, random) => {
      const plain = { image: gather(train, recipe.inputSize, cases), target: truthsOf(input, cases) };
      if (!random) return teaching.added(plain);
      const varied = augmenter ? (await augmenter.vary(plain.image, null, random)).image : plain.image;
      return teaching.added(mix({ ...plain, image: varied }, recipe, random));
    },
    predictions: (inference) => predict(inference, validation, recipe.inputSize, {}),
    whole: (learnt) => learnt,
    dispose: async () => {
      await augmenter?.dispose();
      await teaching.dispose();
    },
  };
}

/** What the teacher says of pictures, beside them and their truths; nothing more without distillation. */
async function teachingOf({ recipe, teacher, threads }: ClassificationInput) {
  if (!recipe.distil)
    return { added: (given: Mixed) => Promise.resolve({ ...given }), dispose: () => Promise.resolve() };
  const { answers, dispose } = await openTeacher(teacher!, { temperature: recipe.distil.temperature, threads });
  return { added: async (given: Mixed) => ({ ...given, teacher: await answers(given.image) }), dispose };
}

/** The last layer alone, on what the rest says of each picture as it is. Errors: app/invalid-input where there is nothing to begin with. */
async function fromFeatures(input: InStrata): Promise<Source> {
  const { recipe, train, validation, device, threads } = input;
  if (!input.start) {
    throw new AppError(
      "app/invalid-input",
      "A linear probe learns from what a model already sees: choose a model to start from, or switch the probe off.",
    );
  }
  const parts = { train, validation, size: recipe.inputSize };
  const { head, joined, ...rows } = await probe(modelOf(input), parts, { device, threads });
  const teaching = await teachingOf(input);
  const range = (start: number, end: number) => Uint32Array.from({ length: end - start }, (_, i) => start + i);
  return {
    model: head,
    usedAs: (graph) => graph,
    inputs: async (cases) => {
      const given = { image: gather(train, recipe.inputSize, cases), target: truthsOf(input, cases) };
      const { image: _, ...truths } = await teaching.added(given);
      return { table: rows.train(cases), ...truths };
    },
    predictions: (inference) =>
      predictFrom(inference, validation, (start, end) => ({ table: rows.validation(range(start, end)) }), {}),
    whole: joined,
    dispose: teaching.dispose,
  };
}

/** Errors: app/invalid-input where the architecture cannot be had this wide, or every layer is frozen. */
function modelOf({ recipe, classes, train, start }: ClassificationInput): ModelGraph {
  const { architecture, inputSize, seed, dropout, stochasticDepth } = recipe;
  if (start) return notAllFrozen(start(statistics(train)), recipe);
  const { width } = ARCHITECTURES[architecture];
  if (width && (recipe.width < width.least || recipe.width > width.most || recipe.width % width.of !== 0)) {
    const steps = width.of > 1 ? `, a multiple of ${width.of}` : "";
    throw new AppError(
      "app/invalid-input",
      `The width of ${architecture} is from ${width.least} to ${width.most}${steps}; the recipe says ${recipe.width}.`,
    );
  }
  const input = { kind: "image", channels: 1, size: [inputSize, inputSize] } as const;
  const output = { kind: "class", classes } as const;
  const shape = { input, output, normalise: statistics(train), seed, dropout, stochasticDepth };
  return notAllFrozen(buildArchitecture(architecture, shape, recipe.width, recipe.depth), recipe);
}

function notAllFrozen(model: ModelGraph, { frozenLayers, probe: lastAlone }: Recipe): ModelGraph {
  if (!lastAlone && model.parameters.every(({ depth }) => depth < frozenLayers)) {
    throw new AppError("app/invalid-input", `All layers of ${model.architecture} are frozen: nothing would be learnt.`);
  }
  return model;
}

/** With test-time augmentation where the recipe has it; only mirroring and turns have copies. */
function inUse(graph: Graph, { testTimeAugmentation, augment }: Recipe): Graph {
  return testTimeAugmentation && augment ? averagedOverCopies(graph, copiesOf(augment)) : graph;
}

/** The model with its logits divided by a temperature: in the weights of our own nets, whose last layer is linear, and in the node that names the logits of others. */
function withTemperature(graph: Graph, temperature: number): Graph {
  const named = graph.nodes.find(({ op, outputs }) => op === "Identity" && outputs[0] === "logits");
  if (named) {
    const divisor = "logits.temperature";
    const divided = { ...named, op: "Div" as const, inputs: [...named.inputs, divisor] };
    const nodes = graph.nodes.map((node) => (node === named ? divided : node));
    return {
      ...graph,
      nodes,
      initializers: new Map([...graph.initializers, [divisor, floatTensor([], [temperature])]]),
    };
  }
  const initializers = new Map(graph.initializers);
  for (const name of ["logits.weight", "logits.bias"]) {
    const { dims, data } = initializers.get(name)!;
    initializers.set(
      name,
      floatTensor(
        dims,
        (data as Float32Array).map((value) => value / temperature),
      ),
    );
  }
  return { ...graph, initializers };
}

/** Weight of each class: the mean number of cases of a class over its own; 0 for a class without a case. */
function rarity(classIndex: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < classIndex.length; i++) counts[classIndex[i]!]!++;
  return counts.map((count) => (count === 0 ? 0 : classIndex.length / (classes * count)));
}

/** One-hot, [cases, classes]; where groups are reweighted each row is what its case counts, 1 on average. */
function truthsOf({ train, classes, recipe, strata }: InStrata, cases: Uint32Array): Tensor {
  const truth = new Float32Array(cases.length * classes);
  const weights = strata && recipe.groupMethod === "reweight" ? strata : null;
  for (const [row, index] of cases.entries()) {
    truth[row * classes + train.classIndex[index]!] = weights ? weights.weights[weights.of[index]!]! : 1;
  }
  return floatTensor([cases.length, classes], truth);
}

/** Loss, accuracy and AUC; without AUC (a class is absent) there is no score. */
export function judge(predictions: readonly Prediction[], classes: number): Validation {
  if (predictions.some(({ probabilities }) => !probabilities.every(Number.isFinite))) {
    return { loss: Number.NaN, score: null, figures: {} };
  }
  const names = Array.from({ length: classes }, (_, i) => ({ id: `${i}`, name: `${i}`, color: "#000000" }));
  const { auc, accuracy, cases } = evaluate(names, predictions);
  const loss = cases.reduce((sum, one) => sum + one.loss, 0) / cases.length;
  return {
    loss,
    score: scoreOf(auc),
    figures: { loss, accuracy: accuracy.value, ...(auc ? { auc: auc.value } : {}) },
  };
}
