// A new run: choose a snapshot, one of the recipes that were fitted to it, change what you like, choose a device, train.
import { Alert, Button, Group, Paper, Radio, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
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
import { Refused } from "../../ui/Refused.tsx";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import classes from "./NewRunPage.module.css";
import { newRunStore } from "./new-run.ts";
import { RecipeForm } from "./RecipeForm.tsx";
import { checkRecipe, type RecipeDraft } from "./recipe-fields.ts";

type Suggestion = Outputs["runs"]["recipes"][number];

export function NewRunPage() {
  const { t } = useTranslation("runs");
  const { number } = useFormat();
  const snapshots = useSnapshots();
  const chosen = useStore(newRunStore, (state) => state.snapshotId);
  const snapshot = snapshots.data?.find(({ id }) => id === chosen) ?? snapshots.data?.[0];
  const recipes = useRecipes(snapshot?.id ?? null);
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
          <Select
            label={t("new.snapshot")}
            maw={480}
            allowDeselect={false}
            value={snapshot.id}
            onChange={(id) => newRunStore.setState({ snapshotId: id })}
            data={snapshots.data.map((item) => ({ value: item.id, label: label(item) }))}
          />
        ) : null}
        {recipes.error ? <Refused error={recipes.error} onRetry={() => void recipes.refetch()} /> : null}
        {snapshot && recipes.isPending ? <Loading /> : null}
        {snapshot && recipes.data && recipes.data.length > 0 ? (
          <NewRunForm key={snapshot.id} snapshot={snapshot} suggestions={recipes.data} />
        ) : null}
      </ViewBody>
    </>
  );
}

function NewRunForm({ snapshot, suggestions }: { snapshot: Snapshot; suggestions: Suggestion[] }) {
  const { t } = useTranslation("runs");
  const devices = useDevices();
  const [architecture, setArchitecture] = useState(preferred(suggestions).recipe.architecture);
  const [draft, setDraft] = useState<RecipeDraft>(preferred(suggestions).recipe);
  const [name, setName] = useState("");
  const [device, setDevice] = useState<Device["id"]>("cpu");
  const start = useCall((studio, input: Inputs["runs"]["start"]) => studio.runs.start(input));
  const { recipe, problems } = checkRecipe(draft);

  const choose = (value: string) => {
    const suggestion = suggestions.find(({ recipe }) => recipe.architecture === value);
    if (!suggestion) return;
    setArchitecture(suggestion.recipe.architecture);
    setDraft(suggestion.recipe);
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
        <Radio.Group label={t("new.recipe")} description={t("new.recipeHelp")} value={architecture} onChange={choose}>
          <SimpleGrid cols={{ base: 1, md: 3 }} mt="sm">
            {suggestions.map((suggestion) => (
              <RecipeCard key={suggestion.recipe.architecture} suggestion={suggestion} />
            ))}
          </SimpleGrid>
        </Radio.Group>
        <RecipeForm draft={draft} problems={problems ?? {}} onChange={setDraft} />
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
                    label={item.name}
                    description={item.available ? undefined : t("new.notAvailable", { reason: item.reason })}
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

function RecipeCard({ suggestion: { recipe, reason } }: { suggestion: Suggestion }) {
  const { t } = useTranslation("runs");
  const aboutId = useId();
  const name = t(`value.architecture.${recipe.architecture}`);
  return (
    <Radio.Card
      className={classes.card}
      value={recipe.architecture}
      p="md"
      withBorder
      aria-label={name}
      aria-describedby={aboutId}
    >
      <Group wrap="nowrap" align="flex-start">
        <Radio.Indicator />
        <Stack gap={4} id={aboutId}>
          <Text fw={600}>{name}</Text>
          <Text size="sm">{t(`about.${recipe.architecture}`)}</Text>
          <Text size="xs" c="dimmed">
            {t("recipeLine", { size: recipe.inputSize, epochs: recipe.epochs, batch: recipe.batchSize })}
          </Text>
          <Text size="xs" c="dimmed">
            {t("fitted.images", { count: reason.trainingImages })}{" "}
            {t(recipe.inputSize < reason.imageSide ? "fitted.reduced" : "fitted.kept", { side: recipe.inputSize })}{" "}
            {reason.uneven && t("fitted.uneven")} {recipe.augment?.flip && t("fitted.mirrored")}
          </Text>
        </Stack>
      </Group>
    </Radio.Card>
  );
}

/** The small convolutional net trains in minutes and does well: the one to begin with. */
function preferred(suggestions: Suggestion[]): Suggestion {
  return suggestions.find(({ recipe }) => recipe.architecture === "convnet") ?? suggestions[0];
}
