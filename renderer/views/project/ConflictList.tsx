// What two copies said differently: both sides, who and when; a person chooses. Arrow keys go from row to row, O and T choose.
import { Badge, Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conflict, ConflictSide, Inputs } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall, useConflicts, useMay } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import classes from "./ConflictList.module.css";

const PAGE = 50;
type Choice = "ours" | "theirs";

export function ConflictList() {
  const { t } = useTranslation("project");
  const [decided, setDecided] = useState(false);
  const conflicts = useConflicts({ decided, offset: 0, limit: PAGE });
  const choose = useCall((studio, input: Inputs["copies"]["choose"]) => studio.copies.choose(input));
  const mayChoose = useMay("copies.choose");
  const list = useRef<HTMLUListElement>(null);
  const chosen = useRef<{ index: number; side: Choice } | null>(null);
  const { items = [], total = 0, open = 0 } = conflicts.data ?? {};

  /** The button of a side in a row, or the other one where it cannot be pressed. */
  const focus = (index: number, side: Choice) => {
    const row = list.current?.children[Math.max(0, Math.min(index, list.current.children.length - 1))];
    const wanted = row?.querySelector<HTMLButtonElement>(`button[data-side=${side}]:not(:disabled)`);
    (wanted ?? row?.querySelector<HTMLButtonElement>("button:not(:disabled)"))?.focus();
  };
  const pick = (index: number, side: Choice) => {
    const conflict = items[index];
    if (!conflict || choose.isPending) return;
    chosen.current = { index, side };
    choose.mutate({ id: conflict.id, choice: side });
  };
  // The row that was decided leaves the list, or its button cannot be pressed any more, when the new list comes: whoever
  // asked for that list, the keyboard goes on with the row that took its place.
  useLayoutEffect(() => {
    const holder = document.activeElement;
    const lost = holder === null || holder === document.body || holder.matches(":disabled");
    if (!chosen.current || !lost) return;
    focus(chosen.current.index, chosen.current.side);
    chosen.current = null;
  });
  const press = (event: KeyboardEvent, index: number, side: Choice) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const choice = { o: "ours", t: "theirs" }[event.key.toLowerCase()] as Choice | undefined;
    if (step === undefined && choice === undefined) return;
    event.preventDefault();
    if (step !== undefined) focus(index + step, side);
    if (choice !== undefined) pick(index, choice);
  };

  return (
    <Section title={t("conflicts.title")} aside={open > 0 ? <Badge color="orange">{open}</Badge> : undefined}>
      <SegmentedControl
        aria-label={t("conflicts.show")}
        style={{ alignSelf: "flex-start" }}
        value={decided ? "decided" : "open"}
        onChange={(next) => setDecided(next === "decided")}
        data={[
          { value: "open", label: t("conflicts.open") },
          { value: "decided", label: t("conflicts.decided") },
        ]}
      />
      {conflicts.error && <Refused error={conflicts.error} />}
      {choose.error && <Refused error={choose.error} />}
      {items.length === 0 ? (
        <Text size="sm" c="dimmed" maw={720}>
          {t(decided ? "conflicts.noneDecided" : "conflicts.none")}
        </Text>
      ) : (
        <>
          {mayChoose && (
            <Text size="sm" c="dimmed">
              {t("conflicts.keys")}
            </Text>
          )}
          <ul className={classes.list} ref={list} aria-label={t("conflicts.title")}>
            {items.map((conflict, index) => (
              <li key={conflict.id} className={classes.row}>
                <Stack gap="xs">
                  <Text size="sm" fw={600}>
                    {conflict.imageName}
                    <Text span size="sm" c="dimmed" ml="xs">
                      {conflict.kind === "answer" ? conflict.question : t(`conflicts.kind.${conflict.kind}`)}
                    </Text>
                  </Text>
                  <Group align="stretch" gap="sm" grow preventGrowOverflow={false}>
                    {(["ours", "theirs"] as const).map((side) => (
                      <Side
                        key={side}
                        side={side}
                        conflict={conflict}
                        pending={choose.isPending}
                        onChoose={() => pick(index, side)}
                        onKey={(event) => press(event, index, side)}
                      />
                    ))}
                  </Group>
                </Stack>
              </li>
            ))}
          </ul>
          {total > items.length && <Text size="sm">{t("conflicts.more", { count: total - items.length })}</Text>}
        </>
      )}
    </Section>
  );
}

interface SideProps {
  side: "ours" | "theirs";
  conflict: Conflict;
  pending: boolean;
  onChoose(): void;
  onKey(event: KeyboardEvent): void;
}

function Side({ side, conflict, pending, onChoose, onKey }: SideProps) {
  const { t } = useTranslation("project");
  const format = useFormat();
  const mayChoose = useMay("copies.choose");
  const said = conflict[side];
  const holds = conflict.state === "theirs" ? side === "theirs" : side === "ours";
  return (
    <div className={classes.side}>
      <Stack gap={4} align="flex-start">
        <Group gap="xs">
          <Text size="xs" c="dimmed">
            {side === "ours" ? t("conflicts.ours") : t("conflicts.theirs", { name: conflict.source })}
          </Text>
          {holds && (
            <Badge size="xs" variant="default">
              {t("conflicts.holds")}
            </Badge>
          )}
        </Group>
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          <Words said={said} />
        </Text>
        <Text size="xs" c="dimmed">
          {said.reader} · {format.date(said.at)}
        </Text>
        {mayChoose && (
          <Button
            size="compact-sm"
            variant="default"
            data-side={side}
            disabled={holds && conflict.state !== "open"}
            aria-disabled={pending}
            onClick={onChoose}
            onKeyDown={onKey}
            aria-label={t(`conflicts.choose.${side}`, { image: conflict.imageName })}
          >
            {t(`conflicts.take.${side}`)}
          </Button>
        )}
      </Stack>
    </div>
  );
}

function Words({ said }: { said: ConflictSide }) {
  const { t, i18n } = useTranslation("project");
  if (!said.said) return t("conflicts.nothing");
  const kind =
    said.geometry && i18n.exists(`conflicts.shape.${said.geometry}`, { ns: "project" }) ? said.geometry : null;
  const shape = kind === null ? said.geometry : t(`conflicts.shape.${kind}` as "conflicts.shape.box");
  return [shape, said.words].filter((word) => word !== null).join(": ");
}
