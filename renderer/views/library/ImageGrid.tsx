// A grid of any number of thumbnails; only the rows in sight exist.
//
// One element holds the focus (a listbox) and names the active image, so arrow keys cost no re-focusing and a screen reader
// hears name, label, shapes and place of each image.
import { Text, VisuallyHidden } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Images, SquareDashed } from "lucide-react";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { ImageSummary, LabelClass } from "../../../preload/contract/index.ts";
import { libraryStore } from "../../state/library.ts";
import { navigate } from "../../state/route.ts";
import { useSequence } from "../../studio/sequence.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import classes from "./ImageGrid.module.css";

const TILE_WIDTH = 168;
const TILE_HEIGHT = 212;
const GAP = 12;
const PADDING = 16;

export interface ImageGridHandle {
  move(columns: number, rows: number): void;
  toggleSelected(): void;
}

export interface ImageGridProps {
  classes: readonly LabelClass[];
  ref: Ref<ImageGridHandle>;
}

export function ImageGrid({ classes: labelClasses, ref }: ImageGridProps) {
  const { t } = useTranslation("library");
  const focused = useStore(libraryStore, (state) => state.focused);
  const selected = useStore(libraryStore, (state) => state.selected);
  const [active, setActive] = useState(0);
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>();
  const scroller = useRef<HTMLDivElement>(null);
  const mergedRef = useMergedRef(sizeRef, scroller);
  const columns = Math.max(1, Math.floor((width + GAP) / (TILE_WIDTH + GAP)));
  const [range, setRange] = useState({ first: 0, last: 0 });
  const sequence = useSequence(range.first * columns, (range.last + 1) * columns);
  const total = sequence.total ?? 0;
  const rows = useVirtualizer({
    count: Math.ceil(total / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => TILE_HEIGHT + GAP,
    paddingStart: 4,
    paddingEnd: PADDING,
    overscan: 3,
    onChange: (instance) => {
      const first = instance.range?.startIndex ?? 0;
      const last = instance.range?.endIndex ?? 0;
      setRange((old) => (old.first === first && old.last === last ? old : { first, last }));
    },
  });

  const goTo = (index: number) => {
    const next = Math.max(0, Math.min(total - 1, index));
    setActive(next);
    rows.scrollToIndex(Math.floor(next / columns));
    const image = sequence.at(next);
    if (image) libraryStore.setState({ focused: image.id });
  };
  const toggle = (id: string) =>
    libraryStore.setState((state) => {
      const next = new Set(state.selected);
      if (!next.delete(id)) next.add(id);
      return { selected: next };
    });
  useImperativeHandle(ref, () => ({
    move: (byColumns, byRows) => goTo(focused === null ? 0 : active + byColumns + byRows * columns),
    toggleSelected: () => focused && toggle(focused),
  }));

  // Back from the viewer, or after a label took the image out of the filter: keep the place.
  const image = sequence.at(active);
  const { locate } = sequence;
  useEffect(() => {
    if (!focused || image?.id === focused || total === 0) return;
    let late = false;
    void locate(focused).then((index) => {
      if (late) return;
      if (index !== null) setActive(index);
      else if (image) libraryStore.setState({ focused: image.id });
    });
    return () => {
      late = true;
    };
  }, [focused, image, total, locate]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the column count changes or on entering
  useEffect(() => {
    if (focused) rows.scrollToIndex(Math.floor(active / columns));
  }, [columns, active]);

  const classOf = new Map(labelClasses.map((labelClass) => [labelClass.id, labelClass]));
  const optionId = (index: number) => `image-${index}`;

  if (sequence.error) return <Refused error={sequence.error} onRetry={sequence.retry} />;
  return (
    <div
      ref={mergedRef}
      className={classes.scroller}
      role="listbox"
      aria-label={t("images")}
      aria-multiselectable="true"
      aria-activedescendant={focused ? optionId(active) : undefined}
      tabIndex={0}
      data-commands
      onFocus={() => {
        if (!focused && image) libraryStore.setState({ focused: image.id });
      }}
    >
      {sequence.total === null && <Loading />}
      {sequence.total === 0 && (
        <Text c="dimmed" ta="center" p="xl">
          {t("noneMatch")}
        </Text>
      )}
      <div className={classes.space} role="presentation" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => (
          <div
            key={row.key}
            role="presentation"
            className={classes.row}
            style={{ transform: `translateY(${row.start}px)`, gridTemplateColumns: `repeat(${columns}, 1fr)` }}
          >
            {Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, column) => {
              const index = row.index * columns + column;
              const item = sequence.at(index);
              return (
                <Tile
                  key={item?.id ?? `at ${index}`}
                  id={optionId(index)}
                  index={index}
                  total={total}
                  image={item}
                  labelClass={item?.classId ? classOf.get(item.classId) : undefined}
                  active={item !== undefined && item.id === focused}
                  selected={item !== undefined && selected.has(item.id)}
                  onClick={(event) => {
                    if (!item) return;
                    setActive(index);
                    libraryStore.setState({ focused: item.id });
                    if (event.ctrlKey || event.metaKey || event.shiftKey) toggle(item.id);
                  }}
                />
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

interface TileProps {
  id: string;
  index: number;
  total: number;
  image: ImageSummary | undefined;
  labelClass: LabelClass | undefined;
  active: boolean;
  selected: boolean;
  onClick(event: React.MouseEvent): void;
}

function Tile({ id, index, total, image, labelClass, active, selected, onClick }: TileProps) {
  const { t } = useTranslation("library");
  const { t: shell } = useTranslation();
  if (!image) return <div className={classes.tile} role="presentation" />;
  const className = labelClass?.name ?? shell("noClass");
  const badges = [
    image.shapes > 0 ? t("shapes", { count: image.shapes }) : "",
    image.frames > 1 ? t("frames", { count: image.frames }) : "",
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox owns the keyboard (aria-activedescendant)
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      aria-posinset={index + 1}
      aria-setsize={total}
      className={classes.tile}
      data-active={active || undefined}
      onClick={onClick}
      onDoubleClick={() => navigate({ view: "viewer", imageId: image.id, frame: 0 })}
    >
      <span className={classes.picture}>
        <img src={`/thumbnails/${encodeURIComponent(image.id)}`} alt="" loading="lazy" draggable={false} />
        <span className={classes.badges} aria-hidden>
          {image.frames > 1 && (
            <span className={classes.badge}>
              <Images aria-hidden size={12} />
              {image.frames}
            </span>
          )}
          {image.shapes > 0 && (
            <span className={classes.badge}>
              <SquareDashed aria-hidden size={12} />
              {image.shapes}
            </span>
          )}
        </span>
      </span>
      <span className={classes.name}>{image.name}</span>
      <span className={classes.label} data-unlabelled={labelClass ? undefined : true}>
        <ClassBadge name={className} color={labelClass?.color ?? null} />
      </span>
      <VisuallyHidden>{badges.filter(Boolean).join(", ")}</VisuallyHidden>
    </div>
  );
}
