// A new run: choose a snapshot, one of the recipes that were fitted to it, change what you like, choose a device, train.
import {
  Alert,
  Badge,
  Button,
  Group,
  List,
  NumberInput,
  Paper,
  Radio,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { ArrowLeft, FlaskConical, Info, Play } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Device, Inputs, Outputs, Snapshot } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useCall, useDevices, useRecipes, useSnapshots } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { BalanceSection } from "../data/BalanceSection.tsx";
import { AugmentationPreview } from "./AugmentationPreview.tsx";
import classes from "./NewRunPage.module.css";
import { newRunStore } from "./new-run.ts";
import { RecipeForm } from "./RecipeForm.tsx";
import { checkRecipe, isProbe, type RecipeDraft } from "./recipe-fields.ts";
import { StartSection } from "./StartSection.tsx";
import { useDeviceText } from "./use-field-text.ts";

/** What a training may take when nobody says otherwise. */
const USUAL_MINUTES = 10;
/** Recipes that get a card; the others are behind the choice of an architecture. */
const SHOWN = ["convnet", "resnet18", "logistic"];
const AUTOMATIC = "automatic";

type Suggestion = Outputs["runs"]["recipes"][number];

export function NewRunPage() {
  const { t } = useTranslation("runs");
  const { number } = useFormat();
  const snapshots = useSnapshots();
  const chosen = useStore(newRunStore, (state) => state.snapshotId);
  const snapshot = snapshots.data?.find(({ id }) => id === chosen) ?? snapshots.data?.[0];
  const [typedMinutes, setMinutes] = useState<number | null>(USUAL_MINUTES);
  const [minutes] = useDebouncedValue(typedMinutes ?? USUAL_MINUTES, 600);
  const recipes = useRecipes(snapshot?.id ?? null, minutes);
  const label = (item: Snapshot) =>
    t("snapshotOption", {
      name: item.name,
      count: item.counts.reduce((sum, part) => sum + part.images, 0),
      shown: number(item.counts.reduce((sum, part) => sum + part.images, 0)),
    });

  return (
    <>
      <ViewHeader title={t("new.title")} text={t("new.intro")}>
        <Button
          variant="default"
          leftSection={<ArrowLeft size={16} aria-hidden />}
          onClick={() => navigate({ view: "runs", runId: null })}
        >
          {t("allRuns")}
        </Button>
      </ViewHeader>
      <ViewBody>
        {snapshots.error ? <Refused error={snapshots.error} onRetry={() => void snapshots.refetch()} /> : null}
        {snapshots.data?.length === 0 ? (
          <EmptyState icon={FlaskConical} title={t("empty.title")} text={t("empty.noSnapshot")}>
            <Button onClick={() => navigate({ view: "data" })}>{t("empty.toData")}</Button>
          </EmptyState>
        ) : null}
        {snapshot && snapshots.data ? (
          <SimpleGrid cols={{ base: 1, sm: 2 }} maw={960}>
            <Select
              label={t("new.snapshot")}
              description={t("new.snapshotHelp")}
              allowDeselect={false}
              value={snapshot.id}
              onChange={(id) => newRunStore.setState({ snapshotId: id })}
              data={snapshots.data.map((item) => ({ value: item.id, label: label(item) }))}
            />
            <NumberInput
              label={t("new.minutes")}
              description={t("new.minutesHelp")}
              value={typedMinutes ?? ""}
              onChange={(value) => setMinutes(typeof value === "number" ? value : null)}
              min={0.5}
              max={1440}
              decimalScale={1}
              allowNegative={false}
            />
          </SimpleGrid>
        ) : null}
        {snapshot ? <BalanceSection key={snapshot.id} snapshot={snapshot} /> : null}
        {recipes.error ? <Refused error={recipes.error} onRetry={() => void recipes.refetch()} /> : null}
        {snapshot && recipes.isPending ? <Loading /> : null}
        {snapshot && recipes.data && recipes.data.length > 0 ? (
          <NewRunForm key={`${snapshot.id} ${minutes}`} snapshot={snapshot} suggestions={recipes.data} />
        ) : null}
      </ViewBody>
    </>
  );
}

