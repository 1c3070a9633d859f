// Freezing a snapshot: name, shares, seed, and beside them what would come out.
import {
  Alert,
  Button,
  Checkbox,
  Group,
  NumberInput,
  Paper,
  Progress,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { Snowflake, TriangleAlert } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Facets, Inputs, LabelClass, Snapshot } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { useFigures, usePlotPalette } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { previewSplit, type SplitPreview, type SplitWarning, testShare } from "./split-preview.ts";

export interface SnapshotFormProps {
  facets: Facets;
  classes: readonly LabelClass[];
  /** Proposed name. */
  proposedName: string;
  onFrozen: (snapshot: Snapshot) => void;
}

export function SnapshotForm({ facets, classes, proposedName, onFrozen }: SnapshotFormProps) {
  const { t } = useTranslation("data");
  const titleId = useId();
  const [name, setName] = useState<string | null>(null);
  const [trainPercent, setTrainPercent] = useState<number | string>(70);
  const [validationPercent, setValidationPercent] = useState<number | string>(15);
  const [seed, setSeed] = useState<number | string>(1);
  const [useSuggestedParts, setUseSuggestedParts] = useState(true);
  const freeze = useCall((studio, input: Inputs["snapshots"]["create"]) => studio.snapshots.create(input));

  const shownName = name ?? proposedName;
  const split = { train: Number(trainPercent) / 100, validation: Number(validationPercent) / 100 };
  const complete = trainPercent !== "" && validationPercent !== "" && seed !== "";
  const preview = previewSplit(facets, classes, split);
  const test = testShare(split);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!complete || !preview.possible || shownName.trim() === "") return;
    freeze.mutate(
      { name: shownName.trim(), seed: Number(seed), ...split, useSuggestedParts },
      {
        onSuccess: (snapshot) => {
          setName(null);
          onFrozen(snapshot);
        },
      },
    );
  };

  return (
    <Paper withBorder p="md" component="section" aria-labelledby={titleId} style={{ alignSelf: "start" }}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <div>
            <Title order={2} size="h4" id={titleId}>
              {t("form.title")}
            </Title>
            <Text size="sm" c="dimmed">
              {t("form.why")}
            </Text>
          </div>
          <TextInput
            label={t("form.name")}
            value={shownName}
            onChange={(event) => setName(event.currentTarget.value)}
            error={shownName.trim() === "" ? t("form.nameNeeded") : undefined}
            maxLength={120}
            required
          />
          <Group grow align="flex-start">
            <NumberInput
              label={t("form.train")}
              suffix=" %"
              min={5}
              max={95}
              value={trainPercent}
              onChange={setTrainPercent}
              required
            />
            <NumberInput
              label={t("form.validation")}
              suffix=" %"
              min={1}
              max={90}
              value={validationPercent}
              onChange={setValidationPercent}
              required
            />
            <NumberInput
              label={t("form.test")}
              suffix=" %"
              value={Math.round(test * 1000) / 10}
              readOnly
              variant="filled"
            />
          </Group>
          <SplitBar train={split.train} validation={split.validation} test={test} />
          <Group grow align="flex-start">
            <NumberInput
              label={t("form.seed")}
              description={t("form.seedHelp")}
              min={0}
              allowDecimal={false}
              value={seed}
              onChange={setSeed}
              required
            />
            <Checkbox
              mt="xl"
              label={t("form.suggested")}
              description={t("form.suggestedHelp")}
              checked={useSuggestedParts}
              onChange={(event) => setUseSuggestedParts(event.currentTarget.checked)}
            />
          </Group>
          <Preview preview={preview} />
          {freeze.error ? <Refused error={freeze.error} /> : null}
          <Group>
            <Button
              type="submit"
              leftSection={<Snowflake size={16} aria-hidden />}
              loading={freeze.isPending}
              disabled={!complete || !preview.possible || shownName.trim() === ""}
            >
              {t("form.freeze")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}

/** The three shares as one bar; the numbers are in the fields above it. */
function SplitBar({ train, validation, test }: { train: number; validation: number; test: number }) {
  const palette = usePlotPalette();
  return (
    <Progress.Root size="sm" aria-hidden>
      <Progress.Section value={train * 100} color={palette.ink} />
      <Progress.Section value={validation * 100} color={palette.muted} />
      <Progress.Section value={test * 100} color={palette.rule} />
    </Progress.Root>
  );
}

function Preview({ preview }: { preview: SplitPreview }) {
  const { t } = useTranslation("data");
  const { number } = useFormat();
  return (
    <Stack gap="xs" aria-live="polite">
      {preview.classes.length > 0 ? (
        <Table withTableBorder fz="sm" captionSide="top">
          <Table.Caption ta="start">{t("preview.caption", { count: preview.labelled })}</Table.Caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("class")}</Table.Th>
              <Table.Th scope="col" ta="end">
                {t("images")}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {t("preview.about", { part: t("part.train") })}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {t("preview.about", { part: t("part.validation") })}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {t("preview.about", { part: t("part.test") })}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {preview.classes.map((row) => (
              <Table.Tr key={row.id}>
                <Table.Th scope="row" fw={500}>
                  <ClassBadge name={row.name} color={row.color} />
                </Table.Th>
                {[row.images, row.train, row.validation, row.test].map((count, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: four fixed columns
                  <Table.Td key={index} ta="end">
                    {number(count)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ) : null}
      {preview.warnings.map((warning) => (
        <Warning key={JSON.stringify(warning)} warning={warning} />
      ))}
    </Stack>
  );
}

/** Kinds that stop the freezing; the others only inform. */
const STOPPING = new Set<SplitWarning["kind"]>(["noLabels", "oneClass", "noTest"]);

function Warning({ warning }: { warning: SplitWarning }) {
  const { t } = useTranslation("data");
  const figures = useFigures();
  const text = () => {
    switch (warning.kind) {
      case "noLabels":
        return t("warning.noLabels");
      case "oneClass":
        return t("warning.oneClass", { name: warning.name });
      case "noTest":
        return t("warning.noTest");
      case "unlabelled":
        return t("warning.unlabelled", { count: warning.count, shown: figures.integer(warning.count) });
      case "fewOfClass":
        return t("warning.fewOfClass", { name: warning.name, count: warning.count });
      case "fewPatients":
        return t("warning.fewPatients", { count: warning.patients });
    }
  };
  return (
    <Alert
      variant="light"
      color={STOPPING.has(warning.kind) ? "red" : "yellow"}
      icon={<TriangleAlert size={18} aria-hidden />}
      p="xs"
    >
      <Text size="sm">{text()}</Text>
    </Alert>
  );
}
