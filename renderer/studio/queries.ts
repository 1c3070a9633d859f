// Every question the page asks, as hooks over TanStack Query.
//
// Keys start with the topic whose `changed` event makes the answer old (renderer/studio/events.ts invalidates by topic), so
// nothing here polls. Three exceptions are fed by events directly: the jobs list, the points of a run, how far a re-keying is.
import {
  keepPreviousData,
  type QueryClient,
  skipToken,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { type Deed, may } from "../../preload/contract/access.ts";
import type { ImageStack, Inputs, Part, Recipe, RunPoint, Studio, Topic } from "../../preload/contract/index.ts";
import { withPoints } from "./points.ts";
import { useStudio } from "./StudioContext.tsx";

/**
 * Keys; the first word is the topic. `points` stands alone because a changed run does not make its curve old, and labels of
 * images ("marks") because events bring what changed in them.
 */
export const keys = {
  info: ["info"] as const,
  settings: ["settings"] as const,
  current: ["project", "current"] as const,
  recent: ["project", "recent"] as const,
  keyStore: ["project", "key-store"] as const,
  topic: (topic: Topic) => [topic] as const,
  images: (input: Inputs["images"]["list"]) => ["images", "list", input] as const,
  facets: ["images", "facets"] as const,
  image: (id: string) => ["images", "one", id] as const,
  deidentification: (id: string) => ["images", "deidentification", id] as const,
  classes: ["labels", "classes"] as const,
  questions: ["labels", "questions"] as const,
  typed: (questionId: string) => ["labels", "typed", questionId] as const,
  attributes: ["labels", "attributes"] as const,
  usage: (questionId: string) => ["labels", "usage", questionId] as const,
  attributeUsage: (classId: string) => ["labels", "attribute-usage", classId] as const,
  stacks: ["stack"] as const,
  stack: (imageId: string) => ["stack", imageId] as const,
  labels: (imageId: string, layer: string) => ["marks", imageId, layer] as const,
  stackLabels: (imageId: string, layer: string) => ["marks", "stack", imageId, layer] as const,
  allLabels: ["marks"] as const,
  histories: ["history"] as const,
  history: (layer: string) => ["history", layer] as const,
  /** how many changes of this page are not yet on disk, and the labels that answers were too late for */
  saving: ["saving"] as const,
  overtaken: ["overtaken"] as const,
  members: ["project", "members"] as const,
  /** how far the project has been copied under a new key; only events say so */
  rekeying: ["rekeying"] as const,
  workLists: ["reading", "lists"] as const,
  reads: (listId: string) => ["reading", "mine", listId] as const,
  cases: (listId: string, only: string) => ["reading", "cases", listId, only] as const,
  activeCurve: ["reading", "active-curve"] as const,
  agreement: (listId: string) => ["reading", "agreement", listId] as const,
  labelFormats: ["formats"] as const,
  labelPreview: (format: string, filter: object) => ["marks", "preview", format, filter] as const,
  snapshots: ["snapshots", "list"] as const,
  preview: (snapshotId: string, of: object, seed: number) => ["snapshots", "preview", snapshotId, of, seed] as const,
  recipes: (snapshotId: string, minutes: number) => ["snapshots", "recipes", snapshotId, minutes] as const,
  devices: ["devices"] as const,
  runs: ["runs", "list"] as const,
  run: (id: string) => ["runs", "one", id] as const,
  searches: ["runs", "searches"] as const,
  search: (id: string) => ["runs", "search", id] as const,
  importance: (id: string, ended: number) => ["importance", id, ended] as const,
  searchSuggestion: (snapshotId: string, minutes: number) => ["snapshots", "space", snapshotId, minutes] as const,
  points: (id: string) => ["points", id] as const,
  curves: (metric: string, part: string) => ["curves", metric, part] as const,
  comparison: (modelIds: readonly string[], part: Part) => ["models", "comparison", part, ...modelIds] as const,
  models: ["models", "list"] as const,
  starting: ["models", "starting"] as const,
  model: (id: string) => ["models", "one", id] as const,
  evaluation: (modelId: string, part: Part) => ["models", "evaluation", modelId, part] as const,
  fairness: (input: Inputs["fairness"]["audit"]) => ["models", "fairness", input] as const,
  balance: (input: Inputs["fairness"]["balance"]) => ["snapshots", "balance", input] as const,
  rules: (modelId: string) => ["models", "rules", modelId] as const,
  compression: (modelId: string) => ["models", "compression", modelId] as const,
  compressions: (modelId: string) => ["models", "compressions", modelId] as const,
  explanationReport: (modelId: string, part: Part) => ["models", "explanation", modelId, part] as const,
  card: (modelId: string) => ["models", "card", modelId] as const,
  notebookLeaving: (input: Inputs["comparison"]["notebookLeaving"]) => ["models", "notebook", input] as const,
  exports: ["exports", "list"] as const,
  jobs: ["jobs", "list"] as const,
  health: ["project", "health"] as const,
  merges: ["project", "merges"] as const,
  conflicts: (input: Inputs["copies"]["conflicts"]) => ["labels", "conflicts", input] as const,
};

export const useAppInfo = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.info, queryFn: () => studio.app.info(), staleTime: Number.POSITIVE_INFINITY });
};

