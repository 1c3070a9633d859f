// A picture with the labels of one read, to look at: window, pan and zoom, but nothing is drawn. Scrolling moves all panes together.
import { useEffect, useMemo, useRef, useState } from "react";
import type { ImageStack, LabelClass } from "../../../preload/contract/index.ts";
import { useLabels } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Picture, type PictureView } from "../../viewer/cornerstone.ts";
import { MaskCanvas } from "../viewer/Overlays.tsx";
import { ShapeCanvas } from "../viewer/ShapeOverlay.tsx";
import { isDrawn, isMask } from "../viewer/useTools.ts";
import classes from "./ReadPane.module.css";

export interface ReadPaneProps {
  stack: ImageStack;
  index: number;
  onScroll(step: number): void;
  layer: string;
  classes: readonly LabelClass[];
  name: string;
}

export function ReadPane({ stack, index, onScroll, layer, classes: labelClasses, name }: ReadPaneProps) {
  const element = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<PictureView | null>(null);
  const [picture, setPicture] = useState<Picture | null>(null);
  const [refused, setRefused] = useState<unknown>(null);
  const { imageId, frame } = stack.slices[index];
  const labels = useLabels(imageId, layer);
  const scroll = useRef(onScroll);
  scroll.current = onScroll;
  useEffect(() => {
    if (!element.current) return;
    const created = new Picture(element.current, { onView: setView, onScroll: (step) => scroll.current(step) });
    created.setTool("window");
    setPicture(created);
    return () => created.dispose();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the slice is followed below; here it is only where to begin
  useEffect(() => {
    const described = new Map(stack.images.map(({ id, modality, pixels }) => [id, { modality, pixels }]));
    picture?.show(stack.slices, described, index).catch(setRefused);
  }, [picture, stack]);
  useEffect(() => {
    picture?.setIndex(index).catch(setRefused);
  }, [picture, index]);
  const here = useMemo(() => labels.data?.shapes.filter((shape) => shape.frame === frame) ?? [], [labels.data, frame]);
  const ready = view?.imageId === imageId && view.frame === frame;
  const error = refused ?? labels.error;
  return (
    <section
      className={classes.pane}
      aria-label={name}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: slices are reached by keyboard from here
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
          event.preventDefault();
          onScroll(event.key === "ArrowDown" ? 1 : -1);
        }
      }}
    >
      <div ref={element} className={classes.picture} data-testid="read-pane" data-ready={ready || undefined}>
        {ready && view && (
          <>
            {here.filter(isMask).map((mask) => (
              <MaskCanvas
                key={mask.id}
                view={view}
                mask={mask.geometry}
                color={labelClasses.find(({ id }) => id === mask.classId)?.color ?? "#ffffff"}
                painted={null}
              />
            ))}
            <ShapeCanvas view={view} shapes={here.filter(isDrawn)} classes={labelClasses} without={null} />
          </>
        )}
      </div>
      {error !== null && error !== undefined && <Refused error={error} />}
    </section>
  );
}
