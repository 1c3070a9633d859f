// What is said of a shape beside its class, as the class's attributes ask for it. Values that its class does not ask for are shown and kept.
import { NumberInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AttributeDefinition, AttributeValue, Shape } from "../../../preload/contract/index.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { useAttributes } from "../../studio/queries.ts";

export function AttributeFields({ shape, layer, fixed }: { shape: Shape; layer: string; fixed: boolean }) {
  const { t } = useTranslation("schema");
  const writer = useLabelWriter();
  const all = useAttributes().data ?? [];
  const own = all.find(({ classId }) => classId === shape.classId)?.attributes ?? [];
  const shown = own.filter(({ id, archived }) => !archived || shape.attributes[id] !== undefined);
  const named = new Map(all.flatMap(({ attributes }) => attributes.map((one) => [one.id, one] as const)));
  const others = Object.entries(shape.attributes).filter(([id]) => own.every((one) => one.id !== id));
  const set = (id: string, value: AttributeValue | null) => {
    if (value === (shape.attributes[id] ?? null)) return;
    const { reader: _, ...said } = shape;
    const { [id]: __, ...rest } = shape.attributes;
    writer.put(layer, { ...said, attributes: value === null ? rest : { ...rest, [id]: value } });
  };
  if (shown.length === 0 && others.length === 0) return null;
  return (
    <Stack gap={4} mt={4}>
      {shown.map((definition) => (
        <Field
          key={`${shape.id} ${definition.id}`}
          definition={definition}
          value={shape.attributes[definition.id] ?? null}
          fixed={fixed}
          onSay={(value) => set(definition.id, value)}
        />
      ))}
      {others.map(([id, value]) => {
        const definition = named.get(id);
        const words = definition?.options.find((option) => option.id === value)?.name ?? String(value);
        return (
          <Text key={id} size="xs" c="dimmed">
            {t("attributes.other", { name: definition?.name ?? id, value: words })}
          </Text>
        );
      })}
    </Stack>
  );
}

interface FieldProps {
  definition: AttributeDefinition;
  value: AttributeValue | null;
  fixed: boolean;
  onSay(value: AttributeValue | null): void;
}

function Field({ definition, value, fixed, onSay }: FieldProps) {
  const { t } = useTranslation("schema");
  const { name, kind, options, min, max, unit, archived } = definition;
  const label = archived ? t("archivedName", { name }) : name;
  const [draft, setDraft] = useState(value === null ? "" : String(value));
  useEffect(() => setDraft(value === null ? "" : String(value)), [value]);
  const common = { size: "xs", label, disabled: archived || fixed } as const;
  switch (kind) {
    case "choice":
      return (
        <Select
          {...common}
          clearable
          clearButtonProps={{ "aria-label": t("attributes.clear", { name }) }}
          placeholder={t("attributes.unset")}
          data={options
            .filter((option) => !option.archived || option.id === value)
            .map((option) => ({
              value: option.id,
              label: option.archived ? t("archivedName", { name: option.name }) : option.name,
            }))}
          value={value === null ? null : String(value)}
          onChange={onSay}
        />
      );
    case "flag":
      return (
        <Select
          {...common}
          clearable
          clearButtonProps={{ "aria-label": t("attributes.clear", { name }) }}
          placeholder={t("attributes.unset")}
          data={[
            { value: "true", label: t("attributes.yes") },
            { value: "false", label: t("attributes.no") },
          ]}
          value={value === null ? null : String(value)}
          onChange={(next) => onSay(next === null ? null : next === "true")}
        />
      );
    case "number":
      return (
        <NumberInput
          {...common}
          min={min ?? undefined}
          max={max ?? undefined}
          suffix={unit ? ` ${unit}` : ""}
          placeholder={t("attributes.unset")}
          value={draft}
          onChange={(next) => setDraft(String(next))}
          onBlur={() => {
            const number = Number(draft);
            if (draft.trim() === "") onSay(null);
            else if (Number.isFinite(number)) onSay(Math.max(min ?? number, Math.min(max ?? number, number)));
          }}
        />
      );
    case "text":
      return (
        <TextInput
          {...common}
          maxLength={10_000}
          placeholder={t("attributes.unset")}
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={() => onSay(draft.trim() === "" ? null : draft.trim())}
        />
      );
  }
}