/** What holds on this machine for every project. */
export const useMachineSettings = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.settings, queryFn: () => studio.app.settings() });
};

/** Folders and files at a path of the workstation; undefined = home folder. */
export const useBrowse = (path: string | undefined) => {
  const studio = useStudio();
  return useQuery({ queryKey: ["browse", path ?? ""], queryFn: () => studio.app.browse({ path }) });
};

export const useCurrentProject = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.current, queryFn: () => studio.projects.current() });
};

/** Whether the member who unlocked the project may do something; the studio refuses by the same table. */
export const useMay = (deed: Deed): boolean => may(useCurrentProject().data?.member.role ?? null, deed);

export const useRecentProjects = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.recent, queryFn: () => studio.projects.recent() });
};

/** Whether this machine can open projects without a passphrase, and does so for who is here. */
export const useKeyStore = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.keyStore, queryFn: () => studio.projects.keyStore() });
};

export const useImagePage = (input: Inputs["images"]["list"]) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.images(input),
    queryFn: () => studio.images.list(input),
    placeholderData: keepPreviousData,
  });
};

export const useFacets = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.facets, queryFn: () => studio.images.facets() });
};

export const useImage = (id: string, enabled = true) => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.image(id), queryFn: () => studio.images.get({ id }), enabled });
};

export const useDeidentification = (id: string, enabled = true) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.deidentification(id),
    queryFn: () => studio.images.deidentification({ id }),
    enabled,
  });
};

export const useClasses = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.classes, queryFn: () => studio.labels.classes() });
};

/** Questions beside the class of an image, archived ones too. */
export const useQuestions = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.questions, queryFn: () => studio.schema.questions() });
};

/** What was typed into a question; asked when its field gets the keyboard. */
export const useTyped = (questionId: string, enabled: boolean) => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.typed(questionId), queryFn: () => studio.schema.typed({ questionId }), enabled });
};

/** Definitions of the attributes of every class. */
export const useAttributes = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.attributes, queryFn: () => studio.schema.attributes() });
};

/** How often a question's options are said. Old as soon as somebody labels, so it is asked anew when an editor opens. */
export const useUsage = (questionId: string | null) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.usage(questionId ?? ""),
    queryFn: () => studio.schema.usage({ questionId: questionId ?? "" }),
    enabled: questionId !== null,
    gcTime: 0,
  });
};

export const useAttributeUsage = (classId: string) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.attributeUsage(classId),
    queryFn: () => studio.schema.attributeUsage({ classId }),
    gcTime: 0,
  });
};

export const useLabels = (imageId: string, layer: string) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.labels(imageId, layer),
    queryFn: () => studio.labels.forImage({ imageId, layer }),
    // What changes keeps the other shapes as they are; comparing thousands of them each time would take longer than drawing them.
    structuralSharing: false,
  });
};

/** The slices that an image is read with. Every image of a stack shares one answer, so going through it asks nothing. */
export const useStack = (imageId: string) => {
  const studio = useStudio();
  const queryClient = useQueryClient();
  return useQuery({
    queryKey: keys.stack(imageId),
    queryFn: async () => {
      const stack = await studio.images.stack({ id: imageId });
      for (const { id } of stack.images) queryClient.setQueryData(keys.stack(id), stack);
      return stack;
    },
  });
};

