// A new search: snapshot, what is varied, what is good, how long. Everything has a sensible beginning, so Start can be pressed at once.
import {
  Accordion,
  Button,
  Fieldset,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { ArrowLeft, Play, Telescope } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Inputs,
  type Outputs,
  type SearchObjective,
  type SearchSampler,
  type Snapshot,
  searchObjectiveSchema,
  searchSamplerSchema,
} from "../../../preload/contract/index.ts";
import { navigate } from "../../state/route.ts";
import { useCall, useSearches, useSearchSuggestion, useSnapshots } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { useNetText } from "../runs/use-field-text.ts";
import { SpaceEditor } from "./SpaceEditor.tsx";
import { draftOf, type ParameterDraft, spaceOf } from "./space-draft.ts";

/** Minutes that a trial's recipe is fitted to. */
const EACH_MINUTES = 2;
type Suggestion = Outputs["searches"]["suggest"];

export function NewSearchPage() {
  const { t } = useTranslation("search");
  const snapshots = useSnapshots();
  const searches = useSearches();
  const [chosen, setChosen] = useState<string | null>(null);
  const snapshot = snapshots.data?.find(({ id }) => id === chosen) ?? snapshots.data?.[0];
  const suggestion = useSearchSuggestion(snapshot?.id ?? null, EACH_MINUTES);
  return (
    <>
      <ViewHeader title={t("new.title")} text={t("new.intro")}>
        <Button
          variant="default"
          leftSection={<ArrowLeft size={16} aria-hidden />}
          onClick={() => navigate({ view: "search", searchId: null })}
        >
          {t("allSearches")}
        </Button>
      </ViewHeader>
      <ViewBody>
        {snapshots.data?.length === 0 ? (
          <EmptyState icon={Telescope} title={t("empty.title")} text={t("empty.noSnapshot")}>
            <Button onClick={() => navigate({ view: "data" })}>{t("empty.toData")}</Button>
          </EmptyState>
        ) : null}
        {snapshot && snapshots.data ? (
          <Select
            label={t("new.snapshot")}
            maw={480}
            allowDeselect={false}
            value={snapshot.id}
            onChange={setChosen}
            data={snapshots.data.map(({ id, name }) => ({ value: id, label: name }))}
          />
        ) : null}
        {suggestion.error ? <Refused error={suggestion.error} onRetry={() => void suggestion.refetch()} /> : null}
        {snapshot && suggestion.isPending && !suggestion.error ? (
          <>
            <Loading />
            <Text size="sm" c="dimmed">
              {t("new.measuring")}
            </Text>
          </>
        ) : null}
        {snapshot && suggestion.data && searches.data ? (
          <SearchForm
            key={snapshot.id}
            snapshot={snapshot}
            suggestion={suggestion.data}
            firstName={t("new.nameOf", { number: searches.data.length + 1 })}
          />
        ) : null}
      </ViewBody>
    </>
  );
}

interface SearchFormProps {
  snapshot: Snapshot;
  suggestion: Suggestion;
  firstName: string;
}

