// The fields of a recipe, each with its limits from the contract and a line of help. What few people change is folded away.
import { Accordion, Fieldset, MultiSelect, NumberInput, Select, SimpleGrid, Stack, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { MOST_CROSSED, TAG_ATTRIBUTES } from "../../../preload/contract/index.ts";
import { useQuestions } from "../../studio/queries.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import {
  choicesOf,
  FIELD_GROUPS,
  type FieldInput,
  type FieldProblem,
  fieldLeaf,
  fieldValue,
  type GroupRow,
  isFieldUsed,
  type RecipeDraft,
  type RecipeField,
  withField,
} from "./recipe-fields.ts";
import { useFieldText } from "./use-field-text.ts";

export interface RecipeFormProps {
  draft: RecipeDraft;
  problems: Partial<Record<RecipeField, FieldProblem>>;
  onChange: (draft: RecipeDraft) => void;
}

export function RecipeForm({ draft, problems, onChange }: RecipeFormProps) {
  const { t } = useTranslation("runs");
  const shown = (row: GroupRow) =>
    row.fields.filter(({ field, input }) => input.kind !== "elsewhere" && isFieldUsed(draft, field));
  const fields = (row: GroupRow) => (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
      {shown(row).map(({ field, input }) => (
        <Field
          key={field}
          field={field}
          input={input}
          draft={draft}
          problem={problems[field]}
          onChange={(value) => onChange(withField(draft, field, value))}
        />
      ))}
    </SimpleGrid>
  );
  const advanced = FIELD_GROUPS.filter(({ group }) => group === "advanced");
  const open = advanced.some((row) => shown(row).some(({ field }) => problems[field])) ? "advanced" : undefined;
  return (
    <>
      {FIELD_GROUPS.filter((row) => row.group !== "advanced" && shown(row).length > 0).map((row) => (
        <Fieldset key={row.group} bg="var(--mantine-color-body)" legend={t(`group.${row.group}`)}>
          {fields(row)}
        </Fieldset>
      ))}
      {advanced.map((row) => (
        <Accordion key={row.group} variant="contained" {...(open ? { value: open } : {})}>
          <Accordion.Item value={row.group} bg="var(--mantine-color-body)">
            <Accordion.Control>{t(`group.${row.group}`)}</Accordion.Control>
            <Accordion.Panel>
              <Stack>{fields(row)}</Stack>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      ))}
    </>
  );
}

interface FieldProps {
  field: RecipeField;
  input: FieldInput;
  draft: RecipeDraft;
  problem: FieldProblem | undefined;
  onChange: (value: string | number | boolean | null) => void;
}

function Field({ field, input, draft, problem, onChange }: FieldProps) {
  const { t } = useTranslation("runs");
  const problemText = useProblemText();
  const fieldText = useFieldText();
  const leaf = fieldLeaf(field);
  const value = fieldValue(draft, field);
  const texts = { label: t(`field.${leaf}`), description: t(`help.${leaf}`) };
  switch (input.kind) {
    case "elsewhere":
      return null;
    case "groups":
      return <GroupsField {...texts} value={String(value)} onChange={onChange} />;
    case "choice":
      return (
        <Select
          {...texts}
          value={String(value)}
          allowDeselect={false}
          onChange={(chosen) => chosen !== null && onChange(chosen)}
          data={choicesOf(field).map((one) => ({ value: one, label: fieldText(field, one) }))}
        />
      );
    case "switch":
    case "section":
      return <Switch {...texts} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case "number":
      return (
        <NumberInput
          {...texts}
          value={typeof value === "number" ? value : ""}
          onChange={(typed) => onChange(typeof typed === "number" ? typed : null)}
          error={problemText(problem)}
          step={input.step}
          allowDecimal={input.decimals > 0}
          {...(input.decimals > 0 ? { decimalScale: input.decimals } : {})}
          allowNegative={false}
        />
      );
  }
}

interface GroupsFieldProps {
  label: string;
  description: string;
  value: string;
  onChange(value: string): void;
}

/** Attributes that groups of patients go by: tags, and questions with one answer. */
function GroupsField({ value, onChange, ...texts }: GroupsFieldProps) {
  const questions = (useQuestions().data ?? []).filter(
    ({ kind, archived }) => (kind === "single" || kind === "ordinal") && !archived,
  );
  const { t } = useTranslation("fairness");
  const chosen = value.split(",").filter((attribute) => attribute !== "");
  return (
    <MultiSelect
      {...texts}
      maxValues={MOST_CROSSED}
      value={chosen}
      onChange={(next) => onChange(next.join(","))}
      data={[
        ...TAG_ATTRIBUTES.map((attribute) => ({ value: attribute as string, label: t(`attribute.${attribute}`) })),
        ...questions.map(({ id, name }) => ({ value: `question:${id}`, label: name })),
      ]}
    />
  );
}

function useProblemText(): (problem: FieldProblem | undefined) => string | undefined {
  const { t } = useTranslation("runs");
  const figures = useFigures();
  return (problem) => {
    switch (problem?.kind) {
      case undefined:
        return undefined;
      case "needed":
        return t("problem.needed");
      case "notWhole":
        return t("problem.notWhole");
      case "tooLarge":
        return t("problem.tooLarge", { limit: figures.significant(problem.limit) });
      case "tooSmall":
        return t(problem.exclusive ? "problem.notAbove" : "problem.tooSmall", {
          limit: figures.significant(problem.limit),
        });
    }
  };
}
