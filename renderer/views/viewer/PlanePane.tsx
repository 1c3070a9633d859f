// A reformatted plane of the volume, to look at: its own slices by wheel and keys, the crosshair by the pointer. Window and
// inversion are the main picture's; masks are shown, not drawn.
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { LabelClass } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { viewerStore } from "../../state/viewer.ts";
import { Refused } from "../../ui/Refused.tsx";
import { cssPx, imagePx, toImage } from "../../viewer/coordinates.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import { planeMask } from "../../viewer/volume/masks.ts";
import { type Plane, sliceAt, toPlane } from "../../viewer/volume/planes.ts";
import { Magnifier } from "./Magnifier.tsx";
import { MaskCanvas } from "./Overlays.tsx";
import { type CrossLine, CrossLines, Letters } from "./PaneMarks.tsx";
import classes from "./Panes.module.css";
import type { PaneInHand } from "./usePaneInHand.ts";
import { isViewTool, usePicture } from "./usePicture.ts";
import type { Planes } from "./usePlanes.ts";
import type { StackMasks } from "./useStackMasks.ts";
import type { DrawnPlane } from "./useVolume.ts";

const PLAIN = "#ffffff";

export interface PlanePaneProps {
  drawn: DrawnPlane;
  planes: Planes;
  /** of the main picture, whose window this one has */
  main: PictureView | null;
  masks: StackMasks;
  classes: readonly LabelClass[];
  hand: PaneInHand;
}

export function PlanePane({ drawn, planes, main, masks, classes: labelClasses, hand }: PlanePaneProps) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  const tool = useStore(viewerStore, (state) => state.tool);
  const showMasks = useStore(viewerStore, (state) => state.showMasks);
  const hiddenClasses = useStore(viewerStore, (state) => state.hiddenClasses);
  const { plane } = drawn;
  const { volume, point } = planes;
  const { geometry } = volume;
  const index = sliceAt(geometry, plane, point);
  const views = isViewTool(tool);
  const scroll = (step: number) => planes.scroll(plane, step);
  const { element, picture, view, ready, error } = usePicture({
    ...drawn,
    index,
    tool: views ? tool : "label",
    onScroll: scroll,
  });
  useEffect(() => hand.register(plane.name, { picture, scroll }));
  const { window, inverted } = main ?? {};
  const { center, width } = window ?? {};
  useEffect(() => {
    if (picture && center !== undefined && width !== undefined) picture.setWindow({ center, width });
  }, [picture, center, width]);
  useEffect(() => {
    if (inverted !== undefined) picture?.setInverted(inverted);
  }, [picture, inverted]);
  const shown = useMemo(() => {
    if (!showMasks) return [];
    return [...masks]
      .filter(([classId]) => classId === null || !hiddenClasses.has(classId))
      .flatMap(([classId, bySlice]) => {
        const mask = planeMask(geometry, plane, index, bySlice);
        return mask ? [{ classId, mask }] : [];
      });
  }, [masks, hiddenClasses, showMasks, geometry, plane, index]);
  const dragging = useRef(false);
  const moveTo = (event: React.PointerEvent) => {
    const bounds = element.current?.getBoundingClientRect();
    if (view && bounds)
      planes.moveTo(plane, toImage(view.transform, cssPx(event.clientX - bounds.left, event.clientY - bounds.top)));
  };
  const name = t(`planes.names.${plane.name}`);
  return (
    <section
      className={classes.pane}
      aria-label={t("planes.pane", { name, at: index + 1, of: plane.slices })}
      data-commands
      data-in-hand={hand.is(plane.name) || undefined}
      data-testid={`plane-${plane.name}`}
      data-ready={ready || undefined}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the viewer's keys go to the pane that has the focus
      tabIndex={0}
      onFocus={() => hand.take(plane.name)}
    >
      <div
        ref={element}
        className={classes.picture}
        data-crosshair={!views || undefined}
        onPointerDown={(event) => {
          hand.take(plane.name);
          if (views || event.button !== 0) return;
          dragging.current = true;
          event.currentTarget.setPointerCapture(event.pointerId);
          moveTo(event);
        }}
        onPointerMove={(event) => dragging.current && moveTo(event)}
        onPointerUp={() => {
          dragging.current = false;
        }}
        onPointerCancel={() => {
          dragging.current = false;
        }}
      >
        {ready && view && (
          <>
            {shown.map(({ classId, mask }) => (
              <MaskCanvas
                key={classId ?? ""}
                view={view}
                mask={mask}
                color={labelClasses.find(({ id }) => id === classId)?.color ?? PLAIN}
                painted={null}
              />
            ))}
            <CrossLines view={view} lines={crosshair(planes, plane)} />
            <Letters view={view} {...plane.directions} />
            <Magnifier element={element} picture={picture} view={view} />
          </>
        )}
      </div>
      <p className={classes.title} data-of={plane.name}>
        <span className={classes.swatch} aria-hidden />
        {t("planes.text", { name, at: format.number(index + 1), of: format.number(plane.slices) })}
      </p>
      {error !== null && (
        <div className={classes.trouble}>
          <Refused error={error} />
        </div>
      )}
    </section>
  );
}

/** Where the other two planes cross a plane: through the point, along its sides. */
export function crosshair({ volume, acquired, drawn, point }: Planes, plane: Plane): CrossLine[] {
  const at = toPlane(volume.geometry, plane, point);
  const { columns, rows } = plane.size;
  const through = (axis: Plane["through"]) =>
    [acquired, ...drawn.map((one) => one.plane)].find((one) => one.through === axis)?.name ?? "slice";
  return [
    { of: through(plane.across.axis), from: imagePx(at.x, 0), to: imagePx(at.x, rows), open: at },
    { of: through(plane.down.axis), from: imagePx(0, at.y), to: imagePx(columns, at.y), open: at },
  ];
}
