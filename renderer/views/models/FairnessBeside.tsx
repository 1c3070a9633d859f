// A compressed model's groups beside those of the model it was made from: both are audited on the same cases whenever this is shown, so nobody has to ask.
import { Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { FairnessGroup, FairnessReport, GroupFigures, Inputs } from "../../../preload/contract/index.ts";
import { useFairness } from "../../studio/queries.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { useGroupText } from "../../ui/use-group-text.ts";
import { Waiting } from "../../ui/Waiting.tsx";
import classes from "./FairnessSection.module.css";

export interface FairnessBesideProps {
  /** How the model itself is audited. */
  input: Inputs["fairness"]["audit"];
  parentId: string;
  figure: Exclude<keyof GroupFigures, "brier" | "ece" | "bias">;
}

export function FairnessBeside({ input, parentId, figure }: FairnessBesideProps) {
  const { t } = useTranslation("fairness");
  const own = useFairness(input);
  const parent = useFairness({ ...input, modelId: parentId });
  const error = own.error ?? parent.error;
  return (
    <Stack gap="xs">
      <Text component="h3" fw={600} size="sm">
        {t("beside.title")}
      </Text>
      {error ? <Refused error={error} /> : null}
      {!error && (own.isPending || parent.isPending) ? <Waiting text={t("computing")} /> : null}
      {own.data && parent.data ? <Both own={own.data} parent={parent.data} figure={figure} /> : null}
    </Stack>
  );
}

interface BothProps {
  own: FairnessReport;
  parent: FairnessReport;
  figure: FairnessBesideProps["figure"];
}

function Both({ own, parent, figure }: BothProps) {
  const { t } = useTranslation("fairness");
  const figures = useFigures();
  const nameOf = useGroupText(own);
  const format = figure === "auc" ? figures.auc : figures.percent;
  const value = (group: FairnessGroup | undefined) => group?.figures?.[figure]?.value ?? null;
  const rows = [
    { name: t("all"), after: own.overall, before: parent.overall as FairnessGroup | undefined },
    ...own.groups.map((after) => ({
      name: nameOf(after),
      after,
      before: parent.groups.find(({ values }) => values.join("\n") === after.values.join("\n")),
    })),
  ];
  return (
    <div className={classes.scroll}>
      <Table verticalSpacing={6} aria-label={t("beside.title")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("column.group")}</Table.Th>
            <Table.Th scope="col" ta="end">
              {t("beside.before", { figure: t(`figures.${figure}`) })}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t("beside.after", { figure: t(`figures.${figure}`) })}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {t("beside.change")}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ name, after, before }, index) => {
            const [then, now] = [value(before), value(after)];
            const change = then === null || now === null ? null : now - then;
            return (
              <Table.Tr key={index === 0 ? "all" : after.values.join("\n")}>
                <Table.Th scope="row" fw={index === 0 ? 700 : 500}>
                  {name}
                </Table.Th>
                <Table.Td className={classes.number}>{then === null ? "–" : format(then)}</Table.Td>
                <Table.Td className={classes.number}>{now === null ? "–" : format(now)}</Table.Td>
                <Table.Td className={classes.number} fw={600}>
                  {change === null ? "–" : figure === "auc" ? figures.signed(change) : figures.points(change)}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}