/** Labels of every image of a stack, so that they are there when its slice comes into sight. */
export const useStackLabels = (stack: ImageStack, layer: string) => {
  const studio = useStudio();
  const queryClient = useQueryClient();
  return useQuery({
    queryKey: keys.stackLabels(stack.images[0].id, layer),
    queryFn: async () => {
      const imageIds = stack.images.map(({ id }) => id);
      for (const labels of await studio.labels.forImages({ imageIds, layer })) {
        const key = keys.labels(labels.imageId, layer);
        if (queryClient.getQueryData(key) === undefined) queryClient.setQueryData(key, labels);
      }
      return null;
    },
    enabled: stack.images.length > 1,
  });
};

export const useLabelHistory = (layer: string) => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.history(layer), queryFn: () => studio.labels.history({ layer }) });
};

export const useMembers = () => {
  const studio = useStudio();
  const enabled = useMay("projects.members");
  return useQuery({ queryKey: keys.members, queryFn: () => studio.projects.members(), enabled });
};

/** Bytes of the project that lie under the new key already. */
export type Rekeying = { done: number; total: number } | null;

/** Only events bring it: null, or nothing yet, while no copy is made. */
export const useRekeying = () =>
  useQuery<Rekeying>({ queryKey: keys.rekeying, queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY });

export const useWorkLists = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.workLists, queryFn: () => studio.reading.lists() });
};

/** The present reader's own reads of a list. */
export const useReads = (listId: string | null) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.reads(listId ?? ""),
    queryFn: () => studio.reading.mine({ listId: listId ?? "" }),
    enabled: listId !== null,
  });
};

export const useCases = (listId: string, only: Inputs["reading"]["cases"]["only"] = "all") => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.cases(listId, only),
    queryFn: () => studio.reading.cases({ listId, only }),
    enabled: useMay("reading.cases"),
    retry: false,
  });
};

/** Whether queues of active learning pay. */
export const useActiveCurve = () => {
  const studio = useStudio();
  const enabled = useMay("reading.activeCurve");
  return useQuery({ queryKey: keys.activeCurve, queryFn: () => studio.reading.activeCurve(), enabled });
};

export const useAgreement = (listId: string) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.agreement(listId),
    queryFn: () => studio.reading.agreement({ listId }),
    enabled: useMay("reading.agreement"),
    retry: false,
  });
};

export const useSnapshots = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.snapshots, queryFn: () => studio.snapshots.list() });
};

/** Fitted to the snapshot and to the minutes that a training may take. */
export const useRecipes = (snapshotId: string | null, minutes: number) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.recipes(snapshotId ?? "", minutes),
    queryFn: () => studio.runs.recipes({ snapshotId: snapshotId ?? "", minutes }),
    enabled: snapshotId !== null,
  });
};

/** What the recipe makes of some training images; nothing while the recipe is incomplete. */
export const usePreview = (snapshotId: string, recipe: Recipe | null, seed: number) => {
  const studio = useStudio();
  const { inputSize, augment, fold } = recipe ?? {};
  return useQuery({
    queryKey: keys.preview(snapshotId, { inputSize, augment, fold }, seed),
    queryFn: () => (recipe ? studio.runs.preview({ snapshotId, recipe, seed }) : null),
    enabled: recipe !== null,
    placeholderData: keepPreviousData,
  });
};

export const useDevices = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.devices, queryFn: () => studio.runs.devices() });
};

export const useRuns = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.runs, queryFn: () => studio.runs.list() });
};

export const useRun = (id: string) => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.run(id), queryFn: () => studio.runs.get({ id }) });
};

/** All points of a run. What events told while the answer was on its way is newer than the answer. */
export async function pointsOf(studio: Studio, queryClient: QueryClient, id: string): Promise<RunPoint[]> {
  const points = await studio.runs.points({ id });
  return withPoints(points, queryClient.getQueryData<RunPoint[]>(keys.points(id)) ?? []);
}

/** All points of a run; events append to this answer while it trains. */
export const usePoints = (id: string) => {
  const studio = useStudio();
  const queryClient = useQueryClient();
  return useQuery({ queryKey: keys.points(id), queryFn: () => pointsOf(studio, queryClient, id) });
};

export const useSearches = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.searches, queryFn: () => studio.searches.list() });
};

/** A search with its trials. */
export const useSearch = (id: string) => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.search(id), queryFn: () => studio.searches.get({ id }) });
};

/** Asked anew when another trial has ended; the last answer stays meanwhile. */
export const useImportance = (id: string, ended: number, enabled: boolean) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.importance(id, ended),
    queryFn: () => studio.searches.importance({ id }),
    enabled,
    placeholderData: keepPreviousData,
  });
};

