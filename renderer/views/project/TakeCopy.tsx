// What a colleague said in a copy of the project comes in; nothing of ours is written over.
import { Button, PasswordInput, Stack, Table, Text } from "@mantine/core";
import { GitMerge } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, MergeReport } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall, useMerges } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { UpkeepJob } from "./UpkeepJob.tsx";

const MERGES_SHOWN = 5;

export function TakeCopy() {
  const { t } = useTranslation("project");
  const { t: shell } = useTranslation();
  const [path, setPath] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const take = useCall((studio, input: Inputs["copies"]["take"]) => studio.copies.take(input));
  return (
    <Section title={t("take.title")}>
      <Text size="sm" c="dimmed" maw={720}>
        {t("take.about")}
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (path === "") return;
          take.mutate(
            { path, passphrase: passphrase === "" ? undefined : passphrase },
            { onSuccess: () => setPassphrase("") },
          );
        }}
      >
        <Stack maw={640}>
          <PathField
            label={t("take.path")}
            description={t("take.pathHelp")}
            kind="project"
            value={path}
            onChange={setPath}
          />
          <PasswordInput
            label={t("take.passphrase")}
            description={t("take.passphraseHelp")}
            autoComplete="off"
            value={passphrase}
            visibilityToggleButtonProps={{ "aria-label": shell("showPassword") }}
            onChange={(event) => setPassphrase(event.currentTarget.value)}
          />
          <Button
            type="submit"
            variant="default"
            leftSection={<GitMerge aria-hidden size={16} />}
            disabled={path === ""}
            loading={take.isPending}
            style={{ alignSelf: "flex-start" }}
          >
            {t("take.take")}
          </Button>
        </Stack>
      </form>
      {take.error && <Refused error={take.error} />}
      <UpkeepJob
        kinds={["merge"]}
        done={(result) => {
          const { project, images, changes, conflicts } = result as MergeReport;
          return t("take.done", { name: project.name, images, changes, conflicts });
        }}
      />
      <Merges />
    </Section>
  );
}

function Merges() {
  const { t } = useTranslation("project");
  const format = useFormat();
  const merges = useMerges().data ?? [];
  if (merges.length === 0) return null;
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("take.when")}</Table.Th>
            <Table.Th>{t("take.copy")}</Table.Th>
            <Table.Th ta="right">{t("take.images")}</Table.Th>
            <Table.Th ta="right">{t("take.changes")}</Table.Th>
            <Table.Th ta="right">{t("take.conflicts")}</Table.Th>
            <Table.Th ta="right">{t("take.audit")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {merges.slice(0, MERGES_SHOWN).map((merge) => (
            <Table.Tr key={merge.id}>
              <Table.Td>{format.date(merge.at)}</Table.Td>
              <Table.Td>{merge.project.name}</Table.Td>
              <Table.Td ta="right">{format.number(merge.images)}</Table.Td>
              <Table.Td ta="right">{format.number(merge.changes)}</Table.Td>
              <Table.Td ta="right">{format.number(merge.conflicts)}</Table.Td>
              <Table.Td ta="right">{format.number(merge.auditEntries)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
