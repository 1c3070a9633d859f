// The log as a file: whole or as filtered, with names or without.
import { Button, Checkbox, Modal, Radio, Stack, Text, TextInput } from "@mantine/core";
import { FileDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type AuditFilter, fileNameSchema, type Inputs } from "../../../preload/contract/index.ts";
import { useAppInfo, useCall, useCurrentProject } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { useToast } from "../../ui/useToast.ts";

export interface AuditExportProps {
  opened: boolean;
  onClose(): void;
  filter: AuditFilter;
  filtered: boolean;
}

export function AuditExport({ opened, onClose, filter, filtered }: AuditExportProps) {
  const { t } = useTranslation("audit");
  const { t: shell } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("export.title")}
      size="lg"
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <ExportForm filter={filter} filtered={filtered} onClose={onClose} />
    </Modal>
  );
}

function ExportForm({ filter, filtered, onClose }: Omit<AuditExportProps, "opened">) {
  const { t } = useTranslation("audit");
  const toast = useToast();
  const info = useAppInfo();
  const project = useCurrentProject().data;
  const [format, setFormat] = useState<"json" | "csv">("json");
  const [which, setWhich] = useState<"all" | "filtered">("all");
  const [names, setNames] = useState(true);
  const [name, setName] = useState<string | null>(null);
  const [folder, setFolder] = useState<string | null>(null);
  const [overwrite, setOverwrite] = useState(false);
  const write = useCall((studio, input: Inputs["audit"]["export"]) => studio.audit.export(input));
  const shownName = name ?? `${project?.name ?? "Loupe"} audit`;
  const shownFolder = folder ?? info.data?.homeFolder ?? "";
  const valid = fileNameSchema.safeParse(shownName).success;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!valid) return;
        write.mutate(
          {
            format,
            filter: which === "filtered" ? filter : {},
            names,
            name: shownName,
            folder: shownFolder === "" ? undefined : shownFolder,
            overwrite,
          },
          {
            onSuccess: () => {
              toast.say(t("export.started"));
              onClose();
            },
          },
        );
      }}
    >
      <Stack>
        <Radio.Group label={t("export.format")} value={format} onChange={(value) => setFormat(value as typeof format)}>
          <Stack gap="xs" mt="xs">
            <Radio value="json" label={t("export.json")} description={t("export.jsonHelp")} />
            <Radio value="csv" label={t("export.csv")} description={t("export.csvHelp")} />
          </Stack>
        </Radio.Group>
        {filtered && (
          <Radio.Group label={t("export.which")} value={which} onChange={(value) => setWhich(value as typeof which)}>
            <Stack gap={4} mt={4}>
              <Radio value="all" label={t("export.all")} />
              <Radio value="filtered" label={t("export.filtered")} />
            </Stack>
          </Radio.Group>
        )}
        <Checkbox
          label={t("export.names")}
          description={t("export.namesHelp")}
          checked={names}
          onChange={(event) => setNames(event.currentTarget.checked)}
        />
        <TextInput
          label={t("export.name")}
          value={shownName}
          onChange={(event) => setName(event.currentTarget.value)}
          error={valid ? undefined : t("export.nameRule")}
          maxLength={70}
          spellCheck={false}
          required
        />
        <PathField label={t("export.folder")} kind="folder" value={shownFolder} onChange={setFolder} />
        <Checkbox
          label={t("export.overwrite")}
          checked={overwrite}
          onChange={(event) => setOverwrite(event.currentTarget.checked)}
        />
        <Text size="sm" c="dimmed">
          {t("export.leaves")}
        </Text>
        {write.error ? <Refused error={write.error} /> : null}
        <Button
          type="submit"
          leftSection={<FileDown aria-hidden size={16} />}
          loading={write.isPending}
          disabled={!valid}
          style={{ alignSelf: "flex-start" }}
        >
          {t("export.start")}
        </Button>
      </Stack>
    </form>
  );
}