/** A recipe and a space around it; measures steps, so it takes seconds. */
export const useSearchSuggestion = (snapshotId: string | null, minutes: number) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.searchSuggestion(snapshotId ?? "", minutes),
    queryFn: () => studio.searches.suggest({ snapshotId: snapshotId ?? "", minutes }),
    enabled: snapshotId !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
};

export const useModels = () => {
  const studio = useStudio();
  const enabled = useMay("models.list");
  return useQuery({ queryKey: keys.models, queryFn: () => studio.models.list(), enabled });
};

/** Models from elsewhere that runs can begin with. */
export const useStartingModels = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.starting, queryFn: () => studio.models.starting() });
};

export const useModel = (id: string) => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.model(id), queryFn: () => studio.models.get({ id }) });
};

/** Computed on the first question, so it may take seconds. */
export const useEvaluation = (modelId: string | null, part: Part) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.evaluation(modelId ?? "", part),
    queryFn: () => studio.models.evaluation({ modelId: modelId ?? "", part }),
    enabled: modelId !== null,
  });
};

/** The last answer stays while the next is computed. */
export const useFairness = (input: Inputs["fairness"]["audit"]) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.fairness(input),
    queryFn: () => studio.fairness.audit(input),
    placeholderData: keepPreviousData,
  });
};

/** Who is in a snapshot. The last answer stays while the next is counted. */
export const useBalance = (input: Inputs["fairness"]["balance"]) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.balance(input),
    queryFn: () => studio.fairness.balance(input),
    placeholderData: keepPreviousData,
  });
};

/** When a model's answer is not enough; nothing for whoever may not ask. */
export const useRules = (modelId: string | null) => {
  const studio = useStudio();
  const may = useMay("rules.list");
  return useQuery({
    queryKey: keys.rules(modelId ?? ""),
    queryFn: () => studio.rules.list({ modelId: modelId ?? "" }),
    enabled: may && modelId !== null,
  });
};

export const useCompressionReport = (modelId: string | null) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.compression(modelId ?? ""),
    queryFn: () => studio.models.compressionReport({ modelId: modelId ?? "" }),
    enabled: modelId !== null,
  });
};

/** Of everything that was measured against this model. */
export const useCompressions = (modelId: string) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.compressions(modelId),
    queryFn: () => studio.models.compressions({ modelId }),
  });
};

export const useExplanationReport = (modelId: string, part: Part) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.explanationReport(modelId, part),
    queryFn: () => studio.explanations.report({ modelId, part }),
  });
};

export const useExports = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.exports, queryFn: () => studio.models.exports() });
};

/** The project's file: sizes, last backup and check. */
export const useHealth = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.health, queryFn: () => studio.upkeep.health() });
};

/** Copies that were taken in. */
export const useMerges = () => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.merges, queryFn: () => studio.copies.merges() });
};

export const useConflicts = (input: Inputs["copies"]["conflicts"]) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.conflicts(input),
    queryFn: () => studio.copies.conflicts(input),
    placeholderData: keepPreviousData,
  });
};

export const useJobs = () => {
  const studio = useStudio();
  const enabled = useMay("jobs.list");
  return useQuery({ queryKey: keys.jobs, queryFn: () => studio.jobs.list(), enabled });
};

/** What people wrote about a model. */
export const useCard = (modelId: string) => {
  const studio = useStudio();
  return useQuery({ queryKey: keys.card(modelId), queryFn: () => studio.models.card({ modelId }) });
};

/** What would leave the project with a notebook. */
export const useNotebookLeaving = (input: Inputs["comparison"]["notebookLeaving"]) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.notebookLeaving(input),
    queryFn: () => studio.comparison.notebookLeaving(input),
    placeholderData: keepPreviousData,
  });
};

/**
 * A call that changes something: `const train = useCall((studio, input: Inputs["runs"]["start"]) => studio.runs.start(input))`.
 * What it made old arrives as a `changed` event; the caller shows `error` with <Refused> or a toast.
 */
export function useCall<Input, Output>(call: (studio: Studio, input: Input) => Promise<Output>) {
  const studio = useStudio();
  // Inputs and answers (passphrases, explanations) leave memory with the view that asked.
  return useMutation({ mutationFn: (input: Input) => call(studio, input), gcTime: 0 });
}
