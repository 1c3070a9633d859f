// Some images with their labels as an encrypted project of their own, for somebody else. Its recovery key is shown here, once.
import { Alert, Button, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { PackageOpen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChosenImages, Inputs, PartReport } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useAppInfo, useCall, useSnapshots, useWorkLists } from "../../studio/queries.ts";
import { OneTimeKey } from "../../ui/OneTimeKey.tsx";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { isAcceptable, NewPassphrase } from "../welcome/NewPassphrase.tsx";
import { UpkeepJob } from "./UpkeepJob.tsx";

/** The choice in the list as the contract wants it. */
function imagesOf(choice: string): ChosenImages {
  const [by, id = ""] = choice.split(" ");
  if (by === "list") return { by, listId: id };
  if (by === "snapshot") return { by, snapshotId: id };
  return { by: "filter", filter: by === "labelled" ? { labelled: true } : {} };
}

export function GivePart() {
  const { t } = useTranslation("project");
  const format = useFormat();
  const info = useAppInfo();
  const lists = useWorkLists().data ?? [];
  const snapshots = useSnapshots().data ?? [];
  const [choice, setChoice] = useState("all");
  const [name, setName] = useState("");
  const [member, setMember] = useState("");
  const [folder, setFolder] = useState<string | null>(null);
  const [pair, setPair] = useState({ passphrase: "", again: "" });
  const [layers, setLayers] = useState(false);
  const [deidentification, setDeidentification] = useState(true);
  const give = useCall((studio, input: Inputs["copies"]["give"]) => studio.copies.give(input));
  const ready = name.trim() !== "" && member.trim() !== "" && isAcceptable(pair);
  const shownFolder = folder ?? info.data?.homeFolder ?? "";
  const choices = [
    { value: "all", label: t("part.all") },
    { value: "labelled", label: t("part.labelled") },
    ...lists.map((list) => ({ value: `list ${list.id}`, label: t("part.list", { name: list.name }) })),
    ...snapshots.map((one) => ({ value: `snapshot ${one.id}`, label: t("part.snapshot", { name: one.name }) })),
  ];
  return (
    <Section title={t("part.title")}>
      <Text size="sm" c="dimmed" maw={720}>
        {t("part.about")}
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!ready) return;
          give.mutate(
            {
              images: imagesOf(choice),
              name: name.trim(),
              member: member.trim(),
              passphrase: pair.passphrase,
              folder: shownFolder === "" ? undefined : shownFolder,
              layers,
              deidentification,
            },
            { onSuccess: () => setPair({ passphrase: "", again: "" }) },
          );
        }}
      >
        <Stack maw={640}>
          <Select
            label={t("part.images")}
            data={choices}
            value={choice}
            allowDeselect={false}
            onChange={(next) => setChoice(next ?? "all")}
          />
          <TextInput
            label={t("part.name")}
            aria-required
            maxLength={120}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label={t("part.member")}
            description={t("part.memberHelp")}
            aria-required
            maxLength={120}
            value={member}
            onChange={(event) => setMember(event.currentTarget.value)}
          />
          <NewPassphrase value={pair} onChange={setPair} />
          <Switch
            label={t("part.layers")}
            description={t("part.layersHelp")}
            checked={layers}
            onChange={(event) => setLayers(event.currentTarget.checked)}
          />
          <Switch
            label={t("part.deidentification")}
            checked={deidentification}
            onChange={(event) => setDeidentification(event.currentTarget.checked)}
          />
          <PathField label={t("part.folder")} kind="folder" value={shownFolder} onChange={setFolder} />
          <Button
            type="submit"
            variant="default"
            leftSection={<PackageOpen aria-hidden size={16} />}
            disabled={!ready}
            loading={give.isPending}
            style={{ alignSelf: "flex-start" }}
          >
            {t("part.give")}
          </Button>
        </Stack>
      </form>
      {give.error && <Refused error={give.error} />}
      {give.data && <PartKey recoveryKey={give.data.recoveryKey} onStored={() => give.reset()} />}
      <UpkeepJob
        kinds={["part"]}
        done={(result) => {
          const { images, path, bytes } = result as PartReport;
          return t("part.given", { count: images, path, size: format.bytes(bytes) });
        }}
      />
    </Section>
  );
}

function PartKey({ recoveryKey, onStored }: { recoveryKey: string; onStored(): void }) {
  const { t } = useTranslation("project");
  const title = t("part.keyTitle");
  return (
    <Alert color="blue" variant="light" title={title} role="status">
      <Stack gap="sm" align="flex-start">
        <OneTimeKey
          title={title}
          text={t("part.keyText")}
          recoveryKey={recoveryKey}
          goOn={t("part.keyHide")}
          onStored={onStored}
        />
      </Stack>
    </Alert>
  );
}
