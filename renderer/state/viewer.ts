// What the viewer shows beside the picture itself; a new image keeps tool and panels, and forgets the explanation.
import { createStore } from "zustand/vanilla";
import type { Explanation } from "../../preload/contract/index.ts";
import type { MaskToolKind } from "../viewer/masks/MaskTool.ts";
import type { DrawingKind } from "../viewer/shapes/ShapeTool.ts";

/** Tools that change the view belong to Cornerstone3D, the crosshair moves the planes, the others draw. */
export type ViewTool = "window" | "pan" | "zoom" | "crosshair";
export type ToolName = ViewTool | DrawingKind | MaskToolKind;

/** How the pictures are laid out; "planes": axial, sagittal and coronal. */
export type Layout = "1x1" | "1x2" | "2x2" | "3x3" | "planes";

export interface ViewerState {
  layout: Layout;
  /** how many times larger the lens shows what is under the pointer; null: no lens */
  magnifier: number | null;
  /** panes go through their slices together */
  linkScroll: boolean;
  /** panes share zoom, place and window */
  linkView: boolean;
  tool: ToolName;
  showMasks: boolean;
  /** classes whose shapes are not shown */
  hiddenClasses: ReadonlySet<string>;
  explaining: boolean;
  explanation: Explanation | null;
  /** every map that stays in sight is checked */
  checkMaps: boolean;
  /** of the heat map, 0 to 1 */
  opacity: number;
  /** class of what is drawn next; null: the image's label, or the first class */
  drawClass: string | null;
  brush: { size: number; tolerance: number | null };
}

export const viewerStore = createStore<ViewerState>(() => ({
  layout: "1x1",
  magnifier: null,
  linkScroll: true,
  linkView: false,
  tool: "window",
  showMasks: true,
  hiddenClasses: new Set(),
  explaining: false,
  explanation: null,
  checkMaps: true,
  opacity: 0.5,
  drawClass: null,
  brush: { size: 12, tolerance: null },
}));
