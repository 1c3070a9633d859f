// The steps of a compression recipe, in order: each with its settings, and buttons that add what may follow.
import { ActionIcon, Button, Group, NumberInput, Paper, Select, Stack, Text } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { NumberFields } from "./NumberFields.tsx";
import { MOST_STEPS, NETS, REST, STEP_KINDS, type StepDraft, withoutStep, withStep } from "./compression-draft.ts";

interface StepsProps {
  steps: readonly StepDraft[];
  onChange: (steps: readonly StepDraft[]) => void;
}

export function CompressionSteps({ steps, onChange }: StepsProps) {
  const { t } = useTranslation("models", { keyPrefix: "compress" });
  const has = (kind: StepDraft["step"]) => steps.some(({ step }) => step === kind);
  return (
    <Stack gap="sm" w="100%">
      <Stack component="ol" gap="sm" m={0} p={0} style={{ listStyle: "none" }} aria-label={t("steps")}>
        {steps.map((draft, i) => {
          const name = t(`methods.${draft.step}`);
          const number = i + 1;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the recipe
            <Paper component="li" withBorder p="md" key={i}>
              <Stack gap="xs">
                <Group justify="space-between" wrap="nowrap">
                  <Text fw={600}>{t("step", { number, name })}</Text>
                  {steps.length > 1 ? (
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={t("removeStep", { number, name })}
                      onClick={() => onChange(withoutStep(steps, i))}
                    >
                      <X size={16} aria-hidden />
                    </ActionIcon>
                  ) : null}
                </Group>
                <Text size="sm" c="dimmed" maw={720}>
                  {t(`about.${draft.step}`)}
                </Text>
                <StepFields
                  draft={draft}
                  first={i === 0}
                  onChange={(changed) => onChange(steps.map((one, place) => (place === i ? changed : one)))}
                />
              </Stack>
            </Paper>
          );
        })}
      </Stack>
      {steps.length < MOST_STEPS ? (
        <Group gap="xs" role="group" aria-label={t("addStep")}>
          <Text size="sm">{t("addStep")}</Text>
          {STEP_KINDS.filter((kind) => kind !== "quantise" || !has(kind)).map((kind) => (
            <Button
              key={kind}
              variant="default"
              size="xs"
              leftSection={<Plus size={14} aria-hidden />}
              onClick={() => onChange(withStep(steps, kind))}
            >
              {t(`methods.${kind}`)}
            </Button>
          ))}
        </Group>
      ) : null}
    </Stack>
  );
}

interface FieldsProps {
  draft: StepDraft;
  first: boolean;
  onChange: (draft: StepDraft) => void;
}

function StepFields({ draft, first, onChange }: FieldsProps) {
  const { t } = useTranslation("models", { keyPrefix: "compress" });
  const { t: runs } = useTranslation("runs");
  switch (draft.step) {
    case "quantise":
      return <NumberFields draft={draft} onChange={onChange} />;
    case "prune":
      return (
        <Group align="flex-end">
          <NumberInput
            label={t("share")}
            min={5}
            max={95}
            value={draft.share}
            onChange={(share) => onChange({ ...draft, share })}
            suffix="%"
          />
          <NumberInput
            label={t("epochs")}
            min={0}
            max={1000}
            allowDecimal={false}
            value={draft.epochs}
            onChange={(epochs) => onChange({ ...draft, epochs })}
          />
          <Select
            label={t("importance")}
            value={draft.importance}
            allowDeselect={false}
            onChange={(value) => onChange({ ...draft, importance: value === "magnitude" ? "magnitude" : "taylor" })}
            data={[
              { value: "taylor", label: t("taylor") },
              { value: "magnitude", label: t("magnitude") },
            ]}
          />
        </Group>
      );
    case "distil":
      return (
        <Group align="flex-end">
          <Select
            label={t("net")}
            value={draft.net}
            allowDeselect={false}
            searchable
            onChange={(value) => {
              const net = value === REST ? REST : NETS.find((one) => one === value);
              if (net) onChange({ ...draft, net });
            }}
            data={[
              ...(first ? [] : [{ value: REST, label: t("rest") }]),
              ...NETS.map((net) => ({ value: net, label: runs(`value.architecture.${net}`) })),
            ]}
          />
          {draft.net === REST || draft.net === "logistic" ? null : (
            <NumberInput
              label={t("width")}
              min={4}
              max={4096}
              allowDecimal={false}
              value={draft.width}
              onChange={(width) => onChange({ ...draft, width })}
            />
          )}
          <NumberInput
            label={runs("field.temperature")}
            min={1}
            max={20}
            decimalScale={2}
            value={draft.temperature}
            onChange={(temperature) => onChange({ ...draft, temperature })}
          />
          <NumberInput
            label={runs("field.weight")}
            min={0}
            max={100}
            suffix="%"
            value={draft.weight}
            onChange={(weight) => onChange({ ...draft, weight })}
          />
          <NumberInput
            label={t("teachingEpochs")}
            min={1}
            max={1000}
            allowDecimal={false}
            value={draft.epochs}
            onChange={(epochs) => onChange({ ...draft, epochs })}
          />
        </Group>
      );
  }
}
