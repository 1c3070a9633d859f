// One thing that was drawn, in the list beside the picture: its name and measures; chosen, also its class, attributes and end.
import { ActionIcon, Group, Select, Text } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { LabelClass, Shape } from "../../../preload/contract/index.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { AttributeFields } from "./AttributeFields.tsx";
import classes from "./LabelPanel.module.css";
import { useMeasureText } from "./useMeasureText.ts";
import { isDrawn } from "./useTools.ts";

export interface ShapeItemProps {
  shape: Shape;
  number: number;
  classes: readonly LabelClass[];
  selected: boolean;
  onSelect(id: string | null): void;
  spacing: readonly [number, number] | null;
  layer: string;
  /** to look at only */
  fixed: boolean;
}

/** Rendered again only when something about it changed: an image may have thousands. */
export const ShapeItem = memo(function ShapeItem(props: ShapeItemProps) {
  const { shape, number, classes: labelClasses, selected, onSelect, spacing, layer, fixed } = props;
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
      {selected && !fixed && (
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
      {selected && <AttributeFields shape={shape} layer={layer} fixed={fixed} />}
    </li>
  );
});
