// One rule: a name, its conditions, and what happens to a case that fits. What is wrong is said at the field that is wrong, once somebody tried to save.
import {
  ActionIcon,
  Button,
  Fieldset,
  Group,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Model, type ModelRule, ruleOutcomeSchema, TAG_ATTRIBUTES } from "../../../preload/contract/index.ts";
import { useCall } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { useRuleText } from "../../ui/use-rule-text.ts";
import {
  CONDITION_KINDS,
  type ConditionDraft,
  type ConditionKind,
  checkRule,
  newCondition,
  type RuleProblem,
  type RuleProblems,
  ruleDraft,
} from "./rule-draft.ts";

const SEXES = ["F", "M", "O"];
const MOST_CONDITIONS = 20;

export interface RuleFormProps {
  model: Model;
  /** null: a new one */
  rule: ModelRule["rule"] | null;
  onDone(): void;
}

export function RuleForm({ model, rule, onDone }: RuleFormProps) {
  const { t } = useTranslation("rules");
  const { t: shell } = useTranslation();
  const className = model.classes.at(-1)?.name ?? "";
  const [draft, setDraft] = useState(() => ruleDraft(rule, className));
  const [tried, setTried] = useState(false);
  const save = useCall((studio, body: NonNullable<ReturnType<typeof checkRule>["rule"]>) =>
    studio.rules.save({ modelId: model.id, id: rule?.id, rule: body }),
  );
  const { rule: body, problems } = checkRule(draft);
  const shown: RuleProblems = tried ? (problems ?? {}) : {};
  const text = useProblemText();
  const change = (more: Partial<typeof draft>) => setDraft({ ...draft, ...more });
  const changeCondition = (index: number, more: Partial<ConditionDraft>) =>
    change({ conditions: draft.conditions.map((one, i) => (i === index ? { ...one, ...more } : one)) });
  return (
    <form
      aria-label={t(rule ? "form.editTitle" : "form.newTitle")}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (body !== null) save.mutate(body, { onSuccess: onDone });
      }}
    >
      <Stack gap="md">
        <TextInput
          label={t("form.name")}
          description={t("form.nameHelp")}
          maw={480}
          maxLength={80}
          value={draft.name}
          data-autofocus
          error={text(shown.name)}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        {draft.conditions.length > 1 && (
          <SegmentedControl
            aria-label={t("form.match")}
            style={{ alignSelf: "flex-start" }}
            value={draft.match}
            onChange={(value) => change({ match: value === "any" ? "any" : "all" })}
            data={(["all", "any"] as const).map((value) => ({ value, label: t(`form.matches.${value}`) }))}
          />
        )}
        {draft.conditions.map((condition, index) => (
          <Fieldset key={condition.key} legend={t("form.condition", { number: index + 1 })}>
            <Group align="flex-start" gap="md">
              <Condition
                condition={condition}
                model={model}
                error={(field) => text(shown[`${index}.${field}`])}
                onChange={(more) => changeCondition(index, more)}
              />
              {draft.conditions.length > 1 && (
                <ActionIcon
                  mt={28}
                  size="lg"
                  variant="subtle"
                  color="red"
                  aria-label={t("form.removeCondition", { number: index + 1 })}
                  onClick={() => change({ conditions: draft.conditions.filter((_, i) => i !== index) })}
                >
                  <Trash2 aria-hidden size={18} />
                </ActionIcon>
              )}
            </Group>
          </Fieldset>
        ))}
        {draft.conditions.length < MOST_CONDITIONS && (
          <Button
            variant="default"
            size="xs"
            style={{ alignSelf: "flex-start" }}
            leftSection={<Plus aria-hidden size={14} />}
            onClick={() => change({ conditions: [...draft.conditions, newCondition(className)] })}
          >
            {t("form.addCondition")}
          </Button>
        )}
        <Select
          label={t("form.then")}
          description={t(`thenHelp.${draft.action}`)}
          maw={480}
          allowDeselect={false}
          value={draft.action}
          onChange={(value) => change({ action: ruleOutcomeSchema.parse(value) })}
          data={ruleOutcomeSchema.options.map((value) => ({ value, label: t(`then.${value}`) }))}
        />
        {save.error ? <Refused error={save.error} /> : null}
        <Group>
          <Button type="submit" loading={save.isPending}>
            {t("form.save")}
          </Button>
          <Button variant="default" onClick={onDone}>
            {shell("cancel")}
          </Button>
          {tried && problems !== null && (
            <Text size="sm" c="var(--mantine-color-error)" role="status">
              {t("form.fix", { count: Object.keys(problems).length })}
            </Text>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function useProblemText(): (problem: RuleProblem | undefined) => string | undefined {
  const { t } = useTranslation("rules");
  return (problem) => (problem === undefined ? undefined : t(`problem.${problem}`));
}

interface ConditionProps {
  condition: ConditionDraft;
  model: Model;
  error(field: string): string | undefined;
  onChange(more: Partial<ConditionDraft>): void;
}

function Condition({ condition, model, error, onChange }: ConditionProps) {
  const { t } = useTranslation("rules");
  const { kind } = condition;
  return (
    <>
      <Select
        label={t("form.about")}
        w={260}
        allowDeselect={false}
        value={kind}
        onChange={(value) => value && onChange({ kind: value as ConditionKind })}
        data={CONDITION_KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
      />
      {kind === "tag" || kind === "unknown" ? <TagFields {...{ condition, error, onChange }} /> : null}
      {kind === "probability" || kind === "predicted" ? (
        <Select
          label={t("form.class")}
          w={200}
          allowDeselect={false}
          error={error("class")}
          value={condition.class}
          onChange={(value) => value && onChange({ class: value })}
          data={model.classes.map(({ name }) => name)}
        />
      ) : null}
      {kind === "age" ? (
        <>
          <Amount
            label={t("form.ageFrom")}
            unit={t("form.years")}
            max={150}
            value={condition.ageFrom}
            error={error("from")}
            onChange={(ageFrom) => onChange({ ageFrom })}
          />
          <Amount
            label={t("form.ageBelow")}
            unit={t("form.years")}
            max={150}
            value={condition.ageBelow}
            error={error("below")}
            onChange={(ageBelow) => onChange({ ageBelow })}
          />
        </>
      ) : null}
      {kind === "probability" ? (
        <>
          <Amount
            label={t("form.from")}
            unit="%"
            max={100}
            value={condition.from}
            error={error("from")}
            onChange={(from) => onChange({ from })}
          />
          <Amount
            label={t("form.to")}
            unit="%"
            max={100}
            value={condition.to}
            error={error("to")}
            onChange={(to) => onChange({ to })}
          />
        </>
      ) : null}
      {kind === "unsure" ? (
        <Amount
          label={t("form.below")}
          unit="%"
          max={100}
          value={condition.below}
          error={error("below")}
          onChange={(below) => onChange({ below })}
        />
      ) : null}
    </>
  );
}

function TagFields({ condition, error, onChange }: Omit<ConditionProps, "model">) {
  const { t } = useTranslation("rules");
  const words = useRuleText();
  const { kind, attribute, values, not } = condition;
  const attributes = TAG_ATTRIBUTES.filter((one) => kind === "unknown" || one !== "age");
  const chosen = attributes.some((one) => one === attribute) ? attribute : attributes[0];
  const list = {
    label: t("form.values"),
    w: 300,
    error: error("values"),
    value: [...values],
    onChange: (next: string[]) => onChange({ values: next }),
  };
  return (
    <>
      <Select
        label={t("form.attribute")}
        w={180}
        allowDeselect={false}
        error={error("attribute")}
        value={chosen}
        onChange={(value) => value && onChange({ attribute: value, values: [] })}
        data={attributes.map((value) => ({ value, label: words.attribute(value) }))}
      />
      {kind === "tag" && (
        <>
          {chosen === "sex" ? (
            <MultiSelect {...list} data={SEXES.map((value) => ({ value, label: words.value("sex", value) }))} />
          ) : (
            <TagsInput
              {...list}
              description={t("form.valuesHelp")}
              inputWrapperOrder={["label", "input", "description", "error"]}
              acceptValueOnBlur
            />
          )}
          <Switch
            mt={34}
            label={t("form.not")}
            checked={not}
            onChange={(event) => onChange({ not: event.currentTarget.checked })}
          />
        </>
      )}
    </>
  );
}

interface AmountProps {
  label: string;
  unit: string;
  max: number;
  value: number | null;
  error: string | undefined;
  onChange(value: number | null): void;
}

function Amount({ label, unit, max, value, error, onChange }: AmountProps) {
  return (
    <NumberInput
      label={`${label} (${unit})`}
      w={170}
      min={0}
      max={max}
      decimalScale={2}
      allowNegative={false}
      value={value ?? ""}
      error={error}
      onChange={(typed) => onChange(typeof typed === "number" ? typed : null)}
    />
  );
}
