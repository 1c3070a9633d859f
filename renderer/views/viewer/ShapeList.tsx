// Everything that is drawn on the slice in sight, as a list: to read, to choose from, to change class and delete, with measures.
import { ActionIcon, Button, Group, NumberInput, Select, Text, Title, Tooltip } from "@mantine/core";
import { Eye, EyeOff, Plus } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Shape } from "../../../preload/contract/index.ts";
import { viewerStore } from "../../state/viewer.ts";
import classes from "./LabelPanel.module.css";
import type { LabelPanelProps } from "./LabelPanel.tsx";
import { ShapeItem } from "./ShapeItem.tsx";

/** More than this would only slow the page down; the picture shows them all. */
const MOST_LISTED = 50;

export function ShapeList(props: LabelPanelProps) {
  const { image, sight, labels, classes: labelClasses, actions, tools, mayLabel } = props;
  const { t } = useTranslation("viewer");
  const { selected, state } = useStore(tools.shapes.store);
  const { cursor } = useStore(tools.pointer.store);
  const hidden = useStore(viewerStore, (viewer) => viewer.hiddenClasses);
  const brush = useStore(viewerStore, (viewer) => viewer.brush);
  const tool = useStore(viewerStore, (viewer) => viewer.tool);
  const { frame } = sight;
  const shapes = labels.data?.shapes;
  const here = useMemo(() => numbered((shapes ?? []).filter((shape) => shape.frame === frame)), [shapes, frame]);
  const used = useMemo(() => new Set(here.map(({ shape }) => shape.classId)), [here]);
  // The chosen one is always listed.
  const listed = here.filter(({ shape }, index) => index < MOST_LISTED || shape.id === selected);
  const select = useCallback((id: string | null) => tools.shapes.select(id), [tools]);
  const byKeys = state.name === "changing" && state.from === null;
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h6">
          {t("shapes.title")}
        </Title>
        {mayLabel && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Plus aria-hidden size={14} />}
            disabled={sight.drawClass === null}
            onClick={actions.shapes.start}
          >
            {t("shapes.add")}
          </Button>
        )}
      </Group>
      {labelClasses.length > 0 && mayLabel && (
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
      {mayLabel && (tool === "brush" || tool === "eraser" || tool === "grow") && (
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
          {t(mayLabel ? "shapes.none" : "shapes.nothing")}
        </Text>
      ) : (
        <ul className={classes.boxes}>
          {listed.map(({ shape, number }) => (
            <ShapeItem
              key={shape.id}
              shape={shape}
              number={number}
              classes={labelClasses}
              selected={selected === shape.id}
              onSelect={select}
              spacing={image.pixels.spacing}
              layer={sight.layer}
              fixed={!mayLabel}
            />
          ))}
        </ul>
      )}
      {here.length > listed.length && (
        <Text size="xs" c="dimmed">
          {t("shapes.more", { count: here.length - listed.length })}
        </Text>
      )}
    </section>
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