function NewRunForm({ snapshot, suggestions }: { snapshot: Snapshot; suggestions: Suggestion[] }) {
  const { t } = useTranslation("runs");
  const devices = useDevices();
  const deviceText = useDeviceText();
  const missingText = ({ id, missing, reason }: Device): string | undefined => {
    if (missing === "nothing" || id === "cpu") return undefined;
    const needs = t(`needs.${id}`);
    return missing === "other" ? t("new.notAvailableBecause", { reason }) : t(`new.missing.${missing}`, { needs });
  };
  const [chosen, setChosen] = useState(AUTOMATIC);
  const [draft, setDraft] = useState<RecipeDraft>(suggestionOf(suggestions, AUTOMATIC).recipe);
  const [name, setName] = useState("");
  const [device, setDevice] = useState<Device["id"]>("cpu");
  const start = useCall((studio, input: Inputs["runs"]["start"]) => studio.runs.start(input));
  const { recipe, problems } = checkRecipe(draft);

  const choose = (value: string) => {
    setChosen(value);
    setDraft(suggestionOf(suggestions, value).recipe);
  };
  /** Another architecture comes with a width of its own: channels of one are features of another. */
  const change = (next: RecipeDraft) => {
    const isOther = next.architecture !== draft.architecture;
    setDraft(isOther ? { ...next, width: suggestionOf(suggestions, next.architecture).recipe.width } : next);
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (recipe === null) return;
    start.mutate(
      { snapshotId: snapshot.id, recipe, name: name.trim() === "" ? undefined : name.trim(), device },
      { onSuccess: ({ run }) => navigate({ view: "runs", runId: run.id }) },
    );
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="lg">
        <Radio.Group label={t("new.recipe")} description={t("new.recipeHelp")} value={chosen} onChange={choose}>
          <Stack mt="sm">
            <RecipeCard suggestion={suggestionOf(suggestions, AUTOMATIC)} />
            <SimpleGrid cols={{ base: 1, md: 3 }}>
              {SHOWN.map((architecture) => (
                <RecipeCard key={architecture} suggestion={suggestionOf(suggestions, architecture)} />
              ))}
            </SimpleGrid>
          </Stack>
        </Radio.Group>
        <StartSection draft={draft} onChange={change} />
        <RecipeForm draft={draft} problems={problems ?? {}} onChange={change} />
        {isProbe(draft) ? null : <AugmentationPreview snapshotId={snapshot.id} recipe={recipe} />}
        <Paper withBorder p="md" component="section" aria-label={t("new.where")}>
          <Stack>
            <Radio.Group
              label={t("new.device")}
              description={t("new.deviceHelp")}
              value={device}
              onChange={(value) => setDevice(value as Device["id"])}
            >
              <Stack gap="xs" mt="xs">
                {devices.data?.map((item) => (
                  <Radio
                    key={item.id}
                    value={item.id}
                    disabled={!item.available}
                    label={deviceText(item)}
                    description={missingText(item)}
                  />
                ))}
              </Stack>
            </Radio.Group>
            {devices.error ? <Refused error={devices.error} onRetry={() => void devices.refetch()} /> : null}
            <TextInput
              label={t("new.name")}
              description={t("new.nameHelp")}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              maxLength={120}
            />
            {problems ? (
              <Alert color="yellow" variant="light" icon={<Info size={18} aria-hidden />} role="status">
                {t("new.fix", { count: Object.keys(problems).length })}
              </Alert>
            ) : null}
            {start.error ? <Refused error={start.error} /> : null}
            <Group>
              <Button
                type="submit"
                size="md"
                leftSection={<Play size={18} aria-hidden />}
                loading={start.isPending}
                disabled={recipe === null}
              >
                {t("new.train")}
              </Button>
            </Group>
          </Stack>
        </Paper>
      </Stack>
    </form>
  );
}

function RecipeCard({ suggestion: { recipe, recommended, reasons } }: { suggestion: Suggestion }) {
  const { t } = useTranslation("runs");
  const figures = useFigures();
  const aboutId = useId();
  const net = t(`value.architecture.${recipe.architecture}`);
  const name = recommended ? t("new.automatic") : net;
  const words = reasons.map(({ fact, values }) =>
    t(`fact.${fact}`, {
      ...Object.fromEntries(Object.entries(values).map(([key, value]) => [key, figures.significant(value)])),
      ...(values.count === undefined ? {} : { shown: figures.integer(values.count) }),
      ...(values.seen === undefined ? {} : { seen: figures.integer(values.seen) }),
    }),
  );
  if (recipe.augment?.flip) words.push(t("fact.mirrored"));
  return (
    <Radio.Card
      className={classes.card}
      value={recommended ? AUTOMATIC : recipe.architecture}
      p="md"
      withBorder
      aria-label={name}
      aria-describedby={aboutId}
    >
      <Group wrap="nowrap" align="flex-start">
        <Radio.Indicator />
        <Stack gap={4} id={aboutId}>
          <Group gap="xs">
            <Text fw={600}>{name}</Text>
            {recommended ? <Badge size="sm">{t("new.recommended")}</Badge> : null}
          </Group>
          <Text size="sm">{recommended ? t("about.automatic", { net }) : t(`about.${recipe.architecture}`)}</Text>
          <Text size="xs" c="dimmed">
            {t("recipeLine", { size: recipe.inputSize, epochs: recipe.epochs, batch: recipe.batchSize })}
          </Text>
          {recommended ? (
            <List size="xs" spacing={2} aria-label={t("new.reasons")}>
              {words.map((text) => (
                <List.Item key={text}>{text}</List.Item>
              ))}
            </List>
          ) : (
            <Text size="xs" c="dimmed">
              {words.join(" ")}
            </Text>
          )}
        </Stack>
      </Group>
    </Radio.Card>
  );
}

/** The automatic recipe, or the one for an architecture. */
function suggestionOf(suggestions: readonly Suggestion[], wanted: string): Suggestion {
  const found = suggestions.find(({ recommended, recipe }) =>
    wanted === AUTOMATIC ? recommended : !recommended && recipe.architecture === wanted,
  );
  return found ?? suggestions[0];
}
