// Every trial with what was varied and what came out; each opens its run.
import { Anchor, Badge, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { SearchObjective, SearchPlan, SearchTrial } from "../../../preload/contract/index.ts";
import { NO_FIGURE } from "../../ui/plots/figures.ts";
import { formatRoute } from "../../state/route.ts";
import type { RecipeField } from "../runs/recipe-fields.ts";
import { useFieldText } from "../runs/use-field-text.ts";
import { useObjectiveText } from "./use-objective-text.ts";
import { useParameterName } from "./use-parameter-name.ts";

const COLOURS: Record<SearchTrial["state"], string> = {
  running: "blue",
  waiting: "gray",
  done: "green",
  failed: "red",
};

interface TrialTableProps {
  plan: SearchPlan;
  trials: readonly SearchTrial[];
  best: readonly SearchTrial[];
}

export function TrialTable({ plan, trials, best }: TrialTableProps) {
  const { t } = useTranslation("search");
  const fieldText = useFieldText();
  const parameterName = useParameterName();
  const objectiveText = useObjectiveText();
  const leading = new Set(best.map(({ number }) => number));
  const shown: SearchObjective[] = [...new Set<SearchObjective>([...plan.objectives, "auc", "loss"])];
  if (trials.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("noTrials")}
      </Text>
    );
  }
  return (
    <Table.ScrollContainer
      minWidth={760}
      maxHeight={560}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("section.trials") } }}
    >
      <Table highlightOnHover stickyHeader aria-label={t("section.trials")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("trial")}</Table.Th>
            <Table.Th scope="col">{t("column.state")}</Table.Th>
            {shown.map((objective) => (
              <Table.Th key={objective} scope="col" ta="end">
                {t(`objective.${objective}`)}
              </Table.Th>
            ))}
            {plan.halving === null ? null : (
              <Table.Th scope="col" ta="end">
                {t("column.epochs")}
              </Table.Th>
            )}
            {plan.space.map(({ name }) => (
              <Table.Th key={name} scope="col" ta="end">
                {parameterName(name)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {trials.map(({ number, runId, state, measures, epochs, configuration }) => (
            <Table.Tr key={number}>
              <Table.Th scope="row" fw={500}>
                <Anchor inherit href={formatRoute({ view: "runs", runId })}>
                  {t("trialNumber", { number })}
                </Anchor>
                {leading.has(number) ? (
                  <Badge ms="xs" tt="none" variant="light">
                    {t("best")}
                  </Badge>
                ) : null}
              </Table.Th>
              <Table.Td>
                <Badge variant="dot" color={COLOURS[state]} tt="none">
                  {t(`trialState.${state}`)}
                </Badge>
              </Table.Td>
              {shown.map((objective) => (
                <Table.Td key={objective} ta="end">
                  {objectiveText(objective, measures?.[objective])}
                </Table.Td>
              ))}
              {plan.halving === null ? null : <Table.Td ta="end">{epochs}</Table.Td>}
              {plan.space.map(({ name }) => {
                const value = configuration[name];
                return (
                  <Table.Td key={name} ta="end">
                    {value === undefined ? NO_FIGURE : fieldText(name as RecipeField, value)}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
