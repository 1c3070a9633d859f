// Studies that an archive has, each opening to its series. A click or Space chooses, arrows go from row to row, right and left open and close.
import { ActionIcon, Checkbox, Loader, Table, Text } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { Fragment, type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { PacsFound } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { Refused } from "../../ui/Refused.tsx";
import classes from "./pacs.module.css";
import { isChosen, keyOf, type Selection, studyState, toggleSeries, toggleStudy } from "./selection.ts";

export interface FoundTableProps {
  connectionId: string;
  studies: readonly PacsFound[];
  series: ReadonlyMap<string, readonly PacsFound[]>;
  onSeries(study: string, list: readonly PacsFound[]): void;
  selection: Selection;
  onSelect(selection: Selection): void;
}

export function FoundTable({ connectionId, studies, series, onSeries, selection, onSelect }: FoundTableProps) {
  const { t } = useTranslation("pacs");
  const format = useFormat();
  const studio = useStudio();
  const body = useRef<HTMLTableSectionElement>(null);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [errors, setErrors] = useState<ReadonlyMap<string, unknown>>(new Map());

  const open = async (study: string) => {
    setOpened((before) => new Set(before).add(study));
    setErrors((before) => new Map([...before].filter(([key]) => key !== study)));
    if (series.has(study)) return;
    try {
      onSeries(study, (await studio.pacs.search({ id: connectionId, level: "series", study, limit: 1000 })).items);
    } catch (error) {
      setErrors((before) => new Map(before).set(study, error));
    }
  };
  const close = (study: string) => setOpened((before) => new Set([...before].filter((one) => one !== study)));

  const onKeyDown = (event: KeyboardEvent) => {
    const boxes = [...(body.current?.querySelectorAll<HTMLInputElement>("input[type=checkbox]") ?? [])];
    const at = boxes.indexOf(event.target as HTMLInputElement);
    const row = boxes[at]?.closest<HTMLElement>("[data-study]");
    if (at < 0 || !row) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) boxes[at + step]?.focus();
    else if (event.key === "Home") boxes[0]?.focus();
    else if (event.key === "End") boxes.at(-1)?.focus();
    else if (event.key === "ArrowRight") void open(row.dataset.study ?? "");
    else if (event.key === "ArrowLeft") {
      close(row.dataset.study ?? "");
      body.current?.querySelector<HTMLInputElement>(`[data-study="${row.dataset.study}"] input`)?.focus();
    } else return;
    event.preventDefault();
  };

  const count = (value: number | null) => (value === null ? "" : format.number(value));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className={classes.scroll} tabIndex={0} aria-label={t("found.list")}>
      <Table fz="sm" stickyHeader verticalSpacing={6} aria-label={t("found.list")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("found.choose")}</Table.Th>
            <Table.Th scope="col">{t("found.patient")}</Table.Th>
            <Table.Th scope="col">{t("found.id")}</Table.Th>
            <Table.Th scope="col">{t("found.date")}</Table.Th>
            <Table.Th scope="col">{t("found.modality")}</Table.Th>
            <Table.Th scope="col">{t("found.description")}</Table.Th>
            <Table.Th scope="col">{t("found.accession")}</Table.Th>
            <Table.Th scope="col">{t("found.series")}</Table.Th>
            <Table.Th scope="col">{t("found.objects")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody ref={body} onKeyDown={onKeyDown}>
          {studies.map((study) => {
            const state = studyState(selection, study.study);
            const isOpen = opened.has(study.study);
            const list = series.get(study.study);
            const error = errors.get(study.study);
            const name = [study.patientName || study.patientId, study.date, study.description]
              .filter(Boolean)
              .join(", ");
            const toggle = () => onSelect(toggleStudy(selection, study.study));
            return (
              <Fragment key={study.study}>
                <Table.Tr
                  className={classes.row}
                  data-study={study.study}
                  data-chosen={state !== "none" || undefined}
                  onClick={(event) => event.target instanceof HTMLTableCellElement && toggle()}
                >
                  <Table.Td>
                    <div className={classes.choose}>
                      <ActionIcon
                        variant="subtle"
                        size="sm"
                        className={classes.toggle}
                        aria-expanded={isOpen}
                        aria-label={t("found.seriesOf", { name })}
                        onClick={() => (isOpen ? close(study.study) : void open(study.study))}
                      >
                        <ChevronDown aria-hidden size={16} />
                      </ActionIcon>
                      <Checkbox
                        size="xs"
                        aria-label={t("found.study", { name })}
                        checked={state === "all"}
                        indeterminate={state === "some"}
                        onChange={toggle}
                      />
                    </div>
                  </Table.Td>
                  <Table.Td>{study.patientName}</Table.Td>
                  <Table.Td>{study.patientId}</Table.Td>
                  <Table.Td>{study.date}</Table.Td>
                  <Table.Td>{study.modalities.join(", ")}</Table.Td>
                  <Table.Td>{study.description}</Table.Td>
                  <Table.Td>{study.accession}</Table.Td>
                  <Table.Td>{count(study.seriesCount)}</Table.Td>
                  <Table.Td>{count(study.objects)}</Table.Td>
                </Table.Tr>
                {isOpen && !list && (
                  <Table.Tr>
                    <Table.Td colSpan={9}>
                      {error ? (
                        <Refused error={error} onRetry={() => void open(study.study)} />
                      ) : (
                        <Loader size="xs" aria-label={t("found.loading")} />
                      )}
                    </Table.Td>
                  </Table.Tr>
                )}
                {isOpen && list?.length === 0 && (
                  <Table.Tr>
                    <Table.Td colSpan={9}>{t("found.noSeries")}</Table.Td>
                  </Table.Tr>
                )}
                {isOpen &&
                  list?.map((one) => {
                    const chosen = isChosen(selection, one);
                    const choose = () => onSelect(toggleSeries(selection, one, list));
                    const title = one.description || t("found.numbered", { number: one.number ?? "?" });
                    return (
                      <Table.Tr
                        key={keyOf(one)}
                        className={classes.row}
                        data-study={one.study}
                        data-chosen={chosen || undefined}
                        onClick={(event) => event.target instanceof HTMLTableCellElement && choose()}
                      >
                        <Table.Td className={classes.series}>
                          <Checkbox
                            size="xs"
                            aria-label={t("found.oneSeries", { name: title })}
                            checked={chosen}
                            onChange={choose}
                          />
                        </Table.Td>
                        <Table.Td colSpan={3}>
                          <Text size="sm" c="dimmed">
                            {one.number === null
                              ? t("found.unnumbered")
                              : t("found.numbered", { number: String(one.number) })}
                          </Text>
                        </Table.Td>
                        <Table.Td>{one.modalities.join(", ")}</Table.Td>
                        <Table.Td colSpan={3}>{one.description}</Table.Td>
                        <Table.Td>{count(one.objects)}</Table.Td>
                      </Table.Tr>
                    );
                  })}
              </Fragment>
            );
          })}
        </Table.Tbody>
      </Table>
    </section>
  );
}
