// What a model's numbers become: the format, and for static int8 how its ranges are chosen.
import { Checkbox, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CALIBRATIONS, FORMATS, type StepDraft } from "./compression-draft.ts";

type Draft = Extract<StepDraft, { step: "quantise" }>;

export function NumberFields({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const { t } = useTranslation("models", { keyPrefix: "compress" });
  return (
    <Stack gap="xs">
      <Group align="flex-end">
        <Select
          label={t("format")}
          value={draft.format}
          allowDeselect={false}
          onChange={(value) => {
            const format = FORMATS.find((one) => one === value);
            if (format) onChange({ ...draft, format });
          }}
          data={FORMATS.map((value) => ({ value, label: t(`formats.${value}`) }))}
          w={300}
        />
        {draft.format === "int8" ? (
          <>
            <Select
              label={t("calibration")}
              value={draft.calibration}
              allowDeselect={false}
              onChange={(value) => {
                const calibration = CALIBRATIONS.find((one) => one === value);
                if (calibration) onChange({ ...draft, calibration });
              }}
              data={CALIBRATIONS.map((value) => ({ value, label: t(`calibrations.${value}`) }))}
              w={260}
            />
            {draft.calibration === "percentile" ? (
              <NumberInput
                label={t("percentile")}
                min={90}
                max={100}
                step={0.01}
                decimalScale={4}
                value={draft.percentile}
                onChange={(percentile) => onChange({ ...draft, percentile })}
              />
            ) : null}
          </>
        ) : null}
      </Group>
      {draft.format === "int8" ? (
        <Checkbox
          label={t("symmetric")}
          checked={draft.symmetric}
          onChange={(event) => onChange({ ...draft, symmetric: event.currentTarget.checked })}
        />
      ) : null}
      <Text size="sm" c="dimmed" maw={720}>
        {t(`aboutFormat.${draft.format}`)}
        {draft.format === "int8" ? ` ${t(`aboutCalibration.${draft.calibration}`)}` : null}
      </Text>
    </Stack>
  );
}
