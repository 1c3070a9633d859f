// Masks and the heat map, under the boxes and glued to the picture's pixels.
import { useEffect, useMemo, useRef } from "react";
import { useStore } from "zustand";
import type { LabelClass, Mask } from "../../../preload/contract/index.ts";
import { viewerStore } from "../../state/viewer.ts";
import { rectToCss } from "../../viewer/coordinates.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import { heatPixels, maskPixels } from "../../viewer/mask.ts";
import classes from "./Overlays.module.css";

const MASK_OPACITY = 0.4;
const PLAIN = "#ffffff";

export interface OverlaysProps {
  view: PictureView;
  imageId: string;
  frame: number;
  masks: readonly Mask[] | undefined;
  classes: readonly LabelClass[];
}

export function Overlays({ view, imageId, frame, masks, classes: labelClasses }: OverlaysProps) {
  const showMasks = useStore(viewerStore, (state) => state.showMasks);
  const explanation = useStore(viewerStore, (state) => state.explanation);
  const opacity = useStore(viewerStore, (state) => state.opacity);
  const heat = explanation?.imageId === imageId && explanation.frame === frame ? explanation : null;
  return (
    <>
      {showMasks &&
        masks
          ?.filter((mask) => mask.frame === frame)
          .map((mask) => (
            <MaskCanvas
              key={mask.id}
              view={view}
              mask={mask}
              color={labelClasses.find(({ id }) => id === mask.classId)?.color ?? PLAIN}
            />
          ))}
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

function MaskCanvas({ view, mask, color }: { view: PictureView; mask: Mask; color: string }) {
  const pixels = useMemo(() => maskPixels(mask, color), [mask, color]);
  return (
    <PixelCanvas
      name="mask"
      view={view}
      rows={mask.rows}
      columns={mask.columns}
      opacity={MASK_OPACITY}
      pixels={pixels}
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
  const whole = { x: 0, y: 0, width: view.size.columns, height: view.size.rows };
  const { x: left, y: top, width, height } = rectToCss(view.transform, whole);
  return (
    <canvas
      ref={canvas}
      className={classes.layer}
      data-testid={name}
      data-smooth={smooth || undefined}
      aria-hidden
      width={columns}
      height={rows}
      style={{ left, top, width, height, opacity }}
    />
  );
}
