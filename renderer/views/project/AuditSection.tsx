// The record of who did what: searched, read entry by entry, checked, printed and taken out.
import { Alert, Badge, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { FileDown, Printer, ScanSearch, Search, ShieldAlert, ShieldCheck } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { AUDIT_ACTIONS, type AuditAction, type AuditFilter, type AuditState } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useAuditMembers, useAuditState } from "../../studio/audit.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { AuditExport } from "./AuditExport.tsx";
import { CheckHead, PrintHead } from "./AuditHead.tsx";
import { AuditTable, type AuditTableHandle } from "./AuditTable.tsx";

const ACTIONS = Object.keys(AUDIT_ACTIONS) as AuditAction[];
const groupOf = (action: AuditAction) => action.slice(0, action.indexOf("/"));
type ActionGroup = AuditAction extends `${infer First}/${string}` ? First : never;
const GROUPS = [...new Set(ACTIONS.map(groupOf))] as ActionGroup[];
const SEARCH_AFTER_MS = 250;

export function AuditSection() {
  const { t } = useTranslation("audit");
  const state = useAuditState();
  const members = useAuditMembers().data ?? [];
  const table = useRef<AuditTableHandle>(null);
  const [text, setText] = useState("");
  const [searched] = useDebouncedValue(text.trim(), SEARCH_AFTER_MS);
  const [member, setMember] = useState<string | null>(null);
  const [group, setGroup] = useState<string | null>(null);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [dialog, setDialog] = useState<"export" | "print" | "check" | null>(null);

  const words = searched.toLowerCase();
  const filter: AuditFilter = {
    text: searched === "" ? undefined : searched,
    textActions:
      searched === "" ? undefined : ACTIONS.filter((action) => t(`actions.${action}`).toLowerCase().includes(words)),
    member: member ?? undefined,
    group: group ?? undefined,
    from: dayOf(from, "T00:00:00.000"),
    to: dayOf(to, "T23:59:59.999"),
  };
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const clear = () => {
    setText("");
    setMember(null);
    setGroup(null);
    setFrom("");
    setTo("");
  };
  const close = () => setDialog(null);

  return (
    <Section title={t("title")} aside={<StateBadge state={state.data} />}>
      <Text size="sm" c="dimmed" maw={820}>
        {t("about")}
      </Text>
      {state.error ? <Refused error={state.error} onRetry={() => void state.refetch()} /> : null}
      {state.data?.broken ? (
        <Alert
          color="red"
          variant="light"
          icon={<ShieldAlert aria-hidden size={18} />}
          title={t("broken.title")}
          role="alert"
        >
          <Stack gap="xs" align="flex-start">
            <Text size="sm">
              {t(`broken.reason.${state.data.broken.reason}`, { number: state.data.broken.sequence })}{" "}
              {t("broken.next")}
            </Text>
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                const { broken } = state.data;
                clear();
                if (broken) requestAnimationFrame(() => table.current?.show(broken.sequence));
              }}
            >
              {t("broken.show")}
            </Button>
          </Stack>
        </Alert>
      ) : null}
      <search aria-label={t("filter.title")}>
        <Group gap="sm" align="flex-end">
          <TextInput
            label={t("filter.text")}
            leftSection={<Search aria-hidden size={16} />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") setText("");
              if (event.key === "ArrowDown") table.current?.focus();
            }}
            maxLength={200}
            w={240}
          />
          <Select
            label={t("filter.member")}
            placeholder={t("filter.everybody")}
            data={members}
            value={member}
            onChange={setMember}
            clearable
            clearButtonProps={{ "aria-label": t("filter.everybody") }}
            searchable
            w={180}
          />
          <Select
            label={t("filter.group")}
            placeholder={t("filter.everything")}
            data={GROUPS.map((value) => ({ value, label: t(`groups.${value}`) }))}
            value={group}
            onChange={setGroup}
            clearable
            clearButtonProps={{ "aria-label": t("filter.everything") }}
            searchable
            w={200}
          />
          <TextInput
            type="date"
            label={t("filter.from")}
            value={from}
            max={to || undefined}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            type="date"
            label={t("filter.to")}
            value={to}
            min={from || undefined}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
          <Button variant="subtle" disabled={!filtered} onClick={clear}>
            {t("filter.clear")}
          </Button>
        </Group>
      </search>
      <Group gap="xs">
        <Button variant="default" leftSection={<FileDown aria-hidden size={16} />} onClick={() => setDialog("export")}>
          {t("export.open")}
        </Button>
        <Button variant="default" leftSection={<Printer aria-hidden size={16} />} onClick={() => setDialog("print")}>
          {t("head.open")}
        </Button>
        <Button variant="default" leftSection={<ScanSearch aria-hidden size={16} />} onClick={() => setDialog("check")}>
          {t("check.open")}
        </Button>
      </Group>
      <AuditTable
        ref={table}
        filter={filter}
        filtered={filtered}
        broken={state.data?.broken?.sequence ?? null}
        onClear={clear}
      />
      <AuditExport opened={dialog === "export"} onClose={close} filter={filter} filtered={filtered} />
      <PrintHead opened={dialog === "print"} onClose={close} />
      <CheckHead opened={dialog === "check"} onClose={close} />
    </Section>
  );
}

function StateBadge({ state }: { state: AuditState | undefined }) {
  const { t } = useTranslation("audit");
  const format = useFormat();
  if (!state) {
    return (
      <Badge variant="default" role="status">
        {t("checking")}
      </Badge>
    );
  }
  return state.intact ? (
    <Badge
      variant="light"
      color="green"
      autoContrast
      c="var(--mantine-color-text)"
      leftSection={<ShieldCheck aria-hidden size={14} />}
      role="status"
      tt="none"
    >
      {t("intact", { count: state.entries, number: format.number(state.entries) })}
    </Badge>
  ) : (
    <Badge
      color="red"
      variant="light"
      c="var(--mantine-color-text)"
      leftSection={<ShieldAlert aria-hidden size={14} />}
      role="status"
      tt="none"
    >
      {t("brokenAt", { number: format.number(state.broken?.sequence ?? 0) })}
    </Badge>
  );
}

/** A day of the person's calendar, as the moment it begins or ends. */
function dayOf(day: string, time: string): string | undefined {
  const moment = new Date(`${day}${time}`);
  return day === "" || Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
}
