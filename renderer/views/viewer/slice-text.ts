import type { ImageStack } from "../../../preload/contract/index.ts";

/** Frames of one image, or slices of several. */
export const sliceText = (stack: ImageStack) => (stack.images.length > 1 ? "slice" : "frame");
