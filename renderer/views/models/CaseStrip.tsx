// Cases in a row that scrolls sideways: thumbnail, truth, answer, how sure. Only those in sight are drawn.
//
// One tab stop for the whole row; arrows, Home and End move in it, Enter opens the image in the viewer, which then walks through the
// same cases.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Images } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { THUMBNAILS_PATH } from "../../../preload/contract/index.ts";
import { showImages } from "../../state/library.ts";
import classes from "./CaseStrip.module.css";
import { openCase } from "./open-case.ts";

/** CSS px of one card with its gap. */
const PITCH = 192;

export interface CaseCard {
  imageId: string;
  lines: { name: string; value: string }[];
  /** Shown below in bold. */
  verdict: string;
}

export interface CaseStripProps {
  title: string;
  /** What these images are, said in the library and the viewer where this page is out of sight. */
  reason: string;
  /** In the order to show them. */
  cards: readonly CaseCard[];
  /** Said where there is no card. */
  none: string;
  /** Takes the narrowing back; absent where nothing is narrowed. */
  onShowAll?: () => void;
}

export function CaseStrip({ title, reason, cards, none, onShowAll }: CaseStripProps) {
  const { t } = useTranslation("models");
  const titleId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const moved = useRef(false);
  const virtual = useVirtualizer({
    count: cards.length,
    horizontal: true,
    estimateSize: () => PITCH,
    overscan: 4,
    getScrollElement: () => scroller.current,
  });
  const focused = Math.min(current, Math.max(0, cards.length - 1));
  const items = virtual.getVirtualItems();

  // A card that a key press moved to may not be drawn yet: it takes the focus as soon as it is.
  useEffect(() => {
    if (!moved.current) return;
    const card = scroller.current?.querySelector<HTMLElement>(`[data-index="${focused}"]`);
    if (!card) return;
    moved.current = false;
    card.focus();
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowRight: focused + 1, ArrowLeft: focused - 1, Home: 0, End: cards.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(cards.length - 1, to));
    moved.current = true;
    setCurrent(next);
    virtual.scrollToIndex(next);
  };

  const ids = cards.map(({ imageId }) => imageId);
  return (
    <Stack gap="xs" component="section" aria-labelledby={titleId}>
      <Group justify="space-between">
        <Text component="h3" fw={600} size="sm" id={titleId} aria-live="polite">
          {title}
        </Text>
        <Group gap="xs">
          {onShowAll ? (
            <Button size="compact-sm" variant="default" onClick={onShowAll}>
              {t("cases.showAll")}
            </Button>
          ) : null}
          {cards.length > 0 ? (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Images size={14} aria-hidden />}
              onClick={() => showImages(ids, reason)}
            >
              {t("cases.inLibrary")}
            </Button>
          ) : null}
        </Group>
      </Group>
      {cards.length === 0 ? <Text c="dimmed">{none}</Text> : null}
      <div ref={scroller} className={classes.scroller} hidden={cards.length === 0}>
        {/* biome-ignore lint/a11y/useSemanticElements: the cards are placed absolutely, which an <ul> may do but gains nothing from */}
        <div
          role="list"
          aria-labelledby={titleId}
          className={classes.row}
          style={{ width: virtual.getTotalSize() }}
          onKeyDown={onKeyDown}
        >
          {items.map((item) => {
            const card = cards[item.index];
            return (
              // biome-ignore lint/a11y/useSemanticElements: see above
              <div
                role="listitem"
                key={item.key}
                className={classes.place}
                style={{ transform: `translateX(${item.start}px)` }}
                aria-setsize={cards.length}
                aria-posinset={item.index + 1}
              >
                <button
                  type="button"
                  className={classes.card}
                  data-index={item.index}
                  tabIndex={item.index === focused ? 0 : -1}
                  onFocus={() => setCurrent(item.index)}
                  onClick={() => openCase(card.imageId, ids, reason)}
                >
                  <img src={`${THUMBNAILS_PATH}${card.imageId}`} alt="" width={172} height={148} loading="lazy" />
                  {card.lines.map((line) => (
                    <span key={line.name} className={classes.line}>
                      <span className={classes.name}>{line.name}</span> <b>{line.value}</b>
                    </span>
                  ))}
                  <span className={classes.verdict}>{card.verdict}</span>
                </button>
              </div>
            );
          })}
        </div>
      </div>
    </Stack>
  );
}
