// The found runs as files for other tools. Progress and cancel are the job's, in the head of the page.
import { Button, Checkbox, Popover, Radio, Stack, Text } from "@mantine/core";
import { FileDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Inputs, type RunsFormat, runsFormatSchema } from "../../../preload/contract/index.ts";
import { useAppInfo, useCall, useMay } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { useToast } from "../../ui/useToast.ts";

export function RunsExport({ runIds }: { runIds: readonly string[] }) {
  const { t } = useTranslation("compare");
  const toast = useToast();
  const info = useAppInfo();
  const [opened, setOpened] = useState(false);
  const [format, setFormat] = useState<RunsFormat>("tensorboard");
  const [folder, setFolder] = useState<string | null>(null);
  const [overwrite, setOverwrite] = useState(false);
  const write = useCall((studio, input: Inputs["comparison"]["export"]) => studio.comparison.export(input));
  const shownFolder = folder ?? info.data?.homeFolder ?? "";
  if (!useMay("comparison.export")) return null;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" shadow="md" width={380} trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<FileDown size={16} aria-hidden />}
          disabled={runIds.length === 0}
          onClick={() => setOpened(!opened)}
        >
          {t("export.open")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Radio.Group
            label={t("export.format")}
            value={format}
            onChange={(value) => setFormat(runsFormatSchema.parse(value))}
          >
            <Stack gap="xs" mt="xs">
              {runsFormatSchema.options.map((one) => (
                <Radio key={one} value={one} label={t(`export.${one}`)} description={t(`export.${one}Help`)} />
              ))}
            </Stack>
          </Radio.Group>
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
            loading={write.isPending}
            onClick={() =>
              write.mutate(
                { runIds: [...runIds], format, folder: shownFolder || undefined, overwrite },
                {
                  onSuccess: () => {
                    toast.say(t("export.started"));
                    setOpened(false);
                  },
                },
              )
            }
          >
            {t("export.start", { count: runIds.length })}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
