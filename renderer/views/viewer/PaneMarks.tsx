// What lies over a pane beside its labels: lines in which other slices cross it, and where its edges are in the patient.
import { useTranslation } from "react-i18next";
import { type ImagePx, toCss } from "../../viewer/coordinates.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import { edgeLetters, type PlaneName, type Vector } from "../../viewer/volume/geometry.ts";
import classes from "./PaneMarks.module.css";

/** A line over the whole picture or between two points. `of`: what crosses here. */
export interface CrossLine {
  readonly of: PlaneName | "slice";
  readonly from: ImagePx;
  readonly to: ImagePx;
  /** open around this point, so that what lies there can be seen */
  readonly open?: ImagePx;
}

/** CSS pixels on either side of the point where a line is open. */
const OPEN = 10;

export function CrossLines({ view, lines }: { view: PictureView; lines: readonly CrossLine[] }) {
  return (
    <svg className={classes.overlay} aria-hidden data-testid="lines">
      {lines.map(({ of, from, to, open }) => {
        const [a, b] = [toCss(view.transform, from), toCss(view.transform, to)];
        const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
        const [dx, dy] = [((b.x - a.x) / length) * OPEN, ((b.y - a.y) / length) * OPEN];
        const middle = open && toCss(view.transform, open);
        const path = middle
          ? `M${a.x} ${a.y}L${middle.x - dx} ${middle.y - dy}M${middle.x + dx} ${middle.y + dy}L${b.x} ${b.y}`
          : `M${a.x} ${a.y}L${b.x} ${b.y}`;
        return (
          <g key={of} data-of={of}>
            <path d={path} className={classes.shadow} />
            <path d={path} className={classes.line} />
          </g>
        );
      })}
    </svg>
  );
}

export interface LettersProps {
  view: PictureView;
  /** directions in the patient along a row and along a column */
  across: Vector;
  down: Vector;
}

export function Letters({ view, across, down }: LettersProps) {
  const { t } = useTranslation("viewer");
  const { left, right, top, bottom } = edgeLetters(across, down, view.spacing ?? [1, 1], view.transform);
  return (
    <div className={classes.letters} role="img" aria-label={t("edges", { left, right, top, bottom })}>
      <span data-edge="left">{left}</span>
      <span data-edge="right">{right}</span>
      <span data-edge="top">{top}</span>
      <span data-edge="bottom">{bottom}</span>
    </div>
  );
}
