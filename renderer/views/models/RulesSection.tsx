// Rules of a model: when its answer is not enough. Written here, tried on a part of the snapshot, and only then switched on.
import { ActionIcon, Badge, Button, Group, List, Paper, Stack, Switch, Text, Title } from "@mantine/core";
import { FlaskConical, Pencil, Plus, Scale, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Model, ModelRule, RulesReport, RuleTest } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall, useMay, useRules } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";
import { useToast } from "../../ui/useToast.ts";
import { useRuleText } from "../../ui/use-rule-text.ts";
import { type JudgedPart, PartChoice } from "./EvaluationSection.tsx";
import { RuleForm } from "./RuleForm.tsx";

const NEW = "new";
const COLORS = { refer: "red", "second-reader": "orange", warn: "yellow" } as const;

export function RulesSection({ model }: { model: Model }) {
  const { t } = useTranslation("rules");
  const query = useRules(model.id);
  const mayWrite = useMay("rules.save");
  const [editing, setEditing] = useState<string | null>(null);
  const [part, setPart] = useState<JudgedPart>("validation");
  const test = useCall((studio, on: JudgedPart) => studio.rules.test({ modelId: model.id, part: on }));
  const rules = query.data;
  const write = mayWrite && (
    <Button leftSection={<Plus aria-hidden size={16} />} onClick={() => setEditing(NEW)}>
      {t("write")}
    </Button>
  );
  return (
    <Section title={t("title")}>
      <Text size="sm" c="dimmed" maw={760}>
        {t("what")}
      </Text>
      {query.error ? <Refused error={query.error} onRetry={() => void query.refetch()} /> : null}
      {query.isPending ? <Loading /> : null}
      {rules?.length === 0 && editing === null ? (
        <EmptyState icon={Scale} title={t("empty.title")} text={t("empty.text")}>
          {write}
        </EmptyState>
      ) : null}
      {rules?.map((one) =>
        editing === one.rule.id ? (
          <Paper key={one.rule.id} withBorder p="md">
            <RuleForm model={model} rule={one.rule} onDone={() => setEditing(null)} />
          </Paper>
        ) : (
          <RuleCard key={one.rule.id} model={model} one={one} onEdit={() => setEditing(one.rule.id)} />
        ),
      )}
      {editing === NEW ? (
        <Paper withBorder p="md">
          <RuleForm model={model} rule={null} onDone={() => setEditing(null)} />
        </Paper>
      ) : null}
      {rules && rules.length > 0 ? (
        <Group gap="md">
          {editing === NEW ? null : write}
          <Button
            variant="default"
            leftSection={<FlaskConical aria-hidden size={16} />}
            loading={test.isPending}
            onClick={() => test.mutate(part)}
          >
            {t("test")}
          </Button>
          <PartChoice part={part} onChange={setPart} />
        </Group>
      ) : null}
      {test.error ? <Refused error={test.error} /> : null}
      {test.data ? <Summary report={test.data} /> : null}
    </Section>
  );
}

interface RuleCardProps {
  model: Model;
  one: ModelRule;
  onEdit(): void;
}

function RuleCard({ model, one: { rule, live, test }, onEdit }: RuleCardProps) {
  const { t } = useTranslation("rules");
  const { when } = useRuleText();
  const titleId = useId();
  const toast = useToast();
  const mayWrite = useMay("rules.save");
  const maySwitch = useMay("rules.switch");
  const turn = useCall((studio, on: boolean) => studio.rules.switch({ modelId: model.id, id: rule.id, live: on }));
  const remove = useCall((studio, id: string) => studio.rules.remove({ modelId: model.id, id }));
  return (
    <Paper withBorder p="sm" component="article" aria-labelledby={titleId} data-rule={rule.name}>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Group gap="sm">
            <Title order={3} size="h5" id={titleId}>
              {rule.name}
            </Title>
            <Badge variant="light" color={COLORS[rule.action]}>
              {t(`then.${rule.action}`)}
            </Badge>
          </Group>
          {mayWrite && (
            <Group gap={4} wrap="nowrap">
              <ActionIcon variant="subtle" color="gray" aria-label={t("edit", { name: rule.name })} onClick={onEdit}>
                <Pencil aria-hidden size={16} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={t("remove", { name: rule.name })}
                loading={remove.isPending}
                onClick={() => remove.mutate(rule.id, { onError: toast.refused })}
              >
                <Trash2 aria-hidden size={16} />
              </ActionIcon>
            </Group>
          )}
        </Group>
        <Text size="sm">{t("when", { when: when(rule) })}</Text>
        {test ? (
          <Tested test={test} />
        ) : (
          <Text size="sm" c="dimmed">
            {t("untested")}
          </Text>
        )}
        <Switch
          label={t(live ? "live" : "off")}
          description={test === null ? t("testFirst") : maySwitch ? undefined : t("notYours")}
          aria-describedby={titleId}
          checked={live}
          disabled={!maySwitch || turn.isPending || (!live && test === null)}
          onChange={(event) => turn.mutate(event.currentTarget.checked, { onError: toast.refused })}
        />
      </Stack>
    </Paper>
  );
}

function Tested({ test }: { test: RuleTest }) {
  const { t } = useTranslation("rules");
  const { date } = useFormat();
  const figures = useFigures();
  const { part, at, cases, errors, caught, caughtErrors, undecided, undecidedErrors } = test;
  return (
    <List size="sm" spacing={2} aria-label={t("tested.title")}>
      <List.Item>{t("tested.on", { part: t(`part.${part}`), at: date(at), cases: figures.integer(cases) })}</List.Item>
      <List.Item>
        {t("tested.caught", {
          caught: figures.integer(caught),
          share: figures.percent(caught / cases),
          errors: figures.integer(caughtErrors),
          of: figures.integer(errors),
        })}
      </List.Item>
      {undecided > 0 && (
        <List.Item>
          {t("tested.undecided", { undecided: figures.integer(undecided), errors: figures.integer(undecidedErrors) })}
        </List.Item>
      )}
    </List>
  );
}

/** What is left to the model when all rules, also those that are off, are applied. */
function Summary({ report: { cases, errors, left, leftErrors, part } }: { report: RulesReport }) {
  const { t } = useTranslation("rules");
  const figures = useFigures();
  const rate = (wrong: number, of: number) => (of === 0 ? "–" : figures.percent(wrong / of));
  return (
    <Text size="sm" role="status" data-testid="rules-summary">
      {t("summary", {
        part: t(`part.${part}`),
        left: figures.integer(left),
        cases: figures.integer(cases),
        leftErrors: figures.integer(leftErrors),
        leftRate: rate(leftErrors, left),
        errors: figures.integer(errors),
        rate: rate(errors, cases),
      })}
    </Text>
  );
}
