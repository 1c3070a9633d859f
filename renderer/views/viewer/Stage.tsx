// The picture with everything that lies over it, and the mouse on it: what belongs to a tool that draws goes there, the rest is
// Cornerstone3D's (window, pan, zoom).
import { type ReactNode, type RefObject, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import type { LabelClass } from "../../../preload/contract/index.ts";
import { viewerStore } from "../../state/viewer.ts";
import { type CssPx, cssPx, type ImagePx, scaleOf, toImage } from "../../viewer/coordinates.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import { isDrawingTool, isMaskTool } from "../../viewer/Pointer.ts";
import { Overlays } from "./Overlays.tsx";
import classes from "./Reading.module.css";
import { ShapeOverlay } from "./ShapeOverlay.tsx";
import { type InSight, isDrawn, isMask, shownShapes, type Tools } from "./useTools.ts";

/** How near to a line or handle the mouse must be, in CSS pixels (WCAG 2.5.8 asks for targets of 24). */
const REACH = 12;

export interface StageProps {
  element: RefObject<HTMLDivElement | null>;
  tools: Tools;
  sight: InSight;
  view: PictureView | null;
  /** the picture asked for is on the screen */
  ready: boolean;
  classes: readonly LabelClass[];
  /** the crosshair was put here, in ImagePx */
  onCrosshair?(point: ImagePx): void;
  /** drawn over the labels, while the picture is ready */
  children?: ReactNode;
}

export function Stage({
  element,
  tools,
  sight,
  view,
  ready,
  classes: labelClasses,
  onCrosshair,
  children,
}: StageProps) {
  const tool = useStore(viewerStore, (state) => state.tool);
  const hidden = useStore(viewerStore, (state) => state.hiddenClasses);
  const [hover, setHover] = useState<CssPx | null>(null);
  const taken = useRef(false);
  const crossing = useRef(false);
  const { pointer } = tools;
  const { labels, frame } = sight;
  // The same arrays until something about them changes: thousands of shapes are not drawn again because the mouse moved.
  // biome-ignore lint/correctness/useExhaustiveDependencies: shownShapes reads the hidden classes from the store
  const { masks, drawn } = useMemo(() => {
    const shown = shownShapes({ labels, frame });
    return { masks: shown.filter(isMask), drawn: shown.filter(isDrawn) };
  }, [labels, frame, hidden]);
  const draws = isDrawingTool(tool) || isMaskTool(tool);

  const place = (
    event: React.PointerEvent | React.MouseEvent,
  ): { at: CssPx; point: ImagePx; within: number } | null => {
    if (!view || !element.current) return null;
    const bounds = element.current.getBoundingClientRect();
    const at = cssPx(event.clientX - bounds.left, event.clientY - bounds.top);
    return { at, point: toImage(view.transform, at), within: REACH / scaleOf(view.transform) };
  };

  return (
    <div
      ref={element}
      className={classes.picture}
      data-testid="picture"
      data-commands
      tabIndex={-1}
      data-ready={ready || undefined}
      data-drawing={draws || tool === "crosshair" || undefined}
      onPointerDownCapture={(event) => {
        const where = place(event);
        if (!where || event.button !== 0 || !ready) return;
        if (tool === "crosshair" && onCrosshair) {
          crossing.current = true;
          element.current?.setPointerCapture(event.pointerId);
          onCrosshair(where.point);
          return;
        }
        taken.current = pointer.press(where.point, where.within);
        if (!taken.current) return;
        event.stopPropagation();
        element.current?.setPointerCapture(event.pointerId);
      }}
      // Cornerstone3D listens to the mouse, not to pointers.
      onMouseDownCapture={(event) => {
        if (taken.current && event.button === 0) event.stopPropagation();
      }}
      onPointerMove={(event) => {
        const where = place(event);
        if (!where) return;
        if (crossing.current) return void onCrosshair?.(where.point);
        // All places since the last event: a fast stroke is not cut short.
        const events = taken.current ? event.nativeEvent.getCoalescedEvents() : [];
        for (const one of events.slice(0, -1)) {
          const bounds = element.current?.getBoundingClientRect();
          if (view && bounds)
            pointer.move(toImage(view.transform, cssPx(one.clientX - bounds.left, one.clientY - bounds.top)));
        }
        pointer.move(where.point);
        setHover(tool === "brush" || tool === "eraser" ? where.at : null);
      }}
      onPointerLeave={() => setHover(null)}
      onPointerUp={(event) => {
        crossing.current = false;
        if (!taken.current || event.button !== 0) return;
        taken.current = false;
        pointer.release(event.shiftKey);
      }}
      onPointerCancel={() => {
        crossing.current = false;
        taken.current = false;
        tools.masks.cancel();
        tools.shapes.cancel();
      }}
    >
      {ready && view && (
        <>
          <Overlays
            view={view}
            imageId={sight.imageId}
            frame={sight.frame}
            masks={masks}
            classes={labelClasses}
            maskTool={tools.masks}
            paintedClass={sight.drawClass}
          />
          <ShapeOverlay
            tool={tools.shapes}
            masks={tools.masks}
            pointer={pointer}
            view={view}
            shapes={drawn}
            classes={labelClasses}
            hover={hover}
          />
          {children}
        </>
      )}
    </div>
  );
}
