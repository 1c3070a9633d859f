// What the viewer's commands do. They outlive renders and read what is so now.
import { type RefObject, useEffect, useMemo, useRef } from "react";
import { useStore } from "zustand";
import type { ImageStack, LabelEdit } from "../../../preload/contract/index.ts";
import type { ViewerActions } from "../../commands/viewer.ts";
import { preferencesStore } from "../../state/preferences.ts";
import { navigate } from "../../state/route.ts";
import { type Layout, viewerStore } from "../../state/viewer.ts";
import type { LabelWriter } from "../../studio/LabelWriter.ts";
import type { Picture } from "../../viewer/cornerstone.ts";
import { openRead } from "../reading/read-next.ts";
import { fillInput } from "./fill-between.ts";
import type { OpenRead } from "./useOpenRead.ts";
import type { PaneInHand } from "./usePaneInHand.ts";
import type { Place } from "./usePlace.ts";
import { type InSight, isDrawn, isMask, shownShapes, type Tools } from "./useTools.ts";

/** Slices a second. */
const CINE_RATE = 12;
const BRUSH_STEP = 1.25;
/** How many times larger. */
const LENSES: readonly number[] = [2, 3, 4];
const LARGEST_BRUSH = 400;

/** Only a stack has planes. */
const laidOut = (layout: Layout, { slices }: ImageStack): Layout =>
  layout === "planes" && slices.length < 2 ? "1x1" : layout;
const layoutOf = (stack: ImageStack): Layout => laidOut(viewerStore.getState().layout, stack);
export const useLayout = (stack: ImageStack): Layout =>
  laidOut(
    useStore(viewerStore, ({ layout }) => layout),
    stack,
  );

export interface ActionParts {
  now: RefObject<InSight>;
  tools: Tools;
  writer: LabelWriter;
  place: Place;
  picture: Picture | null;
  stack: ImageStack;
  goToSlice(step: number): void;
  show(slice: { imageId: string; frame: number }): void;
  /** image whose label is the answer: the slice in sight, or the case's own image */
  answered: string;
  open: OpenRead | null;
  hand: PaneInHand;
  /** what the member may do with what is in sight */
  may: { label: boolean; explain: boolean };
}

