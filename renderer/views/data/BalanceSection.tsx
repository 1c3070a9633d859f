// Who is in a snapshot, before anything is trained on it: groups by tags or answers, how often each has the class, and what parts have in common.
import { Alert, Button, Group, List, MultiSelect, Select, Stack, Table, Text } from "@mantine/core";
import { ChevronDown, ChevronRight, ShieldCheck, TriangleAlert } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { type BalanceReport, MOST_CROSSED, type Snapshot } from "../../../preload/contract/index.ts";
import { useBalance } from "../../studio/queries.ts";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import { Refused } from "../../ui/Refused.tsx";
import { useAttributeText, useGroupText } from "../../ui/use-group-text.ts";
import { Waiting } from "../../ui/Waiting.tsx";
import classes from "./BalanceSection.module.css";

/** A button that opens it: nothing is counted before somebody asks. */
export function BalanceSection({ snapshot }: { snapshot: Snapshot }) {
  const { t } = useTranslation("data");
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <Stack gap="sm">
      <Button
        variant="subtle"
        size="xs"
        style={{ alignSelf: "flex-start" }}
        aria-expanded={open}
        aria-controls={id}
        aria-label={t("balance.openOf", { name: snapshot.name })}
        leftSection={open ? <ChevronDown aria-hidden size={14} /> : <ChevronRight aria-hidden size={14} />}
        onClick={() => setOpen(!open)}
      >
        {t("balance.open")}
      </Button>
      <div id={id}>{open && <Balance snapshot={snapshot} />}</div>
    </Stack>
  );
}

function Balance({ snapshot }: { snapshot: Snapshot }) {
  const { t } = useTranslation("data");
  const { t: fairness } = useTranslation("fairness");
  const [by, setBy] = useState<string[]>(["sex"]);
  const [positive, setPositive] = useState<number | undefined>();
  const query = useBalance({ snapshotId: snapshot.id, by, positive });
  const report = query.data;
  const name = useAttributeText(report);
  const known = (report?.available ?? []).filter((one) => one.known > 0).map(({ attribute }) => attribute);
  return (
    <Stack gap="sm">
      <Group align="flex-start" gap="md">
        <MultiSelect
          label={fairness("by")}
          description={fairness("byHelp", { count: MOST_CROSSED })}
          w={280}
          maxValues={MOST_CROSSED}
          value={by}
          onChange={setBy}
          data={[...new Set([...by, ...known])].map((attribute) => ({ value: attribute, label: name(attribute) }))}
        />
        <Select
          label={t("balance.positive")}
          description={t("balance.positiveHelp")}
          w={200}
          allowDeselect={false}
          value={report ? String(positive ?? report.positive) : null}
          onChange={(value) => value !== null && setPositive(Number(value))}
          data={snapshot.classes.map((item, index) => ({ value: String(index), label: item.name }))}
        />
      </Group>
      {query.error ? <Refused error={query.error} onRetry={() => void query.refetch()} /> : null}
      {query.isPending && !query.error ? <Waiting text={t("balance.counting")} /> : null}
      {report ? (
        <>
          <Leakage report={report} />
          <GroupTable report={report} snapshot={snapshot} />
        </>
      ) : null}
    </Stack>
  );
}

function Leakage({ report: { leakage, patientsInGroups } }: { report: BalanceReport }) {
  const { t } = useTranslation("data");
  const figures = useFigures();
  const found = leakage.filter(({ shared }) => shared > 0);
  return (
    <>
      {found.length === 0 ? (
        <Alert color="green" variant="light" p="xs" icon={<ShieldCheck size={18} aria-hidden />}>
          <Text size="sm">{t("balance.noLeak")}</Text>
        </Alert>
      ) : (
        <Alert
          color="orange"
          variant="light"
          p="xs"
          icon={<TriangleAlert size={18} aria-hidden />}
          title={t("balance.leak")}
        >
          <List size="sm">
            {found.map(({ kind, shared, images }) => (
              <List.Item key={kind}>
                {t(`balance.leaks.${kind}`, { shared: figures.integer(shared), images: figures.integer(images) })}
              </List.Item>
            ))}
          </List>
          <Text size="sm">{t("balance.leakNext")}</Text>
        </Alert>
      )}
      {patientsInGroups > 0 && (
        <Text size="sm" c="dimmed">
          {t("balance.inGroups", { shown: figures.integer(patientsInGroups) })}
        </Text>
      )}
    </>
  );
}

const PARTS = ["train", "validation", "test"] as const;

function GroupTable({ report, snapshot }: { report: BalanceReport; snapshot: Snapshot }) {
  const { t } = useTranslation("data");
  const { t: fairness } = useTranslation("fairness");
  const figures = useFigures();
  const nameOf = useGroupText(report);
  const className = snapshot.classes[report.positive]?.name ?? "";
  const rows = [
    { name: fairness("all"), group: report.overall },
    ...report.groups.map((group) => ({ name: nameOf(group), group })),
  ];
  const { rates } = report;
  return (
    <div className={classes.scroll}>
      <Table fz="sm" verticalSpacing={4} aria-label={t("balance.table", { name: snapshot.name })}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{fairness("column.group")}</Table.Th>
            <Table.Th scope="col" ta="end">
              {fairness("column.patients")}
            </Table.Th>
            {PARTS.map((part) => (
              <Table.Th key={part} scope="col" ta="end">
                {t(`part.${part}`)}
              </Table.Th>
            ))}
            <Table.Th scope="col" ta="end">
              {t("balance.rate", { name: className })}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ name, group }, index) => (
            <Table.Tr key={index === 0 ? "all" : group.values.join("\n")}>
              <Table.Th scope="row" fw={index === 0 ? 700 : 500}>
                {name}
              </Table.Th>
              <Table.Td className={classes.number}>{figures.integer(group.patients)}</Table.Td>
              {PARTS.map((part) => (
                <Table.Td key={part} className={classes.number}>
                  {figures.integer(group.parts[part].cases)}
                  {part === "train" && group.parts.train.cases === 0 && (
                    <Text size="xs" c="dimmed" fw={600}>
                      {t("balance.unseen")}
                    </Text>
                  )}
                </Table.Td>
              ))}
              <Table.Td className={classes.number}>
                {group.rate ? (
                  <>
                    {figures.percent(group.rate.value)}
                    <Text size="xs" c="dimmed">
                      {fairness("range", {
                        low: figures.percent(group.rate.low),
                        high: figures.percent(group.rate.high),
                      })}
                    </Text>
                  </>
                ) : (
                  "–"
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {rates && (
        <Text size="sm" mt="xs">
          {t("balance.rates", {
            points: figures.points(rates.value),
            highest: nameOf(report.groups[rates.highest]),
            lowest: nameOf(report.groups[rates.lowest]),
          })}
        </Text>
      )}
      <Text size="xs" c="dimmed" mt={4}>
        {t("balance.legend", { minimum: report.minimum })}
      </Text>
    </div>
  );
}
