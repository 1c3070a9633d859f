// Text that may be burned into pixels: the studio looks for it, a person judges each picture, and what is confirmed is blanked for good.
import { ActionIcon, Button, Group, Modal, NumberInput, Stack, Table, Text } from "@mantine/core";
import { Plus, ScanText, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Deidentification,
  type ImageDetail,
  type Inputs,
  TEXT_SUSPECTED,
  type TextRegion,
} from "../../../preload/contract/index.ts";
import { useCall, useDeidentification, useImage, useImagePage, useJobs } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { RunningJob } from "../../ui/shell/JobsButton.tsx";
import { TextPicture } from "./TextPicture.tsx";
import classes from "./TextReview.module.css";

/** As many as a page of the library; those that are put off beyond it come when the dialog is opened again. */
const PAGE = 500;

export function TextReview({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const { t } = useTranslation("library");
  const { t: shell } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("text.title")}
      size="xl"
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <Queue />
    </Modal>
  );
}

function Queue() {
  const { t } = useTranslation("library");
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  const [still, setStill] = useState(0);
  const waiting = useImagePage({ filter: { finding: TEXT_SUSPECTED }, sort: "imported", offset: 0, limit: PAGE });
  const look = useCall((studio) => studio.images.lookForText({}));
  const running = useJobs().data?.find(({ kind, state }) => kind === "text-look" && state === "running");
  const next = waiting.data?.items.find(({ id }) => !later.has(id));
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Text size="sm" role="status">
          {next ? t("text.left", { count: waiting.data?.total ?? 0 }) : t("text.none")}
        </Text>
        <Button
          variant="default"
          leftSection={<ScanText aria-hidden size={16} />}
          loading={look.isPending}
          disabled={running !== undefined}
          onClick={() => look.mutate(undefined)}
        >
          {t("text.look")}
        </Button>
      </Group>
      <Text size="sm" c="dimmed">
        {t("text.lookHint")}
      </Text>
      {look.error && <Refused error={look.error} />}
      {running && <RunningJob job={running} />}
      {still > 0 && (
        <Text size="sm" role="alert">
          {t("text.still", { count: still })}
        </Text>
      )}
      {next && (
        <Loaded
          key={next.id}
          id={next.id}
          onDone={(known) => {
            setLater(new Set(later).add(next.id));
            setStill(known?.reviews.at(-1)?.stillSuspected.length ?? 0);
          }}
        />
      )}
    </Stack>
  );
}

interface JudgeProps {
  id: string;
  /** null: put off */
  onDone(known: Deidentification | null): void;
}

function Loaded(props: JudgeProps) {
  const image = useImage(props.id);
  const known = useDeidentification(props.id);
  const error = image.error ?? known.error;
  if (error) return <Refused error={error} />;
  if (!image.data || !known.data) return null;
  return <Judge {...props} image={image.data} suspects={known.data.look?.suspects ?? []} />;
}

function Judge({ id, image, suspects, onDone }: JudgeProps & { image: ImageDetail; suspects: readonly TextRegion[] }) {
  const { t } = useTranslation("library");
  const [regions, setRegions] = useState<readonly TextRegion[]>(suspects);
  const [frame, setFrame] = useState(suspects.find((region) => region.frame !== null)?.frame ?? 0);
  const review = useCall((studio, input: Inputs["images"]["reviewText"]) => studio.images.reviewText(input));
  const { rows, columns } = image.pixels;
  const add = (region: TextRegion) => setRegions([...regions, region]);
  return (
    <Stack gap="sm">
      <Text size="sm">{t("text.explain")}</Text>
      <TextPicture image={image} frame={frame} regions={regions} onAdd={add} />
      {image.frames > 1 && (
        <NumberInput
          label={t("text.frame")}
          min={1}
          max={image.frames}
          value={frame + 1}
          onChange={(value) => setFrame(Math.min(image.frames, Math.max(1, Math.trunc(Number(value)) || 1)) - 1)}
        />
      )}
      <div className={classes.places}>
        <Places regions={regions} onChange={setRegions} />
      </div>
      {review.error && <Refused error={review.error} />}
      <Group justify="space-between">
        <Button
          variant="default"
          leftSection={<Plus aria-hidden size={16} />}
          onClick={() => add({ frame: null, x: 0, y: 0, width: Math.ceil(columns / 4), height: Math.ceil(rows / 10) })}
        >
          {t("text.add")}
        </Button>
        <Group>
          <Button variant="default" disabled={review.isPending} onClick={() => onDone(null)}>
            {t("text.skip")}
          </Button>
          <Button
            loading={review.isPending}
            onClick={() => review.mutate({ id, regions: [...regions] }, { onSuccess: onDone })}
          >
            {regions.length === 0 ? t("text.noText") : t("text.blank", { count: regions.length })}
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}

const SIDES = ["x", "y", "width", "height"] as const;

function Places({
  regions,
  onChange,
}: {
  regions: readonly TextRegion[];
  onChange(regions: readonly TextRegion[]): void;
}) {
  const { t } = useTranslation("library");
  if (regions.length === 0) return null;
  return (
    <Table verticalSpacing={4} aria-label={t("text.places")}>
      <Table.Thead>
        <Table.Tr>
          {SIDES.map((side) => (
            <Table.Th key={side}>{t(`text.${side}`)}</Table.Th>
          ))}
          <Table.Th>{t("text.frame")}</Table.Th>
          <Table.Th />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {regions.map((region, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a rectangle has nothing but its place in the list; its sides change under the hand
          <Table.Tr key={index}>
            {SIDES.map((side) => (
              <Table.Td key={side}>
                <NumberInput
                  size="xs"
                  aria-label={t("text.side", { side: t(`text.${side}`), number: index + 1 })}
                  min={side === "x" || side === "y" ? 0 : 1}
                  value={Math.round(region[side])}
                  onChange={(value) => {
                    const number = Math.max(side === "x" || side === "y" ? 0 : 1, Math.trunc(Number(value)) || 0);
                    onChange(regions.map((other, at) => (at === index ? { ...other, [side]: number } : other)));
                  }}
                />
              </Table.Td>
            ))}
            <Table.Td>{region.frame === null ? t("text.everyFrame") : region.frame + 1}</Table.Td>
            <Table.Td>
              <ActionIcon
                variant="subtle"
                aria-label={t("text.take", { number: index + 1 })}
                onClick={() => onChange(regions.filter((_, at) => at !== index))}
              >
                <Trash2 aria-hidden size={16} />
              </ActionIcon>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
