// The right column: the image's label, what is drawn on it, the explanation, and what the file says about itself.
import { ActionIcon, Button, Group, ScrollArea, Stack, Switch, Table, Text, Title } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Sparkles, Tags } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { ImageLabels, ImageStack, LabelClass, Shape } from "../../../preload/contract/index.ts";
import type { ViewerActions } from "../../commands/viewer.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { preferencesStore } from "../../state/preferences.ts";
import { navigate } from "../../state/route.ts";
import { viewerStore } from "../../state/viewer.ts";
import { useImage, useMay } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { DeidentificationFacts } from "../../ui/DeidentificationFacts.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Keys } from "../../ui/shell/Keys.tsx";
import { boundsOf } from "../../viewer/shapes/geometry.ts";
import { ClassEditor } from "../library/ClassEditor.tsx";
import { ExplainPanel } from "./ExplainPanel.tsx";
import type { Region } from "./FileExplain.tsx";
import classes from "./LabelPanel.module.css";
import { QuestionList } from "./QuestionList.tsx";
import { ReadSection } from "./ReadSection.tsx";
import { ShapeList } from "./ShapeList.tsx";
import type { OpenRead } from "./useOpenRead.ts";
import { type InSight, isMask, type Tools } from "./useTools.ts";

export interface LabelPanelProps {
  image: ImageStack["images"][number];
  sight: InSight;
  labels: UseQueryResult<ImageLabels>;
  /** labels of the image whose label is the answer: the one in sight, or the case's own */
  answer: UseQueryResult<ImageLabels>;
  open: OpenRead | null;
  classes: readonly LabelClass[];
  actions: ViewerActions;
  tools: Tools;
  /** false: readers look here, and label in their work lists */
  mayLabel: boolean;
}

