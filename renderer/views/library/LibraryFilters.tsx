// The filter column: what to show, each with its count.
import { Button, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Facets, ImageFilter, LabelClass } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { libraryStore, narrowed } from "../../state/library.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import classes from "./LibraryFilters.module.css";

const choose = (part: Partial<ImageFilter>) => libraryStore.setState(({ filter }) => narrowed({ ...filter, ...part }));

export function LibraryFilters({ facets, classes: labelClasses }: { facets: Facets; classes: readonly LabelClass[] }) {
  const { t } = useTranslation("library");
  const filter = useStore(libraryStore, (state) => state.filter);
  const reason = useStore(libraryStore, (state) => state.reason);
  const countOf = new Map(facets.classes.map(({ classId, count }) => [classId, count]));
  const isAll = filter.classId === undefined && filter.labelled === undefined;
  return (
    <aside className={classes.column} aria-label={t("filters")}>
      {filter.ids && (
        <Stack gap={4} className={classes.reason}>
          <Text size="sm" fw={600}>
            {reason}
          </Text>
          <Text size="sm" c="dimmed">
            {t("narrowed", { count: filter.ids.length })}
          </Text>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => libraryStore.setState({ ...narrowed({}), reason: null })}
          >
            {t("showAll")}
          </Button>
        </Stack>
      )}
      <Section title={t("label")}>
        <Choice
          active={isAll}
          count={facets.total}
          onChoose={() => choose({ classId: undefined, labelled: undefined })}
        >
          {t("all")}
        </Choice>
        <Choice
          active={filter.labelled === false}
          count={facets.unlabelled}
          onChoose={() => choose({ classId: undefined, labelled: false })}
        >
          {t("unlabelled")}
        </Choice>
        {labelClasses.map(({ id, name, color }) => (
          <Choice
            key={id}
            active={filter.classId === id}
            count={countOf.get(id) ?? 0}
            onChoose={() => choose({ classId: id, labelled: undefined })}
          >
            <ClassBadge name={name} color={color} />
          </Choice>
        ))}
      </Section>
      {facets.modalities.length > 0 && (
        <Section title={t("modality")}>
          <Choice
            active={filter.modality === undefined}
            count={facets.total}
            onChoose={() => choose({ modality: undefined })}
          >
            {t("all")}
          </Choice>
          {facets.modalities.map(({ modality, count }) => (
            <Choice
              key={modality}
              active={filter.modality === modality}
              count={count}
              onChoose={() => choose({ modality })}
            >
              {modality}
            </Choice>
          ))}
        </Section>
      )}
      {facets.findings.length > 0 && (
        <Section title={t("findings.title")}>
          <Choice
            active={filter.finding === undefined}
            count={facets.total}
            onChoose={() => choose({ finding: undefined })}
          >
            {t("all")}
          </Choice>
          {facets.findings.map(({ code, count }) => (
            <Choice
              key={code}
              active={filter.finding === code}
              count={count}
              onChoose={() => choose({ finding: code })}
            >
              {t(`findings.${isFinding(code) ? code : "other"}`)}
            </Choice>
          ))}
        </Section>
      )}
    </aside>
  );
}

const FINDINGS = [
  "blank",
  "blank-frames",
  "clipped",
  "geometry-missing",
  "modality-mismatch",
  "near-duplicate",
  "text-suspected",
] as const;
const isFinding = (code: string): code is (typeof FINDINGS)[number] => FINDINGS.some((known) => known === code);

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section>
      <Title order={2} size="h6" className={classes.title}>
        {title}
      </Title>
      {children}
    </section>
  );
}

function Choice(props: { active: boolean; count: number; onChoose(): void; children: React.ReactNode }) {
  const format = useFormat();
  return (
    <button type="button" className={classes.choice} aria-pressed={props.active} onClick={props.onChoose}>
      <span className={classes.name}>{props.children}</span>
      <span className={classes.count}>{format.number(props.count)}</span>
    </button>
  );
}
