// Whether files come in without who the patient is, and what stays of them; the same question for files, folders and archives.
import { Checkbox, Stack, Switch, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Deidentify, deidentifyOptionSchema } from "../../../preload/contract/index.ts";

export function DeidentifyChoice({ value, onChange }: { value: Deidentify; onChange(value: Deidentify): void }) {
  const { t } = useTranslation("library");
  const on = value.profile === "basic";
  return (
    <Stack gap="xs">
      <Switch
        label={t("deidentify.switch")}
        description={t(on ? "deidentify.on" : "deidentify.off")}
        checked={on}
        onChange={(event) => onChange({ ...value, profile: event.currentTarget.checked ? "basic" : "none" })}
      />
      {on && (
        <details>
          <summary>{t("deidentify.options")}</summary>
          <Checkbox.Group
            value={value.options}
            onChange={(chosen) =>
              onChange({
                ...value,
                options: deidentifyOptionSchema.options.filter((option) => chosen.includes(option)),
              })
            }
          >
            <Stack gap="xs" mt="xs">
              {deidentifyOptionSchema.options.map((option) => (
                <Checkbox key={option} value={option} label={t(`deidentify.option.${option}`)} />
              ))}
            </Stack>
          </Checkbox.Group>
          <Text size="sm" c="dimmed" mt="xs">
            {t("deidentify.pixels")}
          </Text>
        </details>
      )}
    </Stack>
  );
}
