// The project's file: how large what is, when it was last backed up and checked, and what can be done about it. Copies follow below.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { DatabaseBackup, ShieldAlert, Shrink, Stethoscope } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  BACKUP_OVERDUE_DAYS,
  type BackupReport,
  type CheckReport,
  type CompactReport,
  type Health,
  type Inputs,
} from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useAppInfo, useCall, useHealth, useMay } from "../../studio/queries.ts";
import { FactList } from "../../ui/FactList.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { CopiesSection } from "./CopiesSection.tsx";
import { SizeBar } from "./SizeBar.tsx";
import { UpkeepJob } from "./UpkeepJob.tsx";

const DAY_MS = 86_400_000;

export function HealthSection() {
  const { t } = useTranslation("project");
  const health = useHealth();
  if (health.error) return <Refused error={health.error} onRetry={() => void health.refetch()} />;
  if (!health.data) return <Loading />;
  return (
    <Stack gap="md">
      <BackupSection health={health.data} />
      <Section title={t("health.size")}>
        <SizeBar health={health.data} />
      </Section>
      <FileSection health={health.data} />
      <CopiesSection />
    </Stack>
  );
}

function BackupSection({ health }: { health: Health }) {
  const { t } = useTranslation("project");
  const format = useFormat();
  const info = useAppInfo();
  const [folder, setFolder] = useState<string | null>(null);
  const backup = useCall((studio, input: Inputs["upkeep"]["backup"]) => studio.upkeep.backup(input));
  const mayBackUp = useMay("upkeep.backup");
  const { backup: last } = health;
  const days = last === null ? null : Math.floor((Date.now() - Date.parse(last.at)) / DAY_MS);
  const overdue = days === null || days >= BACKUP_OVERDUE_DAYS;
  const shownFolder = folder ?? info.data?.homeFolder ?? "";
  return (
    <Section title={t("health.backup")}>
      {last === null ? (
        <Alert color="orange" variant="light" icon={<ShieldAlert aria-hidden size={18} />} title={t("health.never")}>
          {t("health.neverText")}
        </Alert>
      ) : (
        <>
          {overdue && (
            <Alert
              color="orange"
              variant="light"
              icon={<ShieldAlert aria-hidden size={18} />}
              title={t("health.overdue", { count: days ?? 0 })}
            >
              {t("health.overdueText")}
            </Alert>
          )}
          <FactList
            facts={[
              { name: t("health.last"), value: format.date(last.at), note: t("health.days", { count: days ?? 0 }) },
              {
                name: t("health.holds"),
                value: t("health.images", { count: last.images }),
                note: format.bytes(last.bytes),
              },
              {
                name: t("health.where"),
                value: <span style={{ overflowWrap: "anywhere" }}>{last.path}</span>,
                note: last.exists ? undefined : t("health.away"),
              },
            ]}
          />
        </>
      )}
      {mayBackUp && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            backup.mutate({ folder: shownFolder === "" ? undefined : shownFolder });
          }}
        >
          <Stack maw={640} align="flex-start">
            <Stack w="100%" gap={4}>
              <PathField
                label={t("health.folder")}
                description={t("health.folderHelp")}
                kind="folder"
                value={shownFolder}
                onChange={setFolder}
              />
            </Stack>
            <Button type="submit" leftSection={<DatabaseBackup aria-hidden size={16} />} loading={backup.isPending}>
              {t("health.backUp")}
            </Button>
          </Stack>
        </form>
      )}
      {backup.error && <Refused error={backup.error} />}
      <UpkeepJob
        kinds={["backup"]}
        done={(result) => {
          const { path, seconds } = result as BackupReport;
          return t("health.backedUp", { path, time: format.duration(seconds) });
        }}
      />
      <Text size="sm" c="dimmed" maw={720}>
        {t("health.backupAbout")}
      </Text>
    </Section>
  );
}

function FileSection({ health }: { health: Health }) {
  const { t } = useTranslation("project");
  const format = useFormat();
  const check = useCall((studio, input: Inputs["upkeep"]["check"]) => studio.upkeep.check(input));
  const compact = useCall((studio) => studio.upkeep.compact());
  const mayCheck = useMay("upkeep.check");
  const mayCompact = useMay("upkeep.compact");
  const { check: last, schema, cipher, walBytes, disk, compactable } = health;
  const free = health.kinds.find(({ kind }) => kind === "free")?.bytes ?? 0;
  const bad = last !== null && (last.problems.length > 0 || !last.auditIntact);
  return (
    <Section title={t("health.file")}>
      <FactList
        facts={[
          { name: t("health.path"), value: <span style={{ overflowWrap: "anywhere" }}>{health.path}</span> },
          {
            name: t("health.cipher"),
            value: cipher.name,
            note: t(cipher.ciphertextOnDisk ? "health.onDisk" : "health.notOnDisk"),
          },
          {
            name: t("health.schema"),
            value: t("health.schemaValue", { version: schema.version, newest: schema.newest }),
          },
          { name: t("health.wal"), value: format.bytes(walBytes), note: t("health.walNote") },
          {
            name: t("health.disk"),
            value: format.bytes(disk.free),
            note: t("health.diskNote", { total: format.bytes(disk.total) }),
          },
          {
            name: t("health.lastCheck"),
            value: last === null ? t("health.neverChecked") : format.date(last.at),
            note: last === null ? undefined : t(`health.mode.${last.mode}`),
          },
        ]}
      />
      {bad && (
        <Alert color="red" variant="light" icon={<ShieldAlert aria-hidden size={18} />} title={t("health.damaged")}>
          <Stack gap={4}>
            <Text size="sm">{t("health.damagedText")}</Text>
            {!last.auditIntact && <Text size="sm">{t("health.auditBroken")}</Text>}
            {last.problems.map((problem) => (
              <Text key={problem} size="xs" lang="en">
                {problem}
              </Text>
            ))}
          </Stack>
        </Alert>
      )}
      <Group>
        {mayCheck && (
          <>
            <Button
              variant="default"
              leftSection={<Stethoscope aria-hidden size={16} />}
              loading={check.isPending}
              onClick={() => check.mutate({ mode: "full" })}
            >
              {t("health.check")}
            </Button>
            <Button variant="default" loading={check.isPending} onClick={() => check.mutate({ mode: "quick" })}>
              {t("health.checkQuick")}
            </Button>
          </>
        )}
        {mayCompact && (
          <Button
            variant="default"
            leftSection={<Shrink aria-hidden size={16} />}
            loading={compact.isPending}
            disabled={compactable === "restore"}
            onClick={() => compact.mutate(undefined)}
          >
            {t("health.compact")}
          </Button>
        )}
      </Group>
      {mayCompact && (
        <Text size="sm" c="dimmed" maw={720}>
          {free === 0
            ? t("health.compactNothing")
            : t(compactable === "restore" ? "health.compactRestore" : "health.compactAbout", {
                free: format.bytes(free),
              })}
        </Text>
      )}
      {check.error && <Refused error={check.error} />}
      {compact.error && <Refused error={compact.error} />}
      <UpkeepJob
        kinds={["check", "compact"]}
        done={(result, kind) => {
          if (kind === "compact") {
            const { before, after } = result as CompactReport;
            return t("health.compacted", { won: format.bytes(Math.max(0, before - after)), now: format.bytes(after) });
          }
          const { problems, auditIntact, seconds } = result as CheckReport;
          return problems.length === 0 && auditIntact ? t("health.sound", { time: format.duration(seconds) }) : null;
        }}
      />
    </Section>
  );
}
