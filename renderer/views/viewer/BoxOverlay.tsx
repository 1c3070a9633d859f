// Boxes over the picture, drawn on the page's own pixels so that lines and handles keep their size at any zoom. Geometry is in
// image pixels and passes through the view's transform; pointer events go back the same way, to the box tool.
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Box, LabelClass } from "../../../preload/contract/index.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import type { BoxTool } from "../../viewer/boxes/BoxTool.ts";
import { HANDLES } from "../../viewer/boxes/resizing.ts";
import { cssPx, type ImageRect, rectToCss, toImage } from "../../viewer/coordinates.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import classes from "./BoxOverlay.module.css";

const HANDLE_SIZE = 10;
/** Around the drawn handle: WCAG 2.5.8 asks for targets of 24 CSS pixels. */
const HANDLE_TARGET = 24;
const PLAIN = "#ffffff";

export interface BoxOverlayProps {
  tool: BoxTool;
  view: PictureView;
  frame: number;
  boxes: readonly Box[] | undefined;
  classes: readonly LabelClass[];
  /** the pointer draws new boxes */
  drawing: boolean;
}

export function BoxOverlay({ tool, view, frame, boxes, classes: labelClasses, drawing }: BoxOverlayProps) {
  const { t } = useTranslation("viewer");
  const writer = useLabelWriter();
  const svg = useRef<SVGSVGElement>(null);
  const { state, selected } = useStore(tool.store);
  const { transform } = view;
  const classOf = (id: string) => labelClasses.find((labelClass) => labelClass.id === id);

  const pointOf = (event: React.PointerEvent) => {
    const bounds = svg.current?.getBoundingClientRect();
    return toImage(transform, cssPx(event.clientX - (bounds?.left ?? 0), event.clientY - (bounds?.top ?? 0)));
  };
  /** Runs `start` for the left button and takes the pointer, so that Cornerstone's tools stay out of it. */
  const begin = (event: React.PointerEvent, start: () => void) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    svg.current?.setPointerCapture(event.pointerId);
    start();
  };

  const here = boxes?.filter((box) => box.frame === frame) ?? [];
  const { draft } = state;
  const isSelected = (id: string) => selected !== null && writer.isSame(id, selected);
  const rectOf = (box: Box): ImageRect => (draft?.id && writer.isSame(draft.id, box.id) ? draft.rect : box);

  return (
    <svg
      ref={svg}
      className={classes.overlay}
      data-drawing={drawing || undefined}
      aria-label={t("boxes.title")}
      onPointerDown={(event) => drawing && begin(event, () => tool.startDrawing(pointOf(event)))}
      onPointerMove={(event) => tool.pointerMove(pointOf(event))}
      onPointerUp={() => tool.state.name !== "keyboard" && tool.complete()}
      onPointerCancel={() => tool.cancel()}
      onMouseDown={(event) => {
        // Cornerstone's tools listen for mouse events further up.
        if (event.button === 0 && (drawing || event.target !== svg.current)) event.stopPropagation();
      }}
    >
      <title>{t("boxes.title")}</title>
      {here.map((box, index) => {
        const rect = rectToCss(transform, rectOf(box));
        const labelClass = classOf(box.classId);
        const color = labelClass?.color ?? PLAIN;
        const name = t("boxes.name", { number: index + 1, class: labelClass?.name ?? "" });
        return (
          <g key={box.id} data-selected={isSelected(box.id) || undefined} className={classes.box}>
            <rect {...rect} className={classes.shadow} />
            <rect {...rect} className={classes.line} stroke={color}>
              <title>{name}</title>
            </rect>
            <rect
              {...rect}
              className={classes.grip}
              data-testid="box"
              onPointerDown={(event) => begin(event, () => tool.startMoving(box.id, pointOf(event)))}
            />
            <text x={rect.x + 4} y={rect.y - 5} className={classes.name}>
              {labelClass?.name}
            </text>
            {isSelected(box.id) &&
              HANDLES.map((handle) => {
                const x = rect.x + ((handle.dx + 1) / 2) * rect.width;
                const y = rect.y + ((handle.dy + 1) / 2) * rect.height;
                return (
                  <g
                    key={`${handle.dx} ${handle.dy}`}
                    className={classes.handle}
                    data-direction={`${handle.dx} ${handle.dy}`}
                    onPointerDown={(event) => begin(event, () => tool.startResizing(box.id, handle))}
                  >
                    <rect
                      x={x - HANDLE_TARGET / 2}
                      y={y - HANDLE_TARGET / 2}
                      width={HANDLE_TARGET}
                      height={HANDLE_TARGET}
                      fill="transparent"
                    />
                    <rect
                      x={x - HANDLE_SIZE / 2}
                      y={y - HANDLE_SIZE / 2}
                      width={HANDLE_SIZE}
                      height={HANDLE_SIZE}
                      fill={color}
                      className={classes.knob}
                    />
                  </g>
                );
              })}
          </g>
        );
      })}
      {draft && draft.id === null && <rect {...rectToCss(transform, draft.rect)} className={classes.draft} />}
    </svg>
  );
}
