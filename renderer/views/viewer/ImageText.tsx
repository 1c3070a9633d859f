// What a reader expects in the corners: who, what, window, zoom, frame and a length to compare with.
import { useTranslation } from "react-i18next";
import type { ImageStack } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { scaleOf } from "../../viewer/coordinates.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import classes from "./ImageText.module.css";
import { scaleBar } from "./scale-bar.ts";
import { sliceText } from "./slice-text.ts";

export interface ImageTextProps {
  image: ImageStack["images"][number];
  view: PictureView;
  stack: ImageStack;
  index: number;
}

export function ImageText({ image, view, stack, index }: ImageTextProps) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  const { transform, window, display } = view;
  const { position } = stack.slices[index];
  const digits = window.width < 10 ? 2 : 0;
  const bar = scaleBar(image.pixels.spacing?.[1] ?? null, scaleOf(transform));
  return (
    <div className={classes.text}>
      <div className={classes.topLeft}>
        <span>{image.patient || t("noPatient")}</span>
        <span>{image.name}</span>
      </div>
      <div className={classes.topRight}>
        <span>{image.modality}</span>
        <span>
          {image.columns} × {image.rows}
        </span>
        {stack.slices.length > 1 && <span>{t(sliceText(stack), { at: index + 1, of: stack.slices.length })}</span>}
        {position !== null && <span>{t("position", { position: format.number(position, 1) })}</span>}
      </div>
      <div className={classes.bottomLeft} data-testid="view-text">
        {!display.color && (
          <span>
            {t("windowText", {
              width: format.number(window.width, digits),
              center: format.number(window.center, digits),
              unit: image.pixels.unit,
            })}
          </span>
        )}
        <span>{t("zoomText", { percent: format.number(scaleOf(transform) * 100) })}</span>
      </div>
      {bar && (
        <div className={classes.bottomRight}>
          <span>{t("millimetres", { length: format.number(bar.millimetres) })}</span>
          <span className={classes.bar} style={{ width: bar.width }} />
        </div>
      )}
    </div>
  );
}
