// How far its new number format in each layer alone moves a model's answers, in the order of the network. A table with bars in it, so the figures are there without the drawing.
import { Badge, ScrollArea, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { LayerSensitivity } from "../../../preload/contract/index.ts";
import classes from "./plots.module.css";
import { useFigures, usePlotPalette } from "./use-plot-style.ts";

const MOST_HEIGHT = 420;

interface SensitivityProps {
  caption: string;
  layers: readonly LayerSensitivity[];
  /** What layers became that are not float, in words. */
  format: string;
}

export function SensitivityBars({ caption, layers, format }: SensitivityProps) {
  const { t } = useTranslation("models", { keyPrefix: "plots.sensitivity" });
  const figures = useFigures();
  const palette = usePlotPalette();
  const most = Math.max(...layers.map(({ moved }) => moved), Number.MIN_VALUE);
  return (
    <ScrollArea.Autosize mah={MOST_HEIGHT} viewportProps={{ tabIndex: 0, role: "region", "aria-label": caption }}>
      <Table withRowBorders={false} verticalSpacing={4} stickyHeader aria-label={caption}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("layer")}</Table.Th>
            <Table.Th scope="col" w="45%">
              {t("compared")}
            </Table.Th>
            <Table.Th scope="col">{t("moved")}</Table.Th>
            <Table.Th scope="col">{t("kept")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {layers.map(({ layer, moved, float }) => (
            <Table.Tr key={layer}>
              <Table.Th scope="row" fw={500}>
                {layer}
              </Table.Th>
              <Table.Td aria-hidden>
                <div className={classes.barTrack}>
                  <div
                    className={classes.bar}
                    style={{
                      width: `${(100 * moved) / most}%`,
                      background: float ? palette.muted : palette.series[0],
                    }}
                  />
                </div>
              </Table.Td>
              <Table.Td className={classes.figures}>{figures.significant(moved)}</Table.Td>
              <Table.Td>
                <Badge variant={float ? "outline" : "default"} tt="none">
                  {float ? t("float") : format}
                </Badge>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}
