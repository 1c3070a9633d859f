// Masks and the heat map, under the shapes and glued to the picture's pixels.
import { useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import type { LabelClass, MaskGeometry, Shape } from "../../../preload/contract/index.ts";
import { viewerStore } from "../../state/viewer.ts";
import { cssMatrix } from "../../viewer/coordinates.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import type { Bitmap, Touched } from "../../viewer/masks/bitmap.ts";
import { heatPixels, maskPixels, paintMask } from "../../viewer/masks/colors.ts";
import type { MaskTool } from "../../viewer/masks/MaskTool.ts";
import classes from "./Overlays.module.css";

const MASK_OPACITY = 0.4;
const PLAIN = "#ffffff";

export interface OverlaysProps {
  view: PictureView;
  imageId: string;
  frame: number;
  /** of the slice in sight and of classes that are shown */
  masks: readonly (Shape & { geometry: MaskGeometry })[];
  classes: readonly LabelClass[];
  maskTool: MaskTool;
  /** class of the mask that the tools paint on */
  paintedClass: LabelClass | null;
}

export function Overlays(props: OverlaysProps) {
  const { view, imageId, frame, masks, classes: labelClasses, maskTool, paintedClass } = props;
  const showMasks = useStore(viewerStore, (state) => state.showMasks);
  const explanation = useStore(viewerStore, (state) => state.explanation);
  const opacity = useStore(viewerStore, (state) => state.opacity);
  const heat = explanation?.imageId === imageId && explanation.frame === frame ? explanation : null;
  return (
    <>
      {showMasks &&
        masks.map((mask) => (
          <MaskCanvas
            key={mask.id}
            view={view}
            mask={mask.geometry}
            color={labelClasses.find(({ id }) => id === mask.classId)?.color ?? PLAIN}
            painted={mask.classId === paintedClass?.id ? maskTool : null}
          />
        ))}
      {paintedClass && <StrokeCanvas view={view} tool={maskTool} color={paintedClass.color} />}
      {heat && (
        <PixelCanvas
          name="heat-map"
          view={view}
          rows={heat.rows}
          columns={heat.columns}
          opacity={opacity}
          smooth
          pixels={heatPixels(heat)}
        />
      )}
    </>
  );
}

interface MaskCanvasProps {
  view: PictureView;
  mask: MaskGeometry;
  color: string;
  /** the tool that paints on this mask: while it does, its own canvas shows the mask */
  painted: MaskTool | null;
}

export function MaskCanvas({ view, mask, color, painted }: MaskCanvasProps) {
  const pixels = useMemo(() => maskPixels(mask, color), [mask, color]);
  const [busy, setBusy] = useState(false);
  useEffect(() => painted?.subscribe((bitmap) => setBusy(bitmap !== null)), [painted]);
  return (
    <PixelCanvas
      name="mask"
      view={view}
      rows={mask.rows}
      columns={mask.columns}
      opacity={busy ? 0 : MASK_OPACITY}
      pixels={pixels}
    />
  );
}

/** The mask under the brush. Each move draws what it touched, without rendering anything else. */
function StrokeCanvas({ view, tool, color }: { view: PictureView; tool: MaskTool; color: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { columns, rows } = view.size;
  useEffect(() => {
    let begun = false;
    return tool.subscribe((bitmap: Bitmap | null, touched: Touched) => {
      const context = canvas.current?.getContext("2d");
      if (!context) return;
      if (bitmap === null) context.clearRect(0, 0, columns, rows);
      else paintMask(context, bitmap, color, begun ? touched : { left: 0, top: 0, right: columns, bottom: rows });
      begun = bitmap !== null;
    });
  }, [tool, color, columns, rows]);
  return (
    <canvas
      ref={canvas}
      className={classes.layer}
      aria-hidden
      width={columns}
      height={rows}
      style={{ transform: cssMatrix(view.transform), opacity: MASK_OPACITY }}
    />
  );
}

interface PixelCanvasProps {
  name: string;
  view: PictureView;
  rows: number;
  columns: number;
  opacity: number;
  smooth?: boolean;
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** RGBA pixels stretched over the whole picture, whatever their own number. */
function PixelCanvas({ name, view, rows, columns, opacity, smooth, pixels }: PixelCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(new ImageData(pixels, columns, rows), 0, 0);
  }, [pixels, columns, rows]);
  const { columns: width, rows: height } = view.size;
  return (
    <canvas
      ref={canvas}
      className={classes.layer}
      data-testid={name}
      data-smooth={smooth || undefined}
      aria-hidden
      width={columns}
      height={rows}
      style={{ width, height, transform: cssMatrix(view.transform), opacity }}
    />
  );
}
