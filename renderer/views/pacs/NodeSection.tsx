// Our own node: switched on, archives can send to the open project. Off unless somebody asks for it; what to tell the archive's administrator.
import { Alert, Checkbox, Group, NumberInput, Radio, Stack, Switch, Text, TextInput } from "@mantine/core";
import { Info } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PacsNodeSettings, PacsNodeStatus } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { usePacsConnections, usePacsNode } from "../../studio/pacs.ts";
import { useCall, useJobs, useMay } from "../../studio/queries.ts";
import { FactList } from "../../ui/FactList.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { useRoleList } from "../../ui/NotForRole.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { storedRefusal } from "../../ui/stored-refusal.ts";
import { DeidentifyChoice } from "../library/DeidentifyChoice.tsx";
import { Report, reportOf } from "./FetchProgress.tsx";

export function NodeSection() {
  const { t } = useTranslation("pacs");
  const node = usePacsNode();
  return (
    <Section title={t("node.title")}>
      {node.error && <Refused error={node.error} onRetry={() => void node.refetch()} />}
      {node.isPending && <Loading />}
      {node.data && <Node status={node.data} />}
    </Section>
  );
}

function Node({ status }: { status: PacsNodeStatus }) {
  const { t } = useTranslation("pacs");
  const format = useFormat();
  const [settings, setSettings] = useState<PacsNodeSettings>(status.settings);
  const connections = usePacsConnections().data ?? [];
  const jobs = useJobs().data;
  const job = jobs?.find(({ id }) => id === status.job?.id) ?? status.job;
  const start = useCall((studio, input: PacsNodeSettings) => studio.pacs.node.start(input));
  const stop = useCall((studio) => studio.pacs.node.stop());
  const mayListen = useMay("pacs.node.start");
  const listeners = useRoleList("pacs.node.start");
  const running = job?.state === "running";
  const listening = running && job.progress.note === "listening";
  const report = job && !running ? reportOf(job) : null;
  const set = (change: Partial<PacsNodeSettings>) => setSettings({ ...settings, ...change });
  const known = connections.some(({ kind }) => kind === "dimse");
  const addresses = settings.reach === "machine" ? ["127.0.0.1"] : status.addresses;
  return (
    <Stack gap="md">
      <Text size="sm">{t("node.text")}</Text>
      {!mayListen && <Text size="sm">{t("node.forOthers", { needed: listeners })}</Text>}
      <Group align="flex-start">
        <TextInput
          label={t("connection.ae")}
          autoComplete="off"
          maxLength={16}
          disabled={running || !mayListen}
          value={settings.aeTitle}
          onChange={(event) => set({ aeTitle: event.currentTarget.value })}
          w={200}
        />
        <NumberInput
          label={t("connection.port")}
          min={1}
          max={65_535}
          allowDecimal={false}
          hideControls
          disabled={running || !mayListen}
          value={settings.port}
          onChange={(port) => typeof port === "number" && set({ port })}
          w={104}
        />
        <Radio.Group
          label={t("node.reach")}
          value={settings.reach}
          onChange={(reach) => set({ reach: reach === "machine" ? "machine" : "network" })}
        >
          <Group mt={8}>
            <Radio value="network" disabled={running || !mayListen} label={t("node.network")} />
            <Radio value="machine" disabled={running || !mayListen} label={t("node.machine")} />
          </Group>
        </Radio.Group>
      </Group>
      <Checkbox
        label={t("node.onlyKnown")}
        disabled={running || !mayListen}
        checked={settings.onlyKnown}
        onChange={(event) => set({ onlyKnown: event.currentTarget.checked })}
      />
      {settings.onlyKnown && !known && (
        <Alert color="yellow" variant="light" role="note" icon={<Info aria-hidden size={18} />}>
          {t("node.nobody")}
        </Alert>
      )}
      {!running && <DeidentifyChoice value={settings.deidentify} onChange={(deidentify) => set({ deidentify })} />}
      <Switch
        label={t("node.listen")}
        checked={running}
        disabled={start.isPending || stop.isPending || !mayListen}
        onChange={() => (running ? stop.mutate(undefined) : start.mutate(settings))}
      />
      <Text size="sm" role="status">
        {listening
          ? t("node.listening", { count: job.progress.done, formatted: format.number(job.progress.done) })
          : running
            ? t("node.starting")
            : status.enabled && !job?.error
              ? t("node.before")
              : t("node.off")}
      </Text>
      {listening && (
        <>
          <Text size="sm">{t("node.tell")}</Text>
          <FactList
            facts={[
              { name: t("connection.ae"), value: settings.aeTitle },
              { name: t("node.address"), value: addresses.join(", ") || t("node.noAddress") },
              { name: t("connection.port"), value: String(settings.port) },
            ]}
          />
          <Text size="xs" c="dimmed">
            {t("node.open")}
          </Text>
        </>
      )}
      {start.error && <Refused error={start.error} />}
      {stop.error && <Refused error={stop.error} />}
      {job?.state === "failed" && job.error && <Refused error={storedRefusal(job.error)} />}
      {report && <Report report={report} />}
    </Stack>
  );
}
