// Where the model looked: chooses model, method and class, and shows the map over the picture with its opacity and colours.
import { ActionIcon, Alert, Button, Group, Select, Slider, Stack, Text, Title } from "@mantine/core";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import {
  applyRules,
  type Explanation,
  explanationMethodSchema,
  type Inputs,
  type Model,
  predictedClass,
} from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { viewerStore } from "../../state/viewer.ts";
import { useCall, useImage, useMay, useModels, useRules } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { RuleVerdict } from "../../ui/RuleVerdict.tsx";
import { HEAT_COLORS } from "../../viewer/masks/colors.ts";
import { FileExplain, type Region } from "./FileExplain.tsx";
import classes from "./LabelPanel.module.css";
import { MapTrust } from "./MapTrust.tsx";
import { NearestImages } from "./NearestImages.tsx";

const METHODS = explanationMethodSchema.options;

/** A choice beside the project's models: one in a file. */
const FILE = "file";

export interface ExplainPanelProps {
  imageId: string;
  frame: number;
  /** around the shape that is selected */
  region: Region | null;
  onClose(): void;
}

export function ExplainPanel({ imageId, frame, region, onClose }: ExplainPanelProps) {
  const { t } = useTranslation("viewer");
  const { t: shell } = useTranslation();
  const format = useFormat();
  const models = useModels();
  const mayOpenFiles = useMay("explanations.ofFile");
  const [modelId, setModelId] = useState<string | null>(null);
  const [method, setMethod] = useState<Explanation["method"]>("grad-cam");
  const [classIndex, setClassIndex] = useState<number | null>(null);
  const { explanation, opacity } = useStore(viewerStore);
  const explain = useCall((studio, input: Inputs["explanations"]["map"]) => studio.explanations.map(input));
  const usable = models.data ?? [];
  const fromFile = modelId === FILE;
  const own = usable.find(({ id }) => id === modelId) ?? usable.find(({ kind }) => kind === "trained") ?? null;
  const model = fromFile ? null : own;
  const chosenModel = model?.id ?? null;
  const { mutate } = explain;

  useEffect(() => {
    if (chosenModel === null) return;
    viewerStore.setState({ explanation: null });
    let late = false;
    mutate(
      { modelId: chosenModel, imageId, frame, method, ...(classIndex === null ? {} : { classIndex }) },
      { onSuccess: (result) => !late && viewerStore.setState({ explanation: result }) },
    );
    return () => {
      late = true;
    };
  }, [chosenModel, imageId, frame, method, classIndex, mutate]);

  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h6">
          {t("explain.title")}
        </Title>
        <ActionIcon variant="subtle" color="gray" aria-label={shell("close")} onClick={onClose}>
          <X aria-hidden size={16} />
        </ActionIcon>
      </Group>
      {models.isPending && <Loading />}
      {models.error && <Refused error={models.error} onRetry={() => void models.refetch()} />}
      {models.isSuccess && !own && !fromFile && (
        <Stack gap="xs" align="flex-start">
          <Text size="sm" c="dimmed">
            {t("explain.noModel")}
          </Text>
          <Button size="xs" variant="default" onClick={() => navigate({ view: "runs", runId: null })}>
            {shell("runs")}
          </Button>
          {mayOpenFiles && (
            <Button size="xs" variant="default" onClick={() => setModelId(FILE)}>
              {t("explain.file.choose")}
            </Button>
          )}
        </Stack>
      )}
      {(model || (fromFile && own)) && (
        <Select
          mb="sm"
          size="xs"
          label={t("explain.model")}
          allowDeselect={false}
          data={[
            ...usable.map(({ id, name }) => ({ value: id, label: name })),
            ...(mayOpenFiles ? [{ value: FILE, label: t("explain.file.choose") }] : []),
          ]}
          value={model?.id ?? FILE}
          onChange={(value) => {
            setModelId(value);
            setClassIndex(null);
          }}
        />
      )}
      {fromFile && <FileExplain imageId={imageId} frame={frame} region={region} />}
      {model && (
        <Stack gap="sm">
          <Select
            size="xs"
            label={t("explain.method")}
            description={t(`explain.about.${method}`)}
            inputWrapperOrder={["label", "input", "description"]}
            allowDeselect={false}
            value={method}
            onChange={(value) => setMethod(METHODS.find((known) => known === value) ?? "grad-cam")}
            data={METHODS.map((value) => ({ value, label: t(`explain.methods.${value}`) }))}
          />
          <Select
            size="xs"
            label={t("explain.class")}
            allowDeselect={false}
            data={[
              { value: "", label: t("explain.predicted") },
              ...model.classes.map(({ name }, index) => ({ value: String(index), label: name })),
            ]}
            value={classIndex === null ? "" : String(classIndex)}
            onChange={(value) => setClassIndex(value ? Number(value) : null)}
          />
          <Stack gap={2}>
            <Text size="xs" fw={500} id="explain-opacity">
              {t("explain.opacity")}
            </Text>
            <Slider
              thumbLabel={t("explain.opacity")}
              min={0}
              max={100}
              label={(value) => `${value} %`}
              value={Math.round(opacity * 100)}
              onChange={(value) => viewerStore.setState({ opacity: value / 100 })}
            />
          </Stack>
          <div role="status">
            {explain.isPending && <Loading />}
            {explanation && (
              <Stack gap="sm" data-testid="explanation">
                {explanation.reason !== null && (
                  <Alert variant="light" p="xs">
                    <Text size="xs">{t("explain.instead", { name: t(`explain.methods.${explanation.method}`) })}</Text>
                    <Text size="xs" lang="en">
                      {explanation.reason}
                    </Text>
                  </Alert>
                )}
                <div className={classes.legend}>
                  <svg
                    className={classes.colorBar}
                    viewBox="0 0 90 12"
                    preserveAspectRatio="none"
                    role="img"
                    aria-label={t("explain.colors")}
                  >
                    {HEAT_COLORS.map((color, index) => (
                      <rect key={color} x={index * 10} width={10.5} height={12} fill={color} />
                    ))}
                  </svg>
                  <span className={classes.legendEnds}>
                    <span>{t("explain.none")}</span>
                    <span>{t("explain.most")}</span>
                  </span>
                </div>
                <ul className={classes.probabilities} aria-label={t("explain.probabilities")}>
                  {model.classes.map(({ id, name, color }, index) => (
                    <li key={id}>
                      <ClassBadge name={name} color={color} />
                      <span>{format.number((explanation.probabilities[index] ?? 0) * 100, 1)} %</span>
                    </li>
                  ))}
                </ul>
                <RulesOn model={model} explanation={explanation} />
                <Text size="xs" c="dimmed">
                  {t("explain.shownFor", { name: model.classes[explanation.classIndex]?.name ?? "" })}
                </Text>
              </Stack>
            )}
          </div>
          {explain.error && <Refused error={explain.error} />}
          {explanation && <MapTrust key={trustKey(explanation)} explanation={explanation} />}
          <NearestImages key={`${model.id} ${imageId} ${frame}`} model={model} imageId={imageId} frame={frame} />
        </Stack>
      )}
    </section>
  );
}

/** What the model's live rules say of its answer about this image. */
function RulesOn({
  model,
  explanation: { modelId, imageId, probabilities },
}: {
  model: Model;
  explanation: Explanation;
}) {
  const live = useRules(model.id).data?.filter((one) => one.live) ?? [];
  const image = useImage(imageId, live.length > 0).data;
  if (live.length === 0 || modelId !== model.id || image === undefined) return null;
  const tags = { ...Object.fromEntries(image.tags.map(({ name, value }) => [name, value])), Modality: image.modality };
  const classes = model.classes.map(({ name }) => name);
  const predicted = predictedClass(probabilities, model.threshold);
  const rules = live.map(({ rule }) => rule);
  return <RuleVerdict verdict={applyRules(rules, { tags, classes, probabilities, predicted })} />;
}

const trustKey = ({ modelId, imageId, frame, asked, classIndex }: Explanation) =>
  [modelId, imageId, frame, asked, classIndex].join(" ");
