// Everything that is drawn on the slice in sight, as a list: to read, to choose from, to change class and delete, with measures.
import { ActionIcon, Button, Group, NumberInput, Select, Text, Title, Tooltip } from "@mantine/core";
import { Eye, EyeOff, Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { LabelClass, Shape } from "../../../preload/contract/index.ts";
import { viewerStore } from "../../state/viewer.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { AttributeFields } from "./AttributeFields.tsx";
import classes from "./LabelPanel.module.css";
import type { LabelPanelProps } from "./LabelPanel.tsx";
import { useMeasureText } from "./useMeasureText.ts";
import { isDrawn } from "./useTools.ts";

/** More than this would only slow the page down; the picture shows them all. */
const MOST_LISTED = 200;

export function ShapeList({ image, sight, labels, classes: labelClasses, actions, tools }: LabelPanelProps) {
  const { t } = useTranslation("viewer");
  const { selected, state } = useStore(tools.shapes.store);
  const { cursor } = useStore(tools.pointer.store);
  const hidden = useStore(viewerStore, (viewer) => viewer.hiddenClasses);
  const brush = useStore(viewerStore, (viewer) => viewer.brush);
  const tool = useStore(viewerStore, (viewer) => viewer.tool);
  const here = (labels.data?.shapes ?? []).filter(({ frame }) => frame === sight.frame);
  const used = new Set(here.map(({ classId }) => classId));
  const byKeys = state.name === "changing" && state.from === null;
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h6">
          {t("shapes.title")}
        </Title>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Plus aria-hidden size={14} />}
          disabled={sight.drawClass === null}
          onClick={actions.shapes.start}
        >
          {t("shapes.add")}
        </Button>
      </Group>
      {labelClasses.length > 0 && (
        <Select
          size="xs"
          mb="xs"
          label={t("shapes.newClass")}
          allowDeselect={false}
          data={labelClasses.map(({ id, name }) => ({ value: id, label: name }))}
          value={sight.drawClass?.id ?? null}
          onChange={(value) => viewerStore.setState({ drawClass: value })}
        />
      )}
      {(tool === "brush" || tool === "eraser" || tool === "grow") && (
        <Group gap="xs" mb="xs" grow>
          <NumberInput
            size="xs"
            label={t("shapes.brushSize")}
            suffix=" px"
            min={1}
            max={400}
            value={brush.size}
            onChange={(value) =>
              typeof value === "number" && viewerStore.setState({ brush: { ...brush, size: value } })
            }
          />
          <NumberInput
            size="xs"
            label={t("shapes.tolerance", { unit: image.pixels.unit })}
            placeholder={t("shapes.anyValue")}
            min={0}
            value={brush.tolerance ?? ""}
            onChange={(value) =>
              viewerStore.setState({ brush: { ...brush, tolerance: typeof value === "number" ? value : null } })
            }
          />
        </Group>
      )}
      {byKeys && (
        <Text size="xs" mb="xs" role="status">
          {t(state.draft.id === null ? "shapes.helpNew" : "shapes.helpSelected")}
        </Text>
      )}
      {cursor && (
        <Text size="xs" mb="xs" role="status">
          {t("shapes.helpCursor")}
        </Text>
      )}
      {used.size > 0 && (
        <Group gap={4} mb="xs">
          {labelClasses
            .filter(({ id }) => used.has(id))
            .map(({ id, name }) => {
              const isHidden = hidden.has(id);
              const Icon = isHidden ? EyeOff : Eye;
              const label = t(isHidden ? "shapes.show" : "shapes.hide", { name });
              return (
                <Tooltip key={id} label={label}>
                  <ActionIcon
                    variant="default"
                    aria-label={label}
                    aria-pressed={isHidden}
                    onClick={() => viewerStore.setState({ hiddenClasses: toggled(hidden, id) })}
                  >
                    <Icon aria-hidden size={14} />
                  </ActionIcon>
                </Tooltip>
              );
            })}
        </Group>
      )}
      {here.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("shapes.none")}
        </Text>
      ) : (
        <ul className={classes.boxes}>
          {numbered(here.slice(0, MOST_LISTED)).map(({ shape, number }) => (
            <Item
              key={shape.id}
              shape={shape}
              number={number}
              classes={labelClasses}
              selected={selected === shape.id}
              onSelect={(id) => tools.shapes.select(id)}
              spacing={image.pixels.spacing}
              layer={sight.layer}
            />
          ))}
        </ul>
      )}
      {here.length > MOST_LISTED && (
        <Text size="xs" c="dimmed">
          {t("shapes.more", { count: here.length - MOST_LISTED })}
        </Text>
      )}
    </section>
  );
}

interface ItemProps {
  shape: Shape;
  number: number;
  classes: readonly LabelClass[];
  selected: boolean;
  onSelect(id: string | null): void;
  spacing: readonly [number, number] | null;
  layer: string;
}

function Item({ shape, number, classes: labelClasses, selected, onSelect, spacing, layer }: ItemProps) {
  const { t } = useTranslation("viewer");
  const writer = useLabelWriter();
  const measureText = useMeasureText(spacing);
  const labelClass = labelClasses.find(({ id }) => id === shape.classId);
  const kind = t(`shapes.kinds.${shape.geometry.kind}`);
  const name = labelClass ? t("shapes.name", { kind, number, class: labelClass.name }) : `${kind} ${number}`;
  const setClass = (classId: string) => {
    const { reader: _, ...said } = shape;
    writer.put(layer, { ...said, classId });
  };
  return (
    <li className={classes.boxItem} data-selected={selected || undefined}>
      <button
        type="button"
        className={classes.box}
        aria-pressed={selected}
        onClick={() => onSelect(selected ? null : shape.id)}
      >
        <ClassBadge name={name} color={labelClass?.color ?? null} />
        <Text span size="xs" c="dimmed">
          {isDrawn(shape) && measureText(shape.geometry)}
          {shape.source !== null && ` · ${t("shapes.proposed")}`}
        </Text>
      </button>
      {selected && (
        <Group gap={4} wrap="nowrap" className={classes.boxTools}>
          {shape.classId !== null && (
            <Select
              size="xs"
              aria-label={t("shapes.class", { name })}
              allowDeselect={false}
              data={labelClasses.map(({ id, name: label }) => ({ value: id, label }))}
              value={shape.classId}
              onChange={(value) => value && setClass(value)}
            />
          )}
          <ActionIcon
            variant="default"
            size="md"
            aria-label={t("shapes.delete", { name })}
            onClick={() => {
              onSelect(null);
              writer.remove(layer, shape.imageId, shape.id);
            }}
          >
            <Trash2 aria-hidden size={14} />
          </ActionIcon>
        </Group>
      )}
      {selected && <AttributeFields shape={shape} layer={layer} />}
    </li>
  );
}

/** Each kind has numbers of its own. */
function numbered(shapes: readonly Shape[]): { shape: Shape; number: number }[] {
  const counts = new Map<string, number>();
  return shapes.map((shape) => {
    const number = (counts.get(shape.geometry.kind) ?? 0) + 1;
    counts.set(shape.geometry.kind, number);
    return { shape, number };
  });
}

function toggled(hidden: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(hidden);
  if (!next.delete(id)) next.add(id);
  return next;
}
