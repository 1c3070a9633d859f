// What the viewer shows beside the picture itself; a new image keeps tool and panels, and forgets the explanation.
import { createStore } from "zustand/vanilla";
import type { Explanation } from "../../preload/contract/index.ts";

export interface ViewerState {
  tool: "window" | "pan" | "zoom" | "box";
  showMasks: boolean;
  explaining: boolean;
  explanation: Explanation | null;
  /** of the heat map, 0 to 1 */
  opacity: number;
  /** class of the next box; null: the image's label, or the first class */
  boxClass: string | null;
}

export const viewerStore = createStore<ViewerState>(() => ({
  tool: "window",
  showMasks: true,
  explaining: false,
  explanation: null,
  opacity: 0.5,
  boxClass: null,
}));
