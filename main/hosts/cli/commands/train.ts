import { resolve as resolvePath } from "node:path";
import { Command, Option } from "commander";
import {
  AppError,
  architectureSchema,
  type Device,
  deviceSchema,
  type Recipe,
  type Run,
  recipeSchema,
} from "../../../../preload/contract/index.ts";
import { positiveNumber, wholeNumber } from "../numbers.ts";
import { duration, type Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import {
  inProject,
  type ProjectOptions,
  pickModel,
  pickRun,
  pickSnapshot,
  type Workspace,
  withProjectOptions,
} from "../workspace.ts";
import { readText } from "./import.ts";

type Overrides = Partial<
  Pick<Recipe, "inputSize" | "width" | "epochs" | "batchSize" | "learningRate" | "seed" | "frozenLayers" | "probe">
>;

interface Options extends ProjectOptions, Overrides {
  snapshot: string;
  architecture: Recipe["architecture"] | "automatic";
  minutes: number;
  recipe?: string;
  name?: string;
  device: Device["id"];
  resume?: string;
  startFrom?: string;
  teacher?: string;
}

export function trainCommand(terminal: Terminal): Command {
  const command = new Command("train")
    .description("trains a recipe on a snapshot; Ctrl-C stops it so that --resume goes on from there")
    .option("--snapshot <id>", "id or its beginning, or latest", "latest")
    .addOption(
      new Option("--architecture <name>", "whose suggested recipe is used")
        .choices(["automatic", ...architectureSchema.options])
        .default("automatic"),
    )
    .option("--minutes <number>", "that the automatic recipe may take", positiveNumber, 10)
    .option("--recipe <file>", "a whole recipe as JSON instead")
    .option("--epochs <number>", "instead of the suggested", wholeNumber)
    .option("--input-size <pixels>", "instead of the suggested", wholeNumber)
    .option("--width <channels>", "instead of the suggested", wholeNumber)
    .option("--batch-size <number>", "instead of the suggested", wholeNumber)
    .option("--learning-rate <number>", "instead of the suggested", positiveNumber)
    .option("--seed <number>", "instead of the suggested", wholeNumber)
    .option(
      "--start-from <model>",
      "id of a model of this project, an ONNX file or a TensorFlow.js model.json, whose weights it begins with",
    )
    .option("--frozen-layers <number>", "layers from the input on that do not learn", wholeNumber)
    .option("--teacher <model>", "id of a model of this project whose answers it learns from beside the labels")
    .option("--probe", "linear probe: of the model that it starts from the last layer alone learns")
    .option("--name <name>", "of the run")
    .addOption(new Option("--device <id>").choices(deviceSchema.shape.id.options).default("cpu"))
    .option("--resume <run>", "goes on with an interrupted or cancelled run: id or its beginning, or latest");
  return withProjectOptions(command).action(async (options: Options) => {
    const given = options.recipe === undefined ? null : parseRecipe(await readText(options.recipe));
    await inProject(terminal, options, async (workspace) => {
      const run =
        options.resume === undefined ? await start(workspace, options, given) : await resume(workspace, options.resume);
      terminal.answer(run, describeRun(run));
    });
  });
}

async function start(workspace: Workspace, options: Options, given: Recipe | null): Promise<Run> {
  const { client } = workspace;
  const snapshot = await pickSnapshot(workspace, options.snapshot);
  const startFrom =
    options.startFrom === undefined ? {} : { startFrom: await startingId(workspace, options.startFrom) };
  const chosen = withOverrides(
    given ?? (await suggested(workspace, snapshot.id, options.architecture, options.minutes)),
    options,
  );
  const recipe = { ...chosen, ...startFrom, ...(await taught(workspace, options.teacher)) };
  return train(workspace, () =>
    client.runs.start({ snapshotId: snapshot.id, recipe, name: options.name, device: options.device }),
  );
}

/** The model of the project whose id begins so, else the file of that name, taken into the project. */
async function startingId({ client }: Workspace, given: string): Promise<string> {
  const known = [...(await client.models.starting()), ...(await client.models.list())].find(({ id }) =>
    id.startsWith(given),
  );
  return known?.id ?? (await client.models.importStarting({ path: resolvePath(given) })).id;
}

/** Distillation with what the contract takes where nothing else is said. */
async function taught(workspace: Workspace, teacher: string | undefined): Promise<Pick<Recipe, "distil"> | object> {
  if (teacher === undefined) return {};
  const { id } = await pickModel(workspace, teacher);
  return { distil: recipeSchema.shape.distil.parse({ teacher: id }) };
}

async function resume(workspace: Workspace, id: string): Promise<Run> {
  const run = await pickRun(workspace, id);
  return train(workspace, () => workspace.client.runs.resume({ id: run.id }));
}

async function train({ client, finish }: Workspace, begin: () => ReturnType<typeof client.runs.start>): Promise<Run> {
  let runId = "";
  await finish(async () => {
    const { run, job } = await begin();
    runId = run.id;
    return job;
  });
  return client.runs.get({ id: runId });
}

/** The automatic recipe for a snapshot, or the one for an architecture. */
export async function suggested(
  { client }: Workspace,
  snapshotId: string,
  architecture: Recipe["architecture"] | "automatic",
  minutes = 10,
): Promise<Recipe> {
  const recipes = await client.runs.recipes({ snapshotId, minutes });
  const found = recipes.find(({ recipe, recommended }) =>
    architecture === "automatic" ? recommended : !recommended && recipe.architecture === architecture,
  );
  if (!found) throw new AppError("app/not-found", `There is no suggested recipe for ${architecture}.`);
  return found.recipe;
}

function withOverrides(recipe: Recipe, options: Overrides): Recipe {
  const { inputSize, width, epochs, batchSize, learningRate, seed, frozenLayers, probe } = options;
  const overrides = Object.entries({ inputSize, width, epochs, batchSize, learningRate, seed, frozenLayers, probe });
  return { ...recipe, ...Object.fromEntries(overrides.filter(([, value]) => value !== undefined)) };
}

function parseRecipe(text: string): Recipe {
  try {
    return recipeSchema.parse(JSON.parse(text));
  } catch {
    throw new UsageError("The recipe file is not a recipe: see `loupe runs <id> --json` for one.");
  }
}

export function describeRun(run: Run): string[] {
  const { id, name, state, seconds, step, steps, validationAuc, bestEpoch, parameters, device, modelId } = run;
  return [
    `Run ${name} (${id.slice(0, 8)}): ${state}, ${step} of ${steps} steps in ${duration(seconds)} on ${device}`,
    ...(parameters === null ? [] : [`  ${parameters} parameters`]),
    ...(validationAuc === null
      ? []
      : [`  best epoch ${bestEpoch}, AUC ${validationAuc.toFixed(4)} on the validation part`]),
    ...(modelId === null ? [] : [`  model ${modelId.slice(0, 8)}`]),
  ];
}
