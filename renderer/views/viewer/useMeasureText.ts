import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../i18n/useFormat.ts";
import { type Drawn, measure } from "../../viewer/shapes/geometry.ts";

/** Length, area and angle of a shape as text; in pixels where the image does not say how large they are. */
export function useMeasureText(spacing: readonly [number, number] | null): (shape: Drawn) => string {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  return useCallback(
    (shape) => {
      const { length, area, angle } = measure(shape, spacing ?? [1, 1]);
      const unit = spacing ? "mm" : "px";
      const parts = [
        length === undefined ? "" : t(`shapes.length.${unit}`, { value: format.number(length, 1) }),
        area === undefined ? "" : t(`shapes.area.${unit}`, { value: format.number(area, 1) }),
        angle === undefined ? "" : t("shapes.degrees", { value: format.number(angle, 1) }),
      ];
      return parts.filter(Boolean).join(" · ");
    },
    [t, format, spacing],
  );
}
