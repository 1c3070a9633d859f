import { Command, Option } from "commander";
import {
  architectureSchema,
  type CompressionReport,
  compressionRecipeSchema,
  type Inputs,
  type NumberFormat,
  numberFormatSchema,
  type Quantisation,
} from "../../../../preload/contract/index.ts";
import { fraction, positiveNumber, wholeNumber } from "../numbers.ts";
import { Refusal } from "../refusal.ts";
import { type Terminal, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { inProject, type ProjectOptions, pickModel, withProjectOptions } from "../workspace.ts";
import { readText } from "./import.ts";

interface Options extends ProjectOptions {
  model: string;
  maxAucDrop?: number;
  maxAccuracyDrop?: number;
  maxWorstClassDrop?: number;
  maxWorstGroupDrop?: number;
  groupBy?: string[];
  minSmaller?: number;
  minFaster?: number;
  repair: boolean;
  recipe?: string;
  prune?: number;
  importance?: "taylor" | "magnitude";
  distil?: string | true;
  int8?: boolean;
  format?: NumberFormat;
  calibration?: Quantisation["calibration"];
  percentile?: number;
  symmetric?: boolean;
  epochs?: number;
}

type Steps = NonNullable<Inputs["models"]["compress"]["recipe"]>;

/** The whole list is in the answer of --json. */
const LISTED_LAYERS = 8;

export function compressCommand(terminal: Terminal): Command {
  const command = new Command("compress")
    .description(
      "a smaller model by steps in this order: channels removed, a smaller net taught, smaller numbers (8-bit integers alone where nothing is said); refused (exit code 1) outside the limits, which are measured on validation and this machine",
    )
    .option("--model <id>", "id or its beginning, or latest", "latest")
    .option("--max-auc-drop <number>", "how far the AUC may fall (0.01 where nothing is said)", fraction)
    .option("--max-accuracy-drop <number>", "how far the accuracy may fall", fraction)
    .option("--max-worst-class-drop <number>", "how far the worst class's share of right answers may fall", fraction)
    .option(
      "--max-worst-group-drop <number>",
      "how far the worst group of patients may fall; needs --group-by",
      fraction,
    )
    .option(
      "--group-by <attributes...>",
      "what patients are told apart by: sex, age, site, manufacturer, scanner, view, modality",
    )
    .option("--min-smaller <times>", "how many times smaller it must become", positiveNumber)
    .option("--min-faster <times>", "how many times faster one image must become", positiveNumber)
    .option("--recipe <file>", "steps as JSON instead, in any order: see `loupe compress --json` for one")
    .option("--prune <share>", "remove channels until this share of the operations is gone (0.05 to 0.95)", fraction)
    .addOption(new Option("--importance <by>", "what channels are chosen by").choices(["taylor", "magnitude"]))
    .option(
      "--distil [net]",
      "learn from the model's answers: a net and its width, such as convnet:32; after --prune what is left, where no net is said",
    )
    .option("--int8", "8-bit integers in the end")
    .addOption(
      new Option("--format <numbers>", "smaller numbers in the end, in this format").choices(
        numberFormatSchema.options,
      ),
    )
    .addOption(
      new Option("--calibration <by>", "what ranges of int8 are chosen by (min-max where nothing is said)").choices([
        "min-max",
        "percentile",
        "entropy",
      ]),
    )
    .option(
      "--percentile <number>",
      "of --calibration percentile, 90 to 100 (99.99 where nothing is said)",
      positiveNumber,
    )
    .option("--symmetric", "int8 with as many codes below zero as above it")
    .option(
      "--epochs <number>",
      "of training after --prune (10 where nothing is said) or of --distil (20)",
      wholeNumber,
    )
    .option("--no-repair", "do not put sensitive layers back to float where quality falls too far");
  return withProjectOptions(command).action(async (options: Options) => {
    const recipe = options.recipe === undefined ? stepsOf(options) : parseSteps(await readText(options.recipe));
    await inProject(terminal, options, async (workspace) => {
      const { client, finish } = workspace;
      const { id } = await pickModel(workspace, options.model);
      const report = (await finish(() =>
        client.models.compress({
          modelId: id,
          recipe,
          limits: {
            maxAucDrop: options.maxAucDrop,
            maxAccuracyDrop: options.maxAccuracyDrop,
            maxWorstClassDrop: options.maxWorstClassDrop,
            maxWorstGroupDrop: options.maxWorstGroupDrop,
            groupBy: options.groupBy,
            minSmaller: options.minSmaller,
            minFaster: options.minFaster,
          },
        }),
      )) as CompressionReport;
      if (!report.accepted) throw new Refusal("compression/refused", report.reason, { report });
      terminal.answer(report, describeCompression(report));
    });
  });
}

/** The steps that options name. Where a net is taught after the pruning, the training is the teaching. */
function stepsOf({ prune, importance, distil, int8, epochs, repair, ...numbers }: Options): Steps {
  const steps: Steps = [];
  if (prune !== undefined) {
    const trained = distil === undefined ? epochs : 0;
    steps.push({ step: "prune", share: prune, importance, epochs: trained });
  }
  if (distil !== undefined) steps.push({ step: "distil", student: distil === true ? null : netOf(distil), epochs });
  const { format, calibration, percentile, symmetric } = numbers;
  if (int8 || format || steps.length === 0)
    steps.push({ step: "quantise", format, calibration, percentile, symmetric, repair });
  return steps;
}

/** `convnet:32`. */
function netOf(text: string) {
  const [name, width] = text.split(":");
  const architecture = architectureSchema.safeParse(name);
  if (architecture.success && /^\d+$/.test(width ?? ""))
    return { architecture: architecture.data, width: Number(width) };
  throw new UsageError(
    `--distil takes an architecture and a width, such as convnet:32; found "${text}". Architectures: ${architectureSchema.options.join(", ")}.`,
  );
}

function parseSteps(text: string): Steps {
  try {
    return compressionRecipeSchema.parse(JSON.parse(text));
  } catch {
    throw new UsageError(
      'The file is not a compression recipe: expected a list of steps such as [{"step": "prune", "share": 0.5, "epochs": 0}, {"step": "distil"}, {"step": "quantise"}].',
    );
  }
}

export function describeCompression({ modelId, before, after, layers, steps }: CompressionReport): string[] {
  const row = (title: string, cost: CompressionReport["before"]): string[] => [
    title,
    `${(cost.bytes / 1000).toFixed(1)} kB`,
    `${cost.latencyMs.toFixed(2)} ms`,
    cost.auc.toFixed(4),
    cost.accuracy.toFixed(4),
    cost.worstClass?.toFixed(4) ?? "",
    cost.worstGroup?.accuracy.toFixed(4) ?? "",
    cost.flops === null ? "" : (cost.flops / 1e6).toFixed(1),
  ];
  const lines = [
    `Model ${modelId.slice(0, 8)}`,
    ...table(
      ["", "size", "one image", "AUC", "accuracy", "worst class", "worst group", "MFLOPs"],
      [row("before", before), row("after", after)],
    ),
  ];
  if (layers.length === 0) return lines;
  const sensitive = layers.toSorted((a, b) => b.moved - a.moved).slice(0, LISTED_LAYERS);
  const last = steps.at(-1);
  const format = last?.step === "quantise" ? last.format : "int8";
  const rows = sensitive.map(({ layer, moved, float }) => [layer, moved.toFixed(4), float ? "float" : format]);
  return [
    ...lines,
    "",
    `Most sensitive layers (how far ${format} in it alone moves the probabilities)`,
    ...table(["layer", "moved", "kept as"], rows),
  ];
}
