import { Command, Option } from "commander";
import {
  bestTrials,
  type Search,
  type SearchPlanInput,
  type SearchTrial,
  searchObjectiveSchema,
  searchParameterSchema,
  searchSamplerSchema,
} from "../../../../preload/contract/index.ts";
import { positiveNumber, wholeNumber } from "../numbers.ts";
import { duration, type Terminal, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import {
  inProject,
  type ProjectOptions,
  pick,
  pickSnapshot,
  type Workspace,
  withProjectOptions,
} from "../workspace.ts";
import { readText } from "./import.ts";

interface StartOptions extends ProjectOptions {
  snapshot: string;
  name?: string;
  trials: number;
  minutes?: number;
  each: number;
  epochs?: number;
  sampler: SearchPlanInput["sampler"];
  objective: NonNullable<SearchPlanInput["objectives"]>;
  space?: string;
  patience?: number;
  target?: number;
  shortest?: number;
  hyperband: boolean;
  workers: number;
  warmStart: boolean;
  seed: number;
}

export function searchCommand(terminal: Terminal): Command {
  const command = new Command("search").description(
    "searches recipes and architectures: every trial is a run, and a search that was killed goes on where it was",
  );
  command.addCommand(startCommand(terminal));
  command.addCommand(resumeCommand(terminal));
  const listing = new Command("list").description("lists the searches");
  command.addCommand(
    withProjectOptions(listing).action((options: ProjectOptions) =>
      inProject(terminal, options, async ({ client }) => {
        const searches = await client.searches.list();
        terminal.answer(
          searches,
          table(
            ["id", "name", "state", "trials", "created"],
            searches.map(({ id, name, state, ended, plan, createdAt }) => [
              id.slice(0, 8),
              name,
              state,
              `${ended}/${plan.trials}`,
              createdAt,
            ]),
          ),
        );
      }),
    ),
  );
  const showing = new Command("show")
    .description("shows a search: its best trials, and all of them")
    .argument("[search]", "id or its beginning, or latest", "latest");
  command.addCommand(
    withProjectOptions(showing).action((wanted: string, options: ProjectOptions) =>
      inProject(terminal, options, async (workspace) => answer(workspace, (await pickSearch(workspace, wanted)).id)),
    ),
  );
  const weighing = new Command("importance")
    .description("which of the varied parameters made the difference")
    .argument("[search]", "id or its beginning, or latest", "latest");
  command.addCommand(
    withProjectOptions(weighing).action((wanted: string, options: ProjectOptions) =>
      inProject(terminal, options, async (workspace) => {
        const { id } = await pickSearch(workspace, wanted);
        const shares = await workspace.client.searches.importance({ id });
        const rows = shares?.toSorted((a, b) => b.share - a.share) ?? [];
        terminal.answer(
          shares,
          shares === null
            ? ["Too few trials have ended to tell what made a difference."]
            : table(
                ["parameter", "share"],
                rows.map(({ name, share }) => [name, share.toFixed(2)]),
              ),
        );
      }),
    ),
  );
  return command;
}

function startCommand(terminal: Terminal): Command {
  const command = new Command("start")
    .description("begins a search; Ctrl-C stops it so that `search resume` goes on from there")
    .option("--snapshot <id>", "id or its beginning, or latest", "latest")
    .option("--name <name>", "of the search; its runs are named after it")
    .option("--trials <number>", "how many configurations are tried", wholeNumber, 20)
    .option("--minutes <number>", "after which no new trial begins", positiveNumber)
    .option("--each <minutes>", "that the suggested recipe, which is varied, may take", positiveNumber, 2)
    .option("--epochs <number>", "of each trial instead of the suggested", wholeNumber)
    .addOption(new Option("--sampler <name>").choices(searchSamplerSchema.options).default("auto"))
    .addOption(
      new Option("--objective <name...>", "what is to be good; several give a front")
        .choices(searchObjectiveSchema.options)
        .default(["auc"]),
    )
    .option("--space <file>", "parameters to vary as a JSON list; default: a suggested space")
    .option("--patience <trials>", "ends after so many trials without a better one", wholeNumber)
    .option("--target <figure>", "ends when the first objective is as good as this", positiveNumber)
    .option("--shortest <epochs>", "successive halving: what every trial gets before the best go on", wholeNumber)
    .option("--hyperband", "with --shortest: some trials begin with more epochs", false)
    .option("--workers <number>", "trials at the same time; they share the processor's threads", wholeNumber, 1)
    .option("--warm-start", "learns from finished runs that differ only in what is varied", false)
    .option("--seed <number>", "of the search", wholeNumber, 1);
  return withProjectOptions(command).action(async (options: StartOptions) => {
    const space = options.space === undefined ? null : parseSpace(await readText(options.space));
    await inProject(terminal, options, async (workspace) => {
      const { client } = workspace;
      const snapshot = await pickSnapshot(workspace, options.snapshot);
      const suggested = await client.searches.suggest({ snapshotId: snapshot.id, minutes: options.each });
      const { trials, minutes, sampler, objective, patience, target, shortest, workers, warmStart, seed } = options;
      const name = options.name ?? `search ${(await client.searches.list()).length + 1}`;
      const plan = {
        ...{ snapshotId: snapshot.id, sampler, objectives: objective, trials, workers, warmStart, seed },
        recipe: { ...suggested.recipe, ...(options.epochs === undefined ? {} : { epochs: options.epochs }) },
        space: space ?? suggested.space,
        ...{ minutes: minutes ?? null, patience: patience ?? null, target: target ?? null },
        halving: shortest === undefined ? null : { shortest, brackets: options.hyperband },
      };
      await follow(workspace, () => client.searches.start({ name, plan }));
    });
  });
}

function resumeCommand(terminal: Terminal): Command {
  const command = new Command("resume")
    .description("goes on with a search that was stopped or has ended")
    .argument("[search]", "id or its beginning, or latest", "latest")
    .option("--trials <number>", "in all, instead of its own number", wholeNumber)
    .option("--minutes <number>", "in all, instead of its own number", positiveNumber);
  return withProjectOptions(command).action(
    async (wanted: string, options: ProjectOptions & { trials?: number; minutes?: number }) => {
      await inProject(terminal, options, async (workspace) => {
        const { id } = await pickSearch(workspace, wanted);
        const { trials, minutes } = options;
        await follow(workspace, () => workspace.client.searches.resume({ id, trials, minutes }));
      });
    },
  );
}

/** Waits until every worker of the search has ended. */
async function follow(
  workspace: Workspace,
  begin: () => Promise<{ search: Search; job: { id: string } }>,
): Promise<void> {
  const { client, finish } = workspace;
  let searchId = "";
  await finish(async () => {
    const { search, job } = await begin();
    searchId = search.id;
    return client.jobs.get({ id: job.id });
  });
  for (;;) {
    const jobs = await client.jobs.list();
    const other = jobs.find(
      ({ kind, subject, state }) => kind === "search" && subject === searchId && state === "running",
    );
    if (!other) break;
    await finish(async () => other);
  }
  await answer(workspace, searchId);
}

async function answer({ client, terminal }: Workspace, id: string): Promise<void> {
  const { search, trials } = await client.searches.get({ id });
  terminal.answer({ ...search, trials }, describeSearch(search, trials));
}

function describeSearch(search: Search, trials: readonly SearchTrial[]): string[] {
  const { name, id, state, ended, plan, seconds, error } = search;
  const best = new Set(bestTrials(plan, trials).map(({ number }) => number));
  const figure = (value: number | null | undefined, digits: number): string => value?.toFixed(digits) ?? "";
  return [
    `Search ${name} (${id.slice(0, 8)}): ${state}, ${ended} of ${plan.trials} trials in ${duration(seconds)}`,
    ...(error ? [`  ${error.message} [${error.code}]`] : []),
    ...table(
      ["", "trial", "run", "state", "epochs", "AUC", "loss", "ms", "kB", ...plan.space.map((one) => one.name)],
      trials.map(({ number, runId, state: trialState, epochs, measures, configuration }) => [
        best.has(number) ? "*" : "",
        String(number),
        runId.slice(0, 8),
        trialState,
        String(epochs),
        figure(measures?.auc, 4),
        figure(measures?.loss, 4),
        figure(measures?.latency, 2),
        measures ? String(Math.round(measures.size / 1000)) : "",
        ...plan.space.map((one) => {
          const value = configuration[one.name];
          return typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value ?? "");
        }),
      ]),
    ),
    ...(best.size > 0 ? ["* best on validation"] : []),
  ];
}

function parseSpace(text: string): SearchPlanInput["space"] {
  try {
    return searchParameterSchema.array().min(1).parse(JSON.parse(text));
  } catch {
    throw new UsageError(
      'The space file is no list of parameters, such as [{"name": "learningRate", "kind": "float", "low": 0.0001, "high": 0.1, "log": true}].',
    );
  }
}

const pickSearch = async ({ client }: Workspace, id: string): Promise<Search> =>
  pick(await client.searches.list(), id, "search");
