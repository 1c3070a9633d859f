// Saving the model as a file that other tools open.
import { Alert, Button, Checkbox, Code, Radio, Stack, Text, TextInput } from "@mantine/core";
import { CircleCheck, Download } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { fileNameSchema, hasSmallerNumbers, type Inputs, type Model } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useAppInfo, useCall } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { proposedFileName } from "./model-lineage.ts";

type Format = Inputs["models"]["save"]["format"];

export function SavePanel({ model }: { model: Model }) {
  const { t } = useTranslation("models");
  const { bytes } = useFormat();
  const info = useAppInfo();
  const [format, setFormat] = useState<Format>("onnx");
  const [name, setName] = useState(() => proposedFileName(model.name));
  const [folder, setFolder] = useState<string | null>(null);
  const [overwrite, setOverwrite] = useState(false);
  const save = useCall((studio, input: Inputs["models"]["save"]) => studio.models.save(input));
  const valid = fileNameSchema.safeParse(name).success;
  const shownFolder = folder ?? info.data?.homeFolder ?? "";
  const isSmall = hasSmallerNumbers(model);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!valid) return;
    save.mutate({ modelId: model.id, format, name, folder: shownFolder === "" ? undefined : shownFolder, overwrite });
  };

  return (
    <Section title={t("save.title")}>
      <Text size="sm" c="dimmed" maw={720}>
        {t("save.about")}
      </Text>
      <form onSubmit={submit}>
        <Stack maw={640}>
          <Radio.Group label={t("save.format")} value={format} onChange={(value) => setFormat(value as Format)}>
            <Stack gap="xs" mt="xs">
              <Radio value="onnx" label={t("save.onnx")} description={t("save.onnxHelp")} />
              <Radio
                value="tensorflow"
                disabled={isSmall}
                label={t("save.tensorflow")}
                description={t(isSmall ? "save.tensorflowSmall" : "save.tensorflowHelp")}
              />
            </Stack>
          </Radio.Group>
          <TextInput
            label={t("save.name")}
            description={t(`save.nameHelp.${format}`, { name: valid ? name : "…" })}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={valid ? undefined : t("save.nameRule")}
            maxLength={70}
            spellCheck={false}
            required
          />
          <PathField
            label={t("save.folder")}
            description={t("save.folderHelp")}
            kind="folder"
            value={shownFolder}
            onChange={setFolder}
          />
          <Checkbox
            label={t("save.overwrite")}
            checked={overwrite}
            onChange={(event) => setOverwrite(event.currentTarget.checked)}
          />
          <Button
            type="submit"
            variant="default"
            leftSection={<Download size={16} aria-hidden />}
            loading={save.isPending}
            disabled={!valid}
            style={{ alignSelf: "flex-start" }}
          >
            {t("save.start")}
          </Button>
        </Stack>
      </form>
      {save.error ? <Refused error={save.error} /> : null}
      {save.data && !save.isPending ? (
        <Alert color="green" variant="light" icon={<CircleCheck size={18} aria-hidden />} role="status">
          <Stack gap={4} align="flex-start">
            <Text size="sm">{t("save.done", { size: bytes(save.data.bytes) })}</Text>
            <Code style={{ overflowWrap: "anywhere" }}>{save.data.path}</Code>
            {save.data.copies ? <Text size="sm">{t("save.copies")}</Text> : null}
          </Stack>
        </Alert>
      ) : null}
    </Section>
  );
}
