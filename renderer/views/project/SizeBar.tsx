// Size of the file by kind: one stacked bar for the eye, and the same as a table of words and figures.
import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Health, SizeKind } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import classes from "./SizeBar.module.css";

/** Told apart with every kind of colour vision (as colours of classes are), and by the table. */
const COLORS: Record<SizeKind, string> = {
  frames: "#0072b2",
  thumbnails: "#56b4e9",
  headers: "#009e73",
  labels: "#e69f00",
  models: "#cc79a7",
  checkpoints: "#882255",
  audit: "#d55e00",
  other: "#868e96",
  free: "transparent",
};

export function SizeBar({ health }: { health: Health }) {
  const { t } = useTranslation("project");
  const format = useFormat();
  const { bytes, kinds } = health;
  const shown = kinds.filter((kind) => kind.bytes > 0);
  const share = (part: number) => (100 * part) / Math.max(1, bytes);
  return (
    <>
      <div className={classes.bar} aria-hidden>
        {shown.map((kind) => (
          <span
            key={kind.kind}
            className={classes.part}
            style={{ width: `${share(kind.bytes)}%`, background: COLORS[kind.kind] }}
          />
        ))}
      </div>
      <Text size="sm">{t("health.total", { size: format.bytes(bytes) })}</Text>
      <Table maw={560} verticalSpacing={4}>
        <Table.Caption className={classes.hidden}>{t("health.size")}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("health.kind")}</Table.Th>
            <Table.Th ta="right">{t("health.bytes")}</Table.Th>
            <Table.Th ta="right">{t("health.share")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((kind) => (
            <Table.Tr key={kind.kind}>
              <Table.Td>
                <span className={classes.swatch} style={{ background: COLORS[kind.kind] }} aria-hidden />
                {t(`health.kinds.${kind.kind}`)}
              </Table.Td>
              <Table.Td ta="right">{format.bytes(kind.bytes)}</Table.Td>
              <Table.Td ta="right">{format.number(share(kind.bytes), 1)} %</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}
