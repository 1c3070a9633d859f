// One page that checks the project against what rules ask about: what was found, what to do, which rules it speaks to, and what no program can see.
import {
  Badge,
  Button,
  Checkbox,
  Group,
  Modal,
  Radio,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Check, CircleHelp, Eye, FileDown, Minus, Printer, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type CheckState,
  COMPLIANCE_CHECKS,
  type ComplianceCheck,
  type CompliancePeriod,
  type ComplianceReport,
  fileNameSchema,
  type Inputs,
  NOT_CHECKED,
  type NotCheckedId,
} from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useAppInfo, useCall, useCurrentProject } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { PathField } from "../../ui/PathField.tsx";
import { Printed } from "../../ui/Printed.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { useToast } from "../../ui/useToast.ts";
import { Waiting } from "../../ui/Waiting.tsx";

const DAY_MS = 86_400_000;
const PRESETS = ["30", "90", "365", "range"] as const;
type Preset = (typeof PRESETS)[number];

const STATES: Record<CheckState, { color: string; icon: typeof Check }> = {
  unmet: { color: "red", icon: X },
  look: { color: "yellow", icon: Eye },
  unknown: { color: "gray", icon: CircleHelp },
  nothing: { color: "gray", icon: Minus },
  met: { color: "green", icon: Check },
};
const hasNext = (state: CheckState) => state !== "met" && state !== "nothing";

/** The present day, so that a page that stays open does not ask anew each second. */
function periodOf(preset: Preset, from: string, to: string): CompliancePeriod | null {
  const end = preset === "range" ? new Date(`${to}T23:59:59.999`) : new Date(Math.ceil(Date.now() / DAY_MS) * DAY_MS);
  const begin = preset === "range" ? new Date(`${from}T00:00`) : new Date(end.getTime() - Number(preset) * DAY_MS);
  if (Number.isNaN(begin.getTime()) || Number.isNaN(end.getTime()) || begin > end) return null;
  return { from: begin.toISOString(), to: end.toISOString() };
}

export function ComplianceSection() {
  const { t } = useTranslation("compliance");
  const studio = useStudio();
  const [preset, setPreset] = useState<Preset>("90");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [saving, setSaving] = useState(false);
  const period = periodOf(preset, from, to);
  const report = useQuery({
    queryKey: ["project", "compliance", period],
    queryFn: () => (period ? studio.compliance.report(period) : null),
    enabled: period !== null,
    placeholderData: keepPreviousData,
  });
  const { data } = report;
  return (
    <Section title={t("title")}>
      <Text size="sm" c="dimmed" maw={820}>
        {t("about")}
      </Text>
      <Group align="flex-end" gap="sm">
        <Select
          label={t("period")}
          allowDeselect={false}
          data={PRESETS.map((value) => ({ value, label: t(`periods.${value}`) }))}
          value={preset}
          onChange={(value) => setPreset((value ?? "90") as Preset)}
          w={180}
        />
        {preset === "range" && (
          <>
            <TextInput
              type="date"
              label={t("from")}
              value={from}
              onChange={(event) => setFrom(event.currentTarget.value)}
            />
            <TextInput type="date" label={t("to")} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
          </>
        )}
        <Button
          variant="default"
          leftSection={<Printer aria-hidden size={16} />}
          disabled={!data}
          onClick={() => window.print()}
        >
          {t("print")}
        </Button>
        <Button
          variant="default"
          leftSection={<FileDown aria-hidden size={16} />}
          disabled={period === null}
          onClick={() => setSaving(true)}
        >
          {t("save.open")}
        </Button>
      </Group>
      {report.error ? <Refused error={report.error} onRetry={() => void report.refetch()} /> : null}
      {report.isPending && period ? <Waiting text={t("making")} /> : null}
      {data ? <Report report={data} /> : null}
      {period && <SaveDialog opened={saving} onClose={() => setSaving(false)} period={period} />}
    </Section>
  );
}

function useWords() {
  const { t, i18n } = useTranslation("compliance");
  const refs = (of: Readonly<Record<"gdpr" | "hipaa" | "mlps" | "pipl", readonly string[]>>) =>
    (["gdpr", "hipaa", "mlps", "pipl"] as const)
      .filter((law) => of[law].length > 0)
      .map((law) => t(`laws.${law}`, { refs: of[law].join(", ") }));
  const found = ({ figure, values }: ComplianceCheck): string =>
    i18n.exists(`figures.${figure}`, { ns: "compliance" })
      ? t(`figures.${figure}` as "figures.nodeOff", values)
      : figure;
  return { t, refs, found };
}

