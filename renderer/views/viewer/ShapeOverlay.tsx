// Shapes over the picture. All but the one in hand are painted on one canvas, so that thousands stay quick; the selected one,
// the one being drawn and the cursor are SVG. Geometry is in image pixels and passes through the view's transform.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { LabelClass } from "../../../preload/contract/index.ts";
import { viewerStore } from "../../state/viewer.ts";
import { type CssPx, type ImagePx, imagePx, scaleOf, toCss, type ViewTransform } from "../../viewer/coordinates.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import type { MaskTool } from "../../viewer/masks/MaskTool.ts";
import type { Pointer } from "../../viewer/Pointer.ts";
import { type Drawn, handlesOf } from "../../viewer/shapes/geometry.ts";
import { outlineOf, paintShapes } from "../../viewer/shapes/paint.ts";
import type { ShapeTool } from "../../viewer/shapes/ShapeTool.ts";
import classes from "./ShapeOverlay.module.css";
import { useMeasureText } from "./useMeasureText.ts";
import type { DrawnShape } from "./useTools.ts";

const HANDLE_SIZE = 10;
const PLAIN = "#ffffff";

export interface ShapeOverlayProps {
  tool: ShapeTool;
  masks: MaskTool;
  pointer: Pointer;
  view: PictureView;
  /** of the slice in sight and of classes that are shown */
  shapes: readonly DrawnShape[];
  classes: readonly LabelClass[];
  /** where the mouse is over the picture */
  hover: CssPx | null;
}

export function ShapeOverlay({ tool, masks, pointer, view, shapes, classes: labelClasses, hover }: ShapeOverlayProps) {
  const { t } = useTranslation("viewer");
  const { state, selected } = useStore(tool.store);
  const { cursor, held } = useStore(pointer.store);
  const toolName = useStore(viewerStore, (viewer) => viewer.tool);
  const brush = useStore(viewerStore, (viewer) => viewer.brush);
  const outline = useOutline(masks);
  const textOf = useMeasureText(view.spacing);
  const { transform } = view;
  const { draft } = state;
  const special = draft?.id ?? selected;
  const classOf = useMemo(() => new Map(labelClasses.map((labelClass) => [labelClass.id, labelClass])), [labelClasses]);

  const chosen = shapes.find(({ id }) => id === special);
  const chosenClass = chosen?.classId ? classOf.get(chosen.classId) : undefined;
  const color = chosenClass?.color ?? PLAIN;
  const geometry = chosen && draft?.id === chosen.id ? draft.geometry : chosen?.geometry;
  const brushAt = cursor ? toCss(transform, cursor) : hover;
  return (
    <>
      <ShapeCanvas view={view} shapes={shapes} classes={labelClasses} without={draft?.id ?? null} />
      <svg className={classes.overlay} role="img" aria-label={t("shapes.title")}>
        {chosen && geometry && (
          <g data-testid="selected-shape" data-kind={geometry.kind}>
            <path d={pathOf(transform, geometry)} className={classes.shadow} />
            <path d={pathOf(transform, geometry)} className={classes.line} stroke={color} />
            <SelectedName view={transform} geometry={geometry} name={chosenClass?.name ?? textOf(geometry)} />
            {handlesOf(geometry).map((handle, index) => {
              const { x, y } = toCss(transform, handle);
              return (
                <rect
                  // biome-ignore lint/suspicious/noArrayIndexKey: a handle is its place among the handles
                  key={index}
                  x={x - HANDLE_SIZE / 2}
                  y={y - HANDLE_SIZE / 2}
                  width={HANDLE_SIZE}
                  height={HANDLE_SIZE}
                  fill={color}
                  className={classes.knob}
                />
              );
            })}
          </g>
        )}
        {draft && draft.id === null && <path d={pathOf(transform, draft.geometry)} className={classes.draft} />}
        {outline && <path d={lineThrough(transform, outline)} className={classes.draft} />}
        {brushAt && (toolName === "brush" || toolName === "eraser") && (
          <circle
            cx={brushAt.x}
            cy={brushAt.y}
            r={Math.max(1, (brush.size / 2) * scaleOf(transform))}
            className={classes.brush}
          />
        )}
        {cursor && <Cursor at={toCss(transform, cursor)} held={held} />}
      </svg>
    </>
  );
}

export interface ShapeCanvasProps {
  view: PictureView;
  shapes: readonly DrawnShape[];
  classes: readonly LabelClass[];
  /** a shape that is drawn elsewhere, or null */
  without: string | null;
}

/** All shapes on one canvas. */
export function ShapeCanvas({ view, shapes, classes: labelClasses, without }: ShapeCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { transform } = view;
  const textOf = useMeasureText(view.spacing);
  const size = useElementSize(canvas);
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const classOf = new Map(labelClasses.map((labelClass) => [labelClass.id, labelClass]));
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = size;
    if (element.width !== Math.round(width * ratio)) element.width = Math.round(width * ratio);
    if (element.height !== Math.round(height * ratio)) element.height = Math.round(height * ratio);
    const painted = shapes
      .filter(({ id }) => id !== without)
      .map(({ geometry, classId }) => {
        const labelClass = classId === null ? undefined : classOf.get(classId);
        return { geometry, color: labelClass?.color ?? PLAIN, name: labelClass?.name ?? textOf(geometry) };
      });
    paintShapes(context, transform, painted, { width, height, ratio });
  }, [shapes, without, transform, labelClasses, size, textOf]);
  return (
    <canvas ref={canvas} className={classes.overlay} data-testid="shapes" data-count={shapes.length} aria-hidden />
  );
}

/** CSS pixels of an element, also after it changed. */
function useElementSize(element: React.RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = () => setSize({ width: current.clientWidth, height: current.clientHeight });
    measure();
    const resizes = new ResizeObserver(measure);
    resizes.observe(current);
    return () => resizes.disconnect();
  }, [element]);
  return size;
}

function SelectedName({ view, geometry, name }: { view: ViewTransform; geometry: Drawn; name: string }) {
  const { corners } = outlineOf(view, geometry);
  const top = corners.reduce((highest, corner) => (corner.y < highest.y ? corner : highest));
  return (
    <text x={top.x + 8} y={top.y - 9} className={classes.name}>
      {name}
    </text>
  );
}

function Cursor({ at: { x, y }, held }: { at: CssPx; held: boolean }) {
  const arms = `M${x - 14} ${y}H${x - 4}M${x + 4} ${y}H${x + 14}M${x} ${y - 14}V${y - 4}M${x} ${y + 4}V${y + 14}`;
  return (
    <g data-testid="keyboard-pointer">
      <path d={arms} className={classes.shadow} />
      <path d={arms} className={classes.cursor} data-held={held || undefined} />
    </g>
  );
}

function pathOf(view: ViewTransform, geometry: Drawn): string {
  const { corners, closed } = outlineOf(view, geometry);
  return `M${corners.map(({ x, y }) => `${x} ${y}`).join("L")}${closed ? "Z" : ""}`;
}

function lineThrough(view: ViewTransform, points: readonly ImagePx[]): string {
  return `M${points
    .map((point) => toCss(view, imagePx(point.x, point.y)))
    .map(({ x, y }) => `${x} ${y}`)
    .join("L")}Z`;
}

/** The outline that a mask tool has in hand (scissors, smart box). */
function useOutline(masks: MaskTool): readonly ImagePx[] | null {
  const [outline, setOutline] = useState(masks.outline);
  // A brush has no outline, so its strokes render nothing here.
  useEffect(() => masks.subscribe(() => setOutline(masks.outline)), [masks]);
  return outline;
}