export function useActions(parts: ActionParts): ViewerActions {
  const { now, tools, writer, stack, goToSlice } = parts;
  const latest = useRef(parts);
  latest.current = parts;
  const cine = useRef<ReturnType<typeof setInterval> | null>(null);
  const stopCine = useRef(() => {
    if (cine.current) clearInterval(cine.current);
    cine.current = null;
  }).current;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it stops with the stack
  useEffect(() => stopCine, [stack, stopCine]);

  return useMemo<ViewerActions>(() => {
    const { shapes, masks, pointer } = tools;
    const goTo = (step: number) => {
      const { open } = latest.current;
      if (open) {
        const read = open.neighbour(step);
        if (read) openRead(read, { replace: true });
        return;
      }
      const imageId = latest.current.place.neighbour(step);
      if (imageId) navigate({ view: "viewer", imageId, frame: 0 }, { replace: true });
    };
    const follow = (change: { imageId: string; frame: number } | null) => {
      if (!change) return;
      const { imageId, frame } = now.current;
      if (change.imageId === imageId && change.frame === frame) return;
      // A label of the case itself is not on another slice.
      if (
        latest.current.open &&
        stack.images.some(({ id }) => id === imageId) &&
        change.imageId === latest.current.answered
      )
        return;
      latest.current.show({ imageId: change.imageId, frame: change.frame });
    };
    /** the picture that keys and buttons are about */
    const picture = () => {
      const { hand, picture: main } = latest.current;
      return hand.current()?.picture ?? main;
    };
    const here = () => shownShapes(now.current).filter(isDrawn);
    const sliceAfter = (step: number) => {
      const { imageId, frame } = now.current;
      const at = stack.slices.findIndex((one) => one.imageId === imageId && one.frame === frame);
      return stack.slices[at + step];
    };
    return {
      hasImage: () => true,
      mayLabel: () => latest.current.may.label,
      mayExplain: () => latest.current.may.explain,
      setClass: (classId) => {
        const { inSight, layer } = now.current;
        if (!inSight || latest.current.open?.read.state === "done") return;
        writer.setClass(layer, latest.current.answered, classId);
        const { open } = latest.current;
        if (classId !== null && open === null && preferencesStore.getState().autoAdvance) goTo(1);
      },
      undo: () => {
        shapes.cancel();
        masks.cancel();
        writer.undo(now.current.layer, follow);
      },
      redo: () => writer.redo(now.current.layer, follow),
      next: () => goTo(1),
      previous: () => goTo(-1),
      slices: () => stack.slices.length,
      slice: (step) => (latest.current.hand.current()?.scroll ?? goToSlice)(step),
      cine: () => {
        if (cine.current) return stopCine();
        cine.current = setInterval(() => {
          if (sliceAfter(1)) goToSlice(1);
          else goToSlice(-stack.slices.length);
        }, 1000 / CINE_RATE);
      },
      copyToNext: () => {
        const next = sliceAfter(1);
        const { inSight, layer, drawClass, size } = now.current;
        const image = stack.images.find(({ id }) => id === next?.imageId);
        if (!next || !inSight || image?.rows !== size.rows || image.columns !== size.columns) return;
        const chosen = shownShapes(now.current).filter((shape) =>
          shapes.selected === null ? isMask(shape) && shape.classId === drawClass?.id : shape.id === shapes.selected,
        );
        const edits = chosen.map(({ reader: _, ...shape }): LabelEdit => {
          const id = crypto.randomUUID();
          const { imageId, frame } = next;
          return { do: "put", shape: { ...shape, imageId, frame, id, track: shape.track ?? shape.id, source: "copy" } };
        });
        writer.apply(layer, edits);
        goToSlice(1);
      },
      fillBetween: () => {
        pointer.settle();
        const input = fillInput(now.current, shapes.selected);
        if (input) writer.interpolate(input);
      },
      fit: () => picture()?.fit(),
      zoom: (factor) => picture()?.zoomBy(factor),
      reset: () => picture()?.reset(),
      // Planes have the main picture's window.
      invert: () => (layoutOf(stack) === "planes" ? latest.current.picture : picture())?.invert(),
      rotate: () => picture()?.rotate(),
      flip: () => picture()?.flip(),
      setTool: (next) =>
        viewerStore.setState(
          next === "crosshair" && layoutOf(stack) !== "planes" ? { tool: next, layout: "planes" } : { tool: next },
        ),
      hasLayout: (layout) => layout !== "planes" || stack.slices.length > 1,
      setLayout: (layout) => {
        const { tool } = viewerStore.getState();
        if (layout === "planes") viewerStore.setState({ layout, tool: "crosshair" });
        else viewerStore.setState({ layout, tool: tool === "crosshair" ? "window" : tool });
      },
      magnify: () =>
        viewerStore.setState(({ magnifier }) => {
          const next = LENSES[magnifier === null ? 0 : LENSES.indexOf(magnifier) + 1];
          return { magnifier: next ?? null };
        }),
      toggleLinkScroll: () => viewerStore.setState(({ linkScroll }) => ({ linkScroll: !linkScroll })),
      toggleLinkView: () => viewerStore.setState(({ linkView }) => ({ linkView: !linkView })),
      canReadHere: () => latest.current.hand.current()?.readHere != null,
      readHere: () => {
        latest.current.hand.current()?.readHere?.();
        latest.current.picture?.focus();
      },
      toggleMasks: () => viewerStore.setState(({ showMasks }) => ({ showMasks: !showMasks })),
      toggleExplain: () => viewerStore.setState(({ explaining }) => ({ explaining: !explaining, explanation: null })),
      brush: (direction) =>
        viewerStore.setState(({ brush }) => {
          const size = brush.size * (direction > 0 ? BRUSH_STEP : 1 / BRUSH_STEP);
          return { brush: { ...brush, size: Math.max(1, Math.min(LARGEST_BRUSH, Math.round(size * 10) / 10)) } };
        }),
      canCommit: () => latest.current.open !== null && latest.current.open.read.state !== "done",
      commit: () => {
        pointer.settle();
        latest.current.open?.commit();
      },
      close: () =>
        navigate(latest.current.open ? { view: "reading", listId: null, position: null } : { view: "library" }),
      shapes: {
        canDraw: () => now.current.inSight && now.current.drawClass !== null,
        active: () => shapes.selected !== null || !shapes.isIdle || !masks.isIdle,
        open: () => !shapes.isIdle || !masks.isIdle,
        any: () => (now.current.labels?.shapes ?? []).some(isDrawn),
        start: () => {
          if (now.current.inSight) shapes.startByKeys("box");
        },
        selectNext: () => {
          const drawn = here();
          const at = drawn.findIndex(({ id }) => id === shapes.selected);
          if (drawn.length > 0) shapes.select(drawn[(at + 1) % drawn.length].id);
        },
        remove: () => {
          if (shapes.state.name === "placing") shapes.stepBack();
          else shapes.removeSelected();
        },
        complete: () => pointer.settle(),
        cancel: () => {
          if (!masks.isIdle) masks.cancel();
          else shapes.cancel();
        },
        nudge: (dx, dy) => shapes.nudge(dx, dy),
        grow: (dwidth, dheight) => shapes.grow(dwidth, dheight),
      },
      cursor: {
        on: () => pointer.hasCursor,
        toggle: () => {
          latest.current.picture?.focus();
          pointer.toggleCursor();
        },
        move: (dx, dy, fine) => pointer.moveCursor(dx, dy, fine),
        click: () => pointer.click(false),
        hold: () => pointer.toggleHold(),
      },
    };
  }, [now, tools, writer, stack, goToSlice, stopCine]);
}