function Report({ report }: { report: ComplianceReport }) {
  const { t, refs, found } = useWords();
  const format = useFormat();
  const count = (state: CheckState) => report.checks.filter((check) => check.state === state).length;
  const order = Object.keys(STATES) as CheckState[];
  const checks = [...report.checks].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const others = Object.keys(NOT_CHECKED) as NotCheckedId[];
  const { period } = report;
  const madeBy = t("madeBy", {
    project: report.project.name,
    member: report.member,
    at: format.date(report.at),
    version: report.version,
    from: period.from.slice(0, 10),
    to: period.to.slice(0, 10),
  });
  const columns = ["check", "state", "found", "next", "rules"] as const;
  return (
    <>
      <Text size="sm" fw={600} role="status">
        {t("summary", {
          met: count("met"),
          look: count("look"),
          unmet: count("unmet"),
          unknown: count("unknown"),
          nothing: count("nothing"),
        })}
      </Text>
      <Table.ScrollContainer minWidth={900} type="native">
        <Table fz="sm" verticalSpacing="xs" aria-label={t("title")}>
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Table.Th key={column} scope="col">
                  {t(`columns.${column}`)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {checks.map((check) => {
              const { color, icon: Icon } = STATES[check.state];
              return (
                <Table.Tr key={check.id} style={{ verticalAlign: "top" }}>
                  <Table.Th scope="row" fw={600} w="18%">
                    {t(`checks.${check.id}.title`)}
                  </Table.Th>
                  <Table.Td w="14%">
                    <Badge
                      variant="light"
                      color={color}
                      c="var(--mantine-color-text)"
                      tt="none"
                      h="auto"
                      styles={{ label: { whiteSpace: "normal" } }}
                      leftSection={<Icon aria-hidden size={14} />}
                    >
                      {t(`states.${check.state}`)}
                    </Badge>
                  </Table.Td>
                  <Table.Td w="24%">{found(check)}</Table.Td>
                  <Table.Td w="24%">{hasNext(check.state) ? t(`checks.${check.id}.next`) : ""}</Table.Td>
                  <Table.Td w="20%">
                    {refs(COMPLIANCE_CHECKS[check.id]).map((ref) => (
                      <Text key={ref} size="xs" c="dimmed">
                        {ref}
                      </Text>
                    ))}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Stack gap={4}>
        <Title order={3} size="h5">
          {t("notCheckedTitle")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("notCheckedAbout")}
        </Text>
        <Table fz="sm" aria-label={t("notCheckedTitle")}>
          <Table.Tbody>
            {others.map((id) => (
              <Table.Tr key={id}>
                <Table.Td>{t(`notChecked.${id}`)}</Table.Td>
                <Table.Td c="dimmed" fz="xs">
                  {refs(NOT_CHECKED[id]).join("; ")}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
      <Printed>
        <h1>{t("title")}</h1>
        <p>{madeBy}</p>
        <p>{t("about")}</p>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {t(`columns.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {checks.map((check) => (
              <tr key={check.id}>
                <th scope="row">{t(`checks.${check.id}.title`)}</th>
                <td>{t(`states.${check.state}`)}</td>
                <td>{found(check)}</td>
                <td>{hasNext(check.state) ? t(`checks.${check.id}.next`) : ""}</td>
                <td>{refs(COMPLIANCE_CHECKS[check.id]).join("; ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <h2>{t("notCheckedTitle")}</h2>
        <p>{t("notCheckedAbout")}</p>
        <table>
          <tbody>
            {others.map((id) => (
              <tr key={id}>
                <td>{t(`notChecked.${id}`)}</td>
                <td>{refs(NOT_CHECKED[id]).join("; ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Printed>
    </>
  );
}

function SaveDialog({ opened, onClose, period }: { opened: boolean; onClose(): void; period: CompliancePeriod }) {
  const { t, i18n } = useTranslation("compliance");
  const { t: shell } = useTranslation();
  const toast = useToast();
  const info = useAppInfo();
  const project = useCurrentProject().data;
  const [format, setFormat] = useState<"html" | "json">("html");
  const [name, setName] = useState<string | null>(null);
  const [folder, setFolder] = useState<string | null>(null);
  const [overwrite, setOverwrite] = useState(false);
  const save = useCall((studio, input: Inputs["compliance"]["save"]) => studio.compliance.save(input));
  const shownName = name ?? `${project?.name ?? "Loupe"} compliance`;
  const shownFolder = folder ?? info.data?.homeFolder ?? "";
  const valid = fileNameSchema.safeParse(shownName).success;
  const language = i18n.language === "zh-CN" ? "zh-CN" : "en";
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("save.title")}
      size="lg"
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!valid) return;
          const place = { name: shownName, folder: shownFolder === "" ? undefined : shownFolder, overwrite };
          save.mutate(
            { ...period, format, language, ...place },
            {
              onSuccess: ({ path }) => {
                toast.say(t("save.done", { path }));
                onClose();
              },
            },
          );
        }}
      >
        <Stack>
          <Radio.Group label={t("save.format")} value={format} onChange={(value) => setFormat(value as typeof format)}>
            <Stack gap={4} mt={4}>
              <Radio value="html" label={t("save.html")} />
              <Radio value="json" label={t("save.json")} />
            </Stack>
          </Radio.Group>
          <TextInput
            label={t("save.name")}
            value={shownName}
            onChange={(event) => setName(event.currentTarget.value)}
            error={valid ? undefined : t("save.nameRule")}
            maxLength={70}
            spellCheck={false}
            required
          />
          <PathField label={t("save.folder")} kind="folder" value={shownFolder} onChange={setFolder} />
          <Checkbox
            label={t("save.overwrite")}
            checked={overwrite}
            onChange={(event) => setOverwrite(event.currentTarget.checked)}
          />
          {save.error ? <Refused error={save.error} /> : null}
          <Button type="submit" loading={save.isPending} disabled={!valid} style={{ alignSelf: "flex-start" }}>
            {t("save.start")}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
