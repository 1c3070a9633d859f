// A search in one archive, what it found, and fetching what was chosen of it. Nothing is asked before somebody presses Search.
import { Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { Download, Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { DEFAULT_DEIDENTIFY } from "../../../preload/contract/deidentification.ts";
import type { Inputs, PacsConnection, PacsFound } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { DeidentifyChoice } from "../library/DeidentifyChoice.tsx";
import { daysOf, PRESETS, type Preset } from "./days.ts";
import { FetchProgress } from "./FetchProgress.tsx";
import { FoundTable } from "./FoundTable.tsx";
import { type Selection, wantedOf } from "./selection.ts";

const LIMIT = 200;
const MODALITIES = ["CR", "CT", "DX", "MG", "MR", "NM", "OT", "PT", "RF", "US", "XA"];

export interface SearchSectionProps {
  connections: readonly PacsConnection[];
  chosen: PacsConnection;
  onChoose(id: string): void;
}

export function SearchSection({ connections, chosen, onChoose }: SearchSectionProps) {
  const { t } = useTranslation("pacs");
  const format = useFormat();
  const studio = useStudio();
  const [text, setText] = useState({ patientName: "", patientId: "", accession: "" });
  const [modality, setModality] = useState("");
  const [preset, setPreset] = useState<Preset>("week");
  const [range, setRange] = useState({ from: "", to: "" });
  const [found, setFound] = useState<{ items: PacsFound[]; more: boolean } | null>(null);
  const [series, setSeries] = useState<ReadonlyMap<string, readonly PacsFound[]>>(new Map());
  const [deidentify, setDeidentify] = useState(DEFAULT_DEIDENTIFY);
  const [selection, setSelection] = useState<Selection>(new Set());
  const search = useCall((_, { input, signal }: { input: Inputs["pacs"]["search"]; signal: AbortSignal }) =>
    studio.pacs.search(input, { signal }),
  );
  const fetching = useCall((_, input: Inputs["pacs"]["retrieve"]) => studio.pacs.retrieve(input));
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);

  const begin = () => {
    stop.current?.abort();
    stop.current = new AbortController();
    const criteria = { ...text, modality, ...daysOf(preset, range, new Date()) };
    search.mutate(
      { input: { id: chosen.id, level: "study", criteria, limit: LIMIT }, signal: stop.current.signal },
      {
        onSuccess: (answer) => {
          setFound(answer);
          setSeries(new Map());
          setSelection(new Set());
        },
      },
    );
  };
  const field = (key: keyof typeof text, hint?: string) => (
    <TextInput
      label={t(`search.${key}`)}
      description={hint}
      inputWrapperOrder={["label", "input", "description", "error"]}
      autoComplete="off"
      maxLength={64}
      value={text[key]}
      onChange={(event) => setText({ ...text, [key]: event.currentTarget.value })}
    />
  );
  const wanted = found ? wantedOf(selection, found.items, series) : [];
  const objects = wanted.reduce((sum, one) => sum + (one.objects ?? Number.NaN), 0);
  const stopped = stop.current?.signal.aborted === true;
  return (
    <Section title={t("search.title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          begin();
        }}
      >
        <Stack gap="md">
          <Select
            label={t("search.in")}
            allowDeselect={false}
            data={connections.map(({ id, name }) => ({ value: id, label: name }))}
            value={chosen.id}
            onChange={(id) => id && onChoose(id)}
            w={320}
          />
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
            {field("patientName", t("search.nameHint"))}
            {field("patientId")}
            {field("accession")}
            <Select
              label={t("search.modality")}
              data={[{ value: "", label: t("search.anyModality") }, ...MODALITIES]}
              allowDeselect={false}
              value={modality}
              onChange={(value) => setModality(value ?? "")}
            />
          </SimpleGrid>
          <Group align="flex-end">
            <Select
              label={t("search.days")}
              allowDeselect={false}
              data={PRESETS.map((value) => ({ value, label: t(`days.${value}`) }))}
              value={preset}
              onChange={(value) => setPreset(PRESETS.find((known) => known === value) ?? "any")}
              w={200}
            />
            {preset === "range" &&
              (["from", "to"] as const).map((end) => (
                <TextInput
                  key={end}
                  type="date"
                  label={t(`search.${end}`)}
                  value={range[end]}
                  onChange={(event) => setRange({ ...range, [end]: event.currentTarget.value })}
                />
              ))}
            <Button type="submit" leftSection={<Search aria-hidden size={16} />} loading={search.isPending}>
              {t("search.start")}
            </Button>
            {search.isPending && (
              <Button variant="default" onClick={() => stop.current?.abort()}>
                {t("search.stop")}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
      {search.error && !stopped && <Refused error={search.error} onRetry={begin} />}
      <Text size="sm" role="status">
        {found &&
          (found.items.length === 0
            ? t("found.none")
            : t(found.more ? "found.more" : "found.studies", {
                count: found.items.length,
                formatted: format.number(found.items.length),
              }))}
      </Text>
      {found && found.items.length > 0 && (
        <>
          <FoundTable
            connectionId={chosen.id}
            studies={found.items}
            series={series}
            onSeries={(study, list) => setSeries((known) => new Map(known).set(study, list))}
            selection={selection}
            onSelect={setSelection}
          />
          <DeidentifyChoice value={deidentify} onChange={setDeidentify} />
          <Group>
            <Button
              leftSection={<Download aria-hidden size={16} />}
              disabled={wanted.length === 0}
              loading={fetching.isPending}
              onClick={() => fetching.mutate({ id: chosen.id, wanted, deidentify })}
            >
              {t("fetch.start")}
            </Button>
            <Text size="sm" c="dimmed" role="status">
              {wanted.length === 0
                ? t("fetch.nothing")
                : Number.isNaN(objects)
                  ? t("fetch.chosen", { count: wanted.length })
                  : t("fetch.chosenObjects", { count: wanted.length, objects: format.number(objects) })}
            </Text>
          </Group>
        </>
      )}
      {fetching.error && <Refused error={fetching.error} />}
      {fetching.data && <FetchProgress started={fetching.data} />}
    </Section>
  );
}
