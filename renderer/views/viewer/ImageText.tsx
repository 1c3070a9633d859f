// What a reader expects in the corners: who, what, window, zoom, frame and a length to compare with.
import { useTranslation } from "react-i18next";
import type { ImageDetail } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import classes from "./ImageText.module.css";
import { scaleBar } from "./scale-bar.ts";

export function ImageText({ image, view }: { image: ImageDetail; view: PictureView }) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  const { transform, window, frame, display } = view;
  const digits = window.width < 10 ? 2 : 0;
  const bar = scaleBar(image.pixels.spacing?.[1] ?? null, transform.scaleX);
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
        {image.frames > 1 && <span>{t("frame", { at: frame + 1, of: image.frames })}</span>}
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
        <span>{t("zoomText", { percent: format.number(transform.scaleX * 100) })}</span>
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
