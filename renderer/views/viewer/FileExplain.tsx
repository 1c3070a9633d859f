// Where a model in a file looked, whatever it answers with: the class over what it found or over the shape that is selected, or one of the boxes it found.
import { Alert, Button, NumberInput, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Explanation,
  explanationMethodSchema,
  type FileExplanation,
  type Inputs,
  type MapTarget,
  trustFiguresSchema,
} from "../../../preload/contract/index.ts";
import { viewerStore } from "../../state/viewer.ts";
import { useCall, useJobs } from "../../studio/queries.ts";
import { Loading } from "../../ui/Loading.tsx";
import { PathPicker } from "../../ui/PathPicker.tsx";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { RunningJob } from "../../ui/shell/JobsButton.tsx";
import { storedRefusal } from "../../ui/stored-refusal.ts";
import { TrustFiguresTable } from "./MapTrust.tsx";

const METHODS = explanationMethodSchema.options;

export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** `region`: of the frame, around the shape that is selected; null where none is. */
export function FileExplain({ imageId, frame, region }: { imageId: string; frame: number; region: Region | null }) {
  const { t } = useTranslation("viewer");
  const [path, setPath] = useState("");
  const [picking, setPicking] = useState(false);
  const [method, setMethod] = useState<Explanation["method"]>("grad-cam");
  const [classIndex, setClassIndex] = useState<number | string>("");
  const [over, setOver] = useState<"predicted" | "region">("predicted");
  const [trust, setTrust] = useState(true);
  const [jobId, setJobId] = useState<string | null>(null);
  const jobs = useJobs();
  const ask = useCall((studio, input: Inputs["explanations"]["ofFile"]) => studio.explanations.ofFile(input));
  const check = useCall((studio, input: Inputs["explanations"]["ofFile"]) => studio.explanations.checkOfFile(input));
  const job = jobs.data?.find(({ id }) => id === jobId) ?? null;
  const figures = job?.state === "done" ? trustFiguresSchema.safeParse(job.result).data : undefined;
  const shown = ask.data?.explanation;
  const here = shown?.imageId === imageId && shown.frame === frame ? ask.data : undefined;

  // The map of the model that was chosen before is none of this one's.
  useEffect(() => viewerStore.setState({ explanation: null }), []);

  const start = (target: MapTarget) => {
    viewerStore.setState({ explanation: null });
    setJobId(null);
    const asked = typeof classIndex === "number" && target.kind !== "box" ? { classIndex } : {};
    const input = { path, imageId, frame, method, target, ...asked };
    ask.mutate(input, {
      onSuccess: ({ explanation }) => {
        viewerStore.setState({ explanation });
        if (trust) check.mutate(input, { onSuccess: ({ id }) => setJobId(id) });
      },
    });
  };
  const chosen: MapTarget = over === "region" && region ? { kind: "region", ...region } : { kind: "predicted" };
  return (
    <Stack gap="sm" component="section" aria-label={t("explain.file.title")}>
      <Text size="xs" c="dimmed">
        {t("explain.file.about")}
      </Text>
      <TextInput
        size="xs"
        label={t("explain.file.path")}
        value={path}
        onChange={({ currentTarget }) => setPath(currentTarget.value)}
      />
      {picking ? (
        <PathPicker
          kind="any"
          onClose={() => setPicking(false)}
          onPick={(picked) => {
            setPath(picked);
            setPicking(false);
          }}
        />
      ) : (
        <Button size="xs" variant="default" onClick={() => setPicking(true)}>
          {t("explain.file.browse")}
        </Button>
      )}
      <Select
        size="xs"
        label={t("explain.method")}
        allowDeselect={false}
        value={method}
        onChange={(value) => setMethod(METHODS.find((known) => known === value) ?? "grad-cam")}
        data={METHODS.map((value) => ({ value, label: t(`explain.methods.${value}`) }))}
      />
      <NumberInput
        size="xs"
        label={t("explain.file.class")}
        description={t("explain.file.classHelp")}
        min={0}
        allowDecimal={false}
        value={classIndex}
        onChange={setClassIndex}
      />
      <Select
        size="xs"
        label={t("explain.file.over")}
        description={region ? undefined : t("explain.file.selectHelp")}
        inputWrapperOrder={["label", "input", "description"]}
        allowDeselect={false}
        value={region ? over : "predicted"}
        onChange={(value) => setOver(value === "region" ? "region" : "predicted")}
        data={[
          { value: "predicted", label: t("explain.file.predicted") },
          { value: "region", label: t("explain.file.region"), disabled: region === null },
        ]}
      />
      <Switch
        size="xs"
        label={t("explain.file.trust")}
        checked={trust}
        onChange={({ currentTarget }) => setTrust(currentTarget.checked)}
      />
      <Button size="xs" disabled={path.trim() === ""} loading={ask.isPending} onClick={() => start(chosen)}>
        {t("explain.file.start")}
      </Button>
      {ask.isPending && <Loading />}
      {ask.error && <Refused error={ask.error} />}
      {here && <Answer answer={here} onBox={(index) => start({ kind: "box", index })} />}
      {here && job?.state === "running" && <RunningJob job={job} />}
      {job?.state === "failed" && job.error && <Refused error={storedRefusal(job.error)} />}
      {check.error && <Refused error={check.error} />}
      {here && figures && <TrustFiguresTable figures={figures} />}
    </Stack>
  );
}

function Answer({
  answer: { explanation, answers, found },
  onBox,
}: {
  answer: FileExplanation;
  onBox(index: number): void;
}) {
  const { t } = useTranslation("viewer");
  const { percent } = useFigures();
  const { classIndex, method, reason, probabilities } = explanation;
  const place = (one: FileExplanation["found"][number]) =>
    t("explain.file.found", {
      class: one.classIndex,
      score: percent(one.score),
      x: Math.round(one.x + one.width / 2),
      y: Math.round(one.y + one.height / 2),
    });
  return (
    <Stack gap="xs" data-testid="file-explanation" role="status">
      {reason !== null && (
        <Alert variant="light" p="xs">
          <Text size="xs">{t("explain.instead", { name: t(`explain.methods.${method}`) })}</Text>
          <Text size="xs" lang="en">
            {reason}
          </Text>
        </Alert>
      )}
      <Text size="sm">
        {t(`explain.file.answers.${answers}`, { class: classIndex, share: percent(probabilities[classIndex] ?? 0) })}
      </Text>
      {found.length > 0 && (
        <ul aria-label={t("explain.file.foundTitle")} style={{ margin: 0, paddingInlineStart: 0, listStyle: "none" }}>
          {found.slice(0, 12).map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes; its places are its names
            <li key={index}>
              {answers === "boxes" ? (
                <Button size="compact-xs" variant="subtle" onClick={() => onBox(index)}>
                  {place(one)}
                </Button>
              ) : (
                <Text size="xs">{place(one)}</Text>
              )}
            </li>
          ))}
        </ul>
      )}
    </Stack>
  );
}
