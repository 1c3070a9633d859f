// Before and after, one pair of bars for each cost. Each pair has its own scale from zero; the figures stand beside the bars.
//
// Plain HTML: six bars need no plotting library, and a table with bars in it is its own accessible version.
import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./plots.module.css";
import { usePlotPalette } from "./use-plot-style.ts";

export interface CostPair {
  name: string;
  before: number;
  after: number;
  format: (value: number) => string;
  /** What changed, in words: −73.1%, or −0.4 pp. */
  change: string;
}

export interface CostBarsProps {
  caption: string;
  pairs: readonly CostPair[];
}

export function CostBars({ caption, pairs }: CostBarsProps) {
  const { t } = useTranslation("models", { keyPrefix: "plots" });
  const palette = usePlotPalette();
  return (
    <Table withRowBorders={false} verticalSpacing={4} captionSide="top" aria-label={caption}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t("cost.figure")}</Table.Th>
          <Table.Th scope="col" w="45%">
            {t("cost.compared")}
          </Table.Th>
          <Table.Th scope="col">
            <span className={classes.swatch} style={{ background: palette.muted }} aria-hidden /> {t("cost.before")}
          </Table.Th>
          <Table.Th scope="col">
            <span className={classes.swatch} style={{ background: palette.series[0] }} aria-hidden /> {t("cost.after")}
          </Table.Th>
          <Table.Th scope="col">{t("cost.change")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {pairs.map((pair) => {
          const most = Math.max(pair.before, pair.after, Number.MIN_VALUE);
          return (
            <Table.Tr key={pair.name}>
              <Table.Th scope="row" fw={500}>
                {pair.name}
              </Table.Th>
              <Table.Td aria-hidden>
                <div className={classes.barTrack}>
                  <div
                    className={classes.bar}
                    style={{ width: `${(100 * pair.before) / most}%`, background: palette.muted }}
                  />
                </div>
                <div className={classes.barTrack} style={{ marginTop: 3 }}>
                  <div
                    className={classes.bar}
                    style={{ width: `${(100 * pair.after) / most}%`, background: palette.series[0] }}
                  />
                </div>
              </Table.Td>
              <Table.Td className={classes.figures}>{pair.format(pair.before)}</Table.Td>
              <Table.Td className={classes.figures}>{pair.format(pair.after)}</Table.Td>
              <Table.Td className={classes.figures}>
                <Text span size="sm" fw={600}>
                  {pair.change}
                </Text>
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}
