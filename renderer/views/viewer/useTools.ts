// The tools of one viewer: what they ask about the picture in sight, and what they say goes through the LabelWriter.
//
// Tools outlive renders, so they read what is so now from `now`.
import { type RefObject, useMemo } from "react";
import type { ImageLabels, LabelClass, MaskGeometry, Shape, ShapeInput } from "../../../preload/contract/index.ts";
import { viewerStore } from "../../state/viewer.ts";
import type { LabelWriter } from "../../studio/LabelWriter.ts";
import type { ImageSize } from "../../viewer/coordinates.ts";
import type { PictureView } from "../../viewer/cornerstone.ts";
import { MaskTool } from "../../viewer/masks/MaskTool.ts";
import { Pointer } from "../../viewer/Pointer.ts";
import { type Drawn, handlesOf, isUnder } from "../../viewer/shapes/geometry.ts";
import { type Draft, ShapeTool } from "../../viewer/shapes/ShapeTool.ts";

export type DrawnShape = Shape & { geometry: Drawn };
export type MaskShape = Shape & { geometry: MaskGeometry };

export const isMask = (shape: Shape): shape is MaskShape => shape.geometry.kind === "mask";
export const isDrawn = (shape: Shape): shape is DrawnShape => shape.geometry.kind !== "mask";

/** What the tools ask about. */
export interface InSight {
  imageId: string;
  frame: number;
  size: ImageSize;
  layer: string;
  labels: ImageLabels | undefined;
  /** of what is drawn next; null where the project has none */
  drawClass: LabelClass | null;
  view: PictureView | null;
  /** something was drawn in a class: that is the class of what comes next on other slices too */
  drew(classId: string): void;
  /** the picture on the screen is the one asked for, so labels may be given */
  inSight: boolean;
}

export interface Tools {
  shapes: ShapeTool;
  masks: MaskTool;
  pointer: Pointer;
}

/** Shapes of the slice in sight whose classes are shown. */
export function shownShapes({ labels, frame }: Pick<InSight, "labels" | "frame">): Shape[] {
  const { hiddenClasses } = viewerStore.getState();
  return (labels?.shapes ?? []).filter(
    (shape) => shape.frame === frame && (shape.classId === null || !hiddenClasses.has(shape.classId)),
  );
}

/** What was filled in between two slices is the reader's own once it is corrected: filling again leaves it alone. */
const ownHand = (shape: ShapeInput): ShapeInput =>
  shape.source === "interpolation" ? { ...shape, source: null } : shape;

export function useTools(now: RefObject<InSight>, writer: LabelWriter): Tools {
  return useMemo(() => {
    const find = (id: string) => now.current.labels?.shapes.filter(isDrawn).find((shape) => shape.id === id);
    const save = ({ id, geometry }: Draft): string => {
      const { imageId, frame, layer, drawClass } = now.current;
      if (id !== null) {
        const old = find(id);
        if (!old) return ""; // it was taken back while it was in hand
        const { reader: _, ...said } = old;
        writer.put(layer, { ...ownHand(said), geometry });
        return id;
      }
      const measures = geometry.kind === "length" || geometry.kind === "angle";
      if (!drawClass && !measures) return "";
      const fresh = crypto.randomUUID();
      const classId = measures ? null : (drawClass?.id ?? null);
      if (classId !== null) now.current.drew(classId);
      const common = { imageId, frame, attributes: {}, track: null, source: null };
      writer.put(layer, { ...common, id: fresh, classId, geometry });
      return fresh;
    };
    const shapes = new ShapeTool({
      imageSize: () => now.current.size,
      geometryOf: (id) => find(id)?.geometry ?? null,
      save,
      remove: (id) => writer.remove(now.current.layer, now.current.imageId, id),
    });
    const paintedMask = () => {
      const { labels, frame, drawClass } = now.current;
      return labels?.shapes.filter(isMask).find((mask) => mask.frame === frame && mask.classId === drawClass?.id);
    };
    const masks = new MaskTool({
      imageSize: () => now.current.size,
      current: () => paintedMask()?.geometry ?? null,
      settings: () => viewerStore.getState().brush,
      values: () => {
        const display = now.current.view?.display;
        if (!display || display.color) return null;
        const { slope, intercept } = display.scale;
        return (index) => display.values[index] * slope + intercept;
      },
      save: (geometry) => {
        const { imageId, frame, layer, drawClass } = now.current;
        const old = paintedMask();
        if (geometry === null) {
          if (old) writer.remove(layer, imageId, old.id);
          return;
        }
        if (old) {
          const { reader: _, ...said } = old;
          writer.put(layer, { ...ownHand(said), geometry });
        } else if (drawClass) {
          now.current.drew(drawClass.id);
          const common = { imageId, frame, attributes: {}, track: null, source: null };
          writer.put(layer, { ...common, id: crypto.randomUUID(), classId: drawClass.id, geometry });
        }
      },
    });
    const pointer = new Pointer(
      {
        tool: () => viewerStore.getState().tool,
        imageSize: () => now.current.size,
        mayDraw: () => {
          const { tool } = viewerStore.getState();
          return now.current.inSight && (now.current.drawClass !== null || tool === "length" || tool === "angle");
        },
        shapeAt: (point, within) =>
          shownShapes(now.current)
            .filter(isDrawn)
            .findLast(({ geometry }) => isUnder(geometry, point, within))?.id ?? null,
        handleAt: (point, within) => {
          const geometry = shapes.selected === null ? null : find(shapes.selected)?.geometry;
          if (!geometry) return null;
          const at = handlesOf(geometry).findIndex(({ x, y }) => Math.hypot(x - point.x, y - point.y) <= within);
          return at < 0 ? null : at;
        },
      },
      shapes,
      masks,
    );
    return { shapes, masks, pointer };
  }, [now, writer]);
}