export function LabelPanel(props: LabelPanelProps) {
  const { image, sight, labels, answer, open, classes: labelClasses, actions, mayLabel } = props;
  const { t } = useTranslation("viewer");
  const { t: library } = useTranslation("library");
  const { t: shell } = useTranslation();
  const { t: reading } = useTranslation("reading");
  const [editing, setEditing] = useState(false);
  const mayEditClasses = useMay("labels.saveClass");
  const mayExplain = useMay("explanations.map");
  const autoAdvance = useStore(preferencesStore, (state) => state.autoAdvance);
  const showMasks = useStore(viewerStore, (state) => state.showMasks);
  const explaining = useStore(viewerStore, (state) => state.explaining);
  const { selected } = useStore(props.tools.shapes.store);
  const region = regionOf(labels.data?.shapes.find(({ id, frame }) => id === selected && frame === sight.frame));
  const given = answer.data?.classId ?? null;
  const masks = labels.data?.shapes.filter(isMask).filter(({ frame }) => frame === sight.frame).length ?? 0;
  return (
    <aside className={classes.panel} aria-label={t("labels")}>
      <ScrollArea className={classes.scroll} type="auto">
        <Stack gap="lg" p="md">
          {open && <ReadSection open={open} />}
          <section>
            <Group justify="space-between" mb="xs">
              <Title order={2} size="h6">
                {open ? reading("read.caseLabel") : t("label")}
              </Title>
              {mayEditClasses && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={library("classes.title")}
                  onClick={() => setEditing(true)}
                >
                  <Tags aria-hidden size={16} />
                </ActionIcon>
              )}
            </Group>
            {!mayLabel && (
              <Stack gap="xs" align="flex-start" mb="xs">
                <Text size="sm" c="dimmed">
                  {t("lookOnly")}
                </Text>
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => navigate({ view: "reading", listId: null, position: null })}
                >
                  {reading("read.toLists")}
                </Button>
              </Stack>
            )}
            {(labels.error ?? answer.error) && (
              <Refused error={labels.error ?? answer.error} onRetry={() => void labels.refetch()} />
            )}
            {labelClasses.length === 0 ? (
              <Stack gap="xs" align="flex-start">
                <Text size="sm" c="dimmed">
                  {t("noClasses")}
                </Text>
                {mayEditClasses && (
                  <Button size="xs" variant="default" onClick={() => setEditing(true)}>
                    {t("addClass")}
                  </Button>
                )}
              </Stack>
            ) : (
              <div className={classes.choices}>
                {labelClasses.map(({ id, name, color, key }) => (
                  <Choice
                    key={id}
                    name={name}
                    color={color}
                    shortcut={key}
                    active={given === id}
                    disabled={!mayLabel}
                    onChoose={() => actions.setClass(id)}
                  />
                ))}
                <Choice
                  name={shell("noClass")}
                  color={null}
                  shortcut={0}
                  active={answer.isSuccess && given === null}
                  disabled={!mayLabel}
                  onChoose={() => actions.setClass(null)}
                />
              </div>
            )}
            {open === null && answer.data?.classReader && (
              <Text size="xs" c="dimmed" mt={4}>
                {t("givenBy", { reader: answer.data.classReader })}
              </Text>
            )}
            {open === null && mayLabel && (
              <Switch
                mt="sm"
                size="sm"
                label={t("autoAdvance")}
                checked={autoAdvance}
                onChange={(event) => preferencesStore.setState({ autoAdvance: event.currentTarget.checked })}
              />
            )}
          </section>
          <QuestionList
            answer={answer}
            layer={sight.layer}
            mayAnswer={sight.inSight}
            fixed={!mayLabel || open?.read.state === "done"}
          />
          <ShapeList {...props} />
          {masks > 0 && (
            <Switch size="sm" label={t("masks", { count: masks })} checked={showMasks} onChange={actions.toggleMasks} />
          )}
          {open !== null || !mayExplain ? null : explaining ? (
            <ExplainPanel imageId={image.id} frame={sight.frame} region={region} onClose={actions.toggleExplain} />
          ) : (
            <Button variant="default" leftSection={<Sparkles aria-hidden size={16} />} onClick={actions.toggleExplain}>
              {t("explain.open")}
            </Button>
          )}
          <Facts image={image} />
        </Stack>
      </ScrollArea>
      <ClassEditor opened={editing} onClose={() => setEditing(false)} />
    </aside>
  );
}

interface ChoiceProps {
  name: string;
  color: string | null;
  shortcut: number | null;
  active: boolean;
  disabled: boolean;
  onChoose(): void;
}

function Choice({ name, color, shortcut, active, disabled, onChoose }: ChoiceProps) {
  return (
    <button type="button" className={classes.choice} aria-pressed={active} disabled={disabled} onClick={onChoose}>
      <ClassBadge name={name} color={color} />
      {shortcut !== null && !disabled && <Keys shortcut={String(shortcut)} />}
    </button>
  );
}

/** Asked when somebody looks, not for each slice that goes by. */
function Facts({ image }: { image: LabelPanelProps["image"] }) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  const [opened, setOpened] = useState(false);
  const tags = useImage(image.id, opened).data?.tags ?? [];
  return (
    <details className={classes.facts} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary>{t("facts")}</summary>
      <DeidentificationFacts id={image.id} enabled={opened} />
      <Table verticalSpacing={2} fz="xs">
        <Table.Tbody>
          <Table.Tr>
            <Table.Th>{t("imported")}</Table.Th>
            <Table.Td>{format.date(image.importedAt)}</Table.Td>
          </Table.Tr>
          {tags.map(({ tag, name, value }) => (
            <Table.Tr key={tag}>
              <Table.Th>{name}</Table.Th>
              <Table.Td className={classes.value}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </details>
  );
}

/** The upright rectangle around a shape; null of a mask, which is not drawn point by point, and of none. */
function regionOf(shape: Shape | undefined): Region | null {
  if (shape === undefined || shape.geometry.kind === "mask") return null;
  const { x, y, width, height } = boundsOf(shape.geometry);
  return { x, y, width: Math.max(1, width), height: Math.max(1, height) };
}