function SearchForm({ snapshot, suggestion, firstName }: SearchFormProps) {
  const { t } = useTranslation("search");
  const netText = useNetText();
  const [name, setName] = useState(firstName);
  const [drafts, setDrafts] = useState<ParameterDraft[]>(() => draftOf(suggestion.space));
  const [sampler, setSampler] = useState<SearchSampler>("auto");
  const [objectives, setObjectives] = useState<SearchObjective[]>(["auc"]);
  const [trials, setTrials] = useState<number | null>(20);
  const [minutes, setMinutes] = useState<number | null>(null);
  const [patience, setPatience] = useState<number | null>(null);
  const [workers, setWorkers] = useState<number | null>(1);
  const [warmStart, setWarmStart] = useState(false);
  const [halved, setHalved] = useState(false);
  const { recipe } = suggestion;
  const start = useCall((studio, input: Inputs["searches"]["start"]) => studio.searches.start(input));

  const space = spaceOf(drafts);
  const quality = objectives.length === 1 && (objectives[0] === "auc" || objectives[0] === "loss");
  const mayHalve = quality && recipe.epochs >= 3 && !drafts.some((draft) => draft.name === "epochs");
  const isReady = space !== null && objectives.length > 0 && trials !== null && name.trim() !== "";
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    const halving = halved && mayHalve ? { shortest: Math.max(1, Math.round(recipe.epochs / 9)) } : null;
    start.mutate(
      {
        name: name.trim(),
        plan: {
          ...{ snapshotId: snapshot.id, recipe, space, sampler, objectives, trials, minutes, patience, halving },
          ...{ workers: workers ?? 1, warmStart },
        },
      },
      { onSuccess: ({ search }) => navigate({ view: "search", searchId: search.id }) },
    );
  };
  const amount = (typed: string | number) => (typeof typed === "number" ? typed : null);
  const options = { min: 1, max: 1000, allowDecimal: false, allowNegative: false } as const;

  return (
    <form onSubmit={onSubmit}>
      <Stack maw={960}>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label={t("new.name")}
            description={t("new.nameHelp")}
            value={name}
            maxLength={60}
            required
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <MultiSelect
            label={t("new.objectives")}
            description={t("new.objectivesHelp")}
            value={objectives}
            error={objectives.length === 0 ? t("new.objectivesNeeded") : undefined}
            onChange={(values) =>
              setObjectives(searchObjectiveSchema.options.filter((objective) => values.includes(objective)))
            }
            data={searchObjectiveSchema.options.map((value) => ({ value, label: t(`objective.${value}`) }))}
          />
          <NumberInput
            {...options}
            label={t("new.trials")}
            description={t("new.trialsHelp")}
            value={trials ?? ""}
            error={trials === null ? t("space.problem.needed") : undefined}
            onChange={(typed) => setTrials(amount(typed))}
          />
          <NumberInput
            {...options}
            max={100_000}
            label={t("new.minutes")}
            description={t("new.minutesHelp")}
            value={minutes ?? ""}
            onChange={(typed) => setMinutes(amount(typed))}
          />
        </SimpleGrid>
        <Fieldset legend={t("space.title")} bg="var(--mantine-color-body)">
          <Text size="sm" c="dimmed" mb="sm">
            {t("space.about", { net: netText(recipe), epochs: recipe.epochs, size: recipe.inputSize })}
          </Text>
          <SpaceEditor drafts={drafts} onChange={setDrafts} />
        </Fieldset>
        <Accordion variant="contained">
          <Accordion.Item value="more" bg="var(--mantine-color-body)">
            <Accordion.Control>{t("new.more")}</Accordion.Control>
            <Accordion.Panel>
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                <Select
                  label={t("new.sampler")}
                  description={t("new.samplerHelp")}
                  allowDeselect={false}
                  value={sampler}
                  onChange={(value) => setSampler(searchSamplerSchema.options.find((one) => one === value) ?? "auto")}
                  data={searchSamplerSchema.options.map((value) => ({ value, label: t(`sampler.${value}`) }))}
                />
                <NumberInput
                  {...options}
                  label={t("new.patience")}
                  description={t("new.patienceHelp")}
                  value={patience ?? ""}
                  onChange={(typed) => setPatience(amount(typed))}
                />
                <NumberInput
                  {...options}
                  max={16}
                  label={t("new.workers")}
                  description={t("new.workersHelp")}
                  value={workers ?? ""}
                  onChange={(typed) => setWorkers(amount(typed))}
                />
                <Stack gap="sm">
                  <Switch
                    label={t("new.halving")}
                    description={t(mayHalve ? "new.halvingHelp" : "new.halvingNot")}
                    disabled={!mayHalve}
                    checked={halved && mayHalve}
                    onChange={(event) => setHalved(event.currentTarget.checked)}
                  />
                  <Switch
                    label={t("new.warmStart")}
                    description={t("new.warmStartHelp")}
                    checked={warmStart}
                    onChange={(event) => setWarmStart(event.currentTarget.checked)}
                  />
                </Stack>
              </SimpleGrid>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
        {start.error ? <Refused error={start.error} /> : null}
        <Group>
          <Button
            type="submit"
            leftSection={<Play size={16} aria-hidden />}
            loading={start.isPending}
            disabled={!isReady}
          >
            {t("new.start")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
