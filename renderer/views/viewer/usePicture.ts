// A picture on an element, to look at: what a pane beside the main picture shows.
import { type RefObject, useEffect, useRef, useState } from "react";
import type { ToolName } from "../../state/viewer.ts";
import { type KnownImage, Picture, type PictureView, type PointerTool, type Slice } from "../../viewer/cornerstone.ts";

/** Tools that Cornerstone3D has; the left button is ours with the others. */
export const isViewTool = (tool: ToolName): tool is PointerTool & ToolName =>
  tool === "window" || tool === "pan" || tool === "zoom";

export interface ShownPicture {
  element: RefObject<HTMLDivElement | null>;
  picture: Picture | null;
  view: PictureView | null;
  /** the slice asked for is on the screen */
  ready: boolean;
  error: unknown;
}

export interface PictureParts {
  /** memoised: another one is shown from its slice on */
  slices: readonly Slice[];
  images: ReadonlyMap<string, KnownImage>;
  index: number;
  tool: PointerTool;
  onScroll(step: number): void;
}

export function usePicture({ slices, images, index, tool, onScroll }: PictureParts): ShownPicture {
  const element = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState<Picture | null>(null);
  const [view, setView] = useState<PictureView | null>(null);
  const [refused, setRefused] = useState<{ of: unknown; error: unknown } | null>(null);
  const scroll = useRef(onScroll);
  scroll.current = onScroll;
  useEffect(() => {
    if (!element.current) return;
    const created = new Picture(element.current, { onView: setView, onScroll: (step) => scroll.current(step) });
    setPicture(created);
    return () => created.dispose();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the slice is followed below; here it is only where to begin
  useEffect(() => {
    picture?.show(slices, images, index).catch((error: unknown) => setRefused({ of: slices, error }));
  }, [picture, slices, images]);
  useEffect(() => {
    picture?.setIndex(index).catch((error: unknown) => setRefused({ of: slices, error }));
  }, [picture, slices, index]);
  useEffect(() => picture?.setTool(tool), [picture, tool]);
  const slice = slices[index];
  const ready = slice !== undefined && view?.imageId === slice.imageId && view.frame === slice.frame;
  return { element, picture, view, ready, error: refused?.of === slices && !ready ? refused.error : null };
}
