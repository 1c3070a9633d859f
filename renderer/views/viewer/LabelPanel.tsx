// The right column: the image's label, its boxes and masks, the explanation, and what the file says about itself.
import { ActionIcon, Button, Group, ScrollArea, Select, Stack, Switch, Table, Text, Title } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Plus, Sparkles, Tags, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Box, ImageDetail, ImageLabels, LabelClass } from "../../../preload/contract/index.ts";
import type { ViewerActions } from "../../commands/viewer.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { preferencesStore } from "../../state/preferences.ts";
import { viewerStore } from "../../state/viewer.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Keys } from "../../ui/shell/Keys.tsx";
import type { BoxTool } from "../../viewer/boxes/BoxTool.ts";
import { ClassEditor } from "../library/ClassEditor.tsx";
import { ExplainPanel } from "./ExplainPanel.tsx";
import classes from "./LabelPanel.module.css";

export interface LabelPanelProps {
  image: ImageDetail;
  frame: number;
  labels: UseQueryResult<ImageLabels>;
  classes: readonly LabelClass[];
  actions: ViewerActions;
  boxTool: BoxTool;
  newBoxClass: LabelClass | null;
}

export function LabelPanel(props: LabelPanelProps) {
  const { image, frame, labels, classes: labelClasses, actions } = props;
  const { t } = useTranslation("viewer");
  const { t: library } = useTranslation("library");
  const { t: shell } = useTranslation();
  const [editing, setEditing] = useState(false);
  const autoAdvance = useStore(preferencesStore, (state) => state.autoAdvance);
  const showMasks = useStore(viewerStore, (state) => state.showMasks);
  const explaining = useStore(viewerStore, (state) => state.explaining);
  const given = labels.data?.classId ?? null;
  return (
    <aside className={classes.panel} aria-label={t("labels")}>
      <ScrollArea className={classes.scroll} type="auto">
        <Stack gap="lg" p="md">
          <section>
            <Group justify="space-between" mb="xs">
              <Title order={2} size="h6">
                {t("label")}
              </Title>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={library("classes.title")}
                onClick={() => setEditing(true)}
              >
                <Tags aria-hidden size={16} />
              </ActionIcon>
            </Group>
            {labels.error && <Refused error={labels.error} onRetry={() => void labels.refetch()} />}
            {labelClasses.length === 0 ? (
              <Stack gap="xs" align="flex-start">
                <Text size="sm" c="dimmed">
                  {t("noClasses")}
                </Text>
                <Button size="xs" variant="default" onClick={() => setEditing(true)}>
                  {t("addClass")}
                </Button>
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
                    onChoose={() => actions.setClass(id)}
                  />
                ))}
                <Choice
                  name={shell("noClass")}
                  color={null}
                  shortcut={0}
                  active={labels.isSuccess && given === null}
                  onChoose={() => actions.setClass(null)}
                />
              </div>
            )}
            {labels.data?.classReader && (
              <Text size="xs" c="dimmed" mt={4}>
                {t("givenBy", { reader: labels.data.classReader })}
              </Text>
            )}
            <Switch
              mt="sm"
              size="sm"
              label={t("autoAdvance")}
              checked={autoAdvance}
              onChange={(event) => preferencesStore.setState({ autoAdvance: event.currentTarget.checked })}
            />
          </section>
          <Boxes {...props} />
          {labels.data && labels.data.masks.length > 0 && (
            <Switch
              size="sm"
              label={t("masks", { count: labels.data.masks.length })}
              checked={showMasks}
              onChange={actions.toggleMasks}
            />
          )}
          {explaining ? (
            <ExplainPanel imageId={image.id} frame={frame} onClose={actions.toggleExplain} />
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
  onChoose(): void;
}

function Choice({ name, color, shortcut, active, onChoose }: ChoiceProps) {
  return (
    <button type="button" className={classes.choice} aria-pressed={active} onClick={onChoose}>
      <ClassBadge name={name} color={color} />
      {shortcut !== null && <Keys shortcut={String(shortcut)} />}
    </button>
  );
}

function Boxes({ image, frame, labels, classes: labelClasses, actions, boxTool, newBoxClass }: LabelPanelProps) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  const writer = useLabelWriter();
  const { selected, state } = useStore(boxTool.store);
  const here = labels.data?.boxes.filter((box) => box.frame === frame) ?? [];
  const options = labelClasses.map(({ id, name }) => ({ value: id, label: name }));
  const setClass = (box: Box, classId: string) => {
    const { reader: _, ...draft } = box;
    writer.saveBox({ ...draft, imageId: image.id, classId });
  };
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h6">
          {t("boxes.title")}
        </Title>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Plus aria-hidden size={14} />}
          disabled={newBoxClass === null}
          onClick={actions.boxes.start}
        >
          {t("boxes.add")}
        </Button>
      </Group>
      {labelClasses.length > 0 && (
        <Select
          size="xs"
          mb="xs"
          label={t("boxes.newClass")}
          allowDeselect={false}
          data={options}
          value={newBoxClass?.id ?? null}
          onChange={(value) => viewerStore.setState({ boxClass: value })}
        />
      )}
      {state.name === "keyboard" && (
        <Text size="xs" mb="xs" role="status">
          {t(state.draft?.id === null ? "boxes.helpNew" : "boxes.helpSelected")}
        </Text>
      )}
      {here.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("boxes.none")}
        </Text>
      ) : (
        <ul className={classes.boxes}>
          {here.map((box, index) => {
            const labelClass = labelClasses.find(({ id }) => id === box.classId);
            const isSelected = selected !== null && writer.isSame(selected, box.id);
            const name = t("boxes.name", { number: index + 1, class: labelClass?.name ?? "" });
            return (
              <li key={box.id} className={classes.boxItem} data-selected={isSelected || undefined}>
                <button
                  type="button"
                  className={classes.box}
                  aria-pressed={isSelected}
                  onClick={() => boxTool.select(isSelected ? null : box.id)}
                >
                  <ClassBadge name={name} color={labelClass?.color ?? null} />
                  <Text span size="xs" c="dimmed">
                    {format.number(box.width)} × {format.number(box.height)}
                  </Text>
                </button>
                {isSelected && (
                  <Group gap={4} wrap="nowrap" className={classes.boxTools}>
                    <Select
                      size="xs"
                      aria-label={t("boxes.class", { name })}
                      allowDeselect={false}
                      data={options}
                      value={box.classId}
                      onChange={(value) => value && setClass(box, value)}
                    />
                    <ActionIcon
                      variant="default"
                      size="md"
                      aria-label={t("boxes.delete", { name })}
                      onClick={() => boxTool.removeSelected()}
                    >
                      <Trash2 aria-hidden size={14} />
                    </ActionIcon>
                  </Group>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function Facts({ image }: { image: ImageDetail }) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  return (
    <details className={classes.facts}>
      <summary>{t("facts")}</summary>
      <Table verticalSpacing={2} fz="xs">
        <Table.Tbody>
          <Table.Tr>
            <Table.Th>{t("imported")}</Table.Th>
            <Table.Td>{format.date(image.importedAt)}</Table.Td>
          </Table.Tr>
          {image.tags.map(({ tag, name, value }) => (
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
