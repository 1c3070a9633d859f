// Why does the model think so: the training images in which it sees much the same, with what they are; each opens here, with this image one step away.
import { Button, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Inputs,
  type Model,
  type Neighbourhood,
  neighbourhoodSchema,
  THUMBNAILS_PATH,
} from "../../../preload/contract/index.ts";
import { useCall, useJobs } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { RunningJob } from "../../ui/shell/JobsButton.tsx";
import { storedRefusal } from "../../ui/stored-refusal.ts";
import { openCase } from "../models/open-case.ts";
import classes from "./NearestImages.module.css";

const COUNT = 8;

/** For one image and model; another needs a new component (key). */
export function NearestImages({ model, imageId, frame }: { model: Model; imageId: string; frame: number }) {
  const { t } = useTranslation("viewer");
  const [jobId, setJobId] = useState<string | null>(null);
  const jobs = useJobs();
  const find = useCall((studio, input: Inputs["explanations"]["nearest"]) => studio.explanations.nearest(input));
  const job = jobs.data?.find(({ id }) => id === jobId) ?? null;
  const found = job?.state === "done" ? neighbourhoodSchema.safeParse(job.result).data : undefined;
  const start = () =>
    find.mutate({ modelId: model.id, imageId, frame, count: COUNT }, { onSuccess: ({ id }) => setJobId(id) });
  return (
    <Stack gap="xs" component="section" aria-label={t("explain.nearest.title")}>
      <Title order={3} size="sm">
        {t("explain.nearest.title")}
      </Title>
      {job?.state === "running" && <RunningJob job={job} />}
      {job?.state === "failed" && job.error && <Refused error={storedRefusal(job.error)} />}
      {find.error && <Refused error={find.error} />}
      {found ? (
        <Found found={found} model={model} />
      ) : (
        job?.state !== "running" && (
          <>
            <Text size="xs" c="dimmed">
              {t("explain.nearest.about")}
            </Text>
            <Button size="xs" variant="default" loading={find.isPending} onClick={start}>
              {t("explain.nearest.start")}
            </Button>
          </>
        )
      )}
    </Stack>
  );
}

function Found({
  found: { imageId, classIndex, searched, neighbours },
  model,
}: {
  found: Neighbourhood;
  model: Model;
}) {
  const { t } = useTranslation("viewer");
  const { decimal } = useFigures();
  if (neighbours.length === 0) return <Text size="xs">{t("explain.nearest.none")}</Text>;
  const name = model.classes[classIndex]?.name ?? "";
  const same = neighbours.filter((one) => one.classIndex === classIndex).length;
  const ids = [imageId, ...neighbours.map((one) => one.imageId)];
  return (
    <Stack gap="xs" data-testid="nearest">
      <Text size="xs">{t("explain.nearest.same", { same, count: neighbours.length, name })}</Text>
      <ol className={classes.grid} aria-label={t("explain.nearest.title")}>
        {neighbours.map((one) => {
          const { name: label = "", color = null } = model.classes[one.classIndex] ?? {};
          return (
            <li key={one.imageId}>
              <button
                type="button"
                className={classes.card}
                onClick={() => openCase(one.imageId, ids, t("explain.nearest.title"))}
              >
                <img src={`${THUMBNAILS_PATH}${one.imageId}`} alt="" width={112} height={96} loading="lazy" />
                <ClassBadge name={label} color={color} />
                <span>{t("explain.nearest.similarity", { value: decimal(one.similarity, 3) })}</span>
                {one.samePatient && <span className={classes.note}>{t("explain.nearest.samePatient")}</span>}
              </button>
            </li>
          );
        })}
      </ol>
      <Text size="xs" c="dimmed">
        {t("explain.nearest.searched", { count: searched })}
      </Text>
    </Stack>
  );
}
