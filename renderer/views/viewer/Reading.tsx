// Reading one case: picture with its overlays in the middle, tools above, filmstrip below, labels on the right.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { ImageStack, LabelClass } from "../../../preload/contract/index.ts";
import { useCommands } from "../../commands/useCommands.ts";
import { viewerCommands } from "../../commands/viewer.ts";
import { navigate, routeStore } from "../../state/route.ts";
import { viewerStore } from "../../state/viewer.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { useClasses, useLabels, useMay, useStackLabels } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { Picture, type PictureView } from "../../viewer/cornerstone.ts";
import { planesOfStack } from "../../viewer/panes/link.ts";
import { MAIN } from "../../viewer/panes/panes.ts";
import { Filmstrip } from "./Filmstrip.tsx";
import { FrameSlider } from "./FrameSlider.tsx";
import { ImageText } from "./ImageText.tsx";
import { LabelPanel } from "./LabelPanel.tsx";
import { Magnifier } from "./Magnifier.tsx";
import { CrossLines, Letters } from "./PaneMarks.tsx";
import paneClasses from "./Panes.module.css";
import { crosshair, PlanePane } from "./PlanePane.tsx";
import { PlanesState } from "./PlanesState.tsx";
import classes from "./Reading.module.css";
import { SidePane } from "./SidePane.tsx";
import { Stage } from "./Stage.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { useActions, useLayout } from "./useActions.ts";
import { useLinked } from "./useLinked.ts";
import type { OpenRead } from "./useOpenRead.ts";
import { usePaneInHand } from "./usePaneInHand.ts";
import { usePanes } from "./usePanes.ts";
import { isViewTool } from "./usePicture.ts";
import { usePlace } from "./usePlace.ts";
import { usePlanes } from "./usePlanes.ts";
import { usePrepared } from "./usePrepared.ts";
import { useSameStack } from "./useSameStack.ts";
import { useStackMasks } from "./useStackMasks.ts";
import { type InSight, useTools } from "./useTools.ts";

const NO_CLASSES: LabelClass[] = [];

/** Why a slice, or (null) the whole stack, cannot be shown. */
interface RefusedPicture {
  imageId: string;
  frame: number | null;
  error: unknown;
}

export interface ReadingProps {
  stack: ImageStack;
  /** of the slice that is asked for */
  index: number;
  /** whose labels are shown and given */
  layer: string;
  /** the read that is open, or null */
  open: OpenRead | null;
  /** another image was asked for and its description is on its way */
  leaving: boolean;
}

export function Reading({ stack: described, index, layer, open, leaving }: ReadingProps) {
  const stack = useSameStack(described);
  const { t } = useTranslation("viewer");
  const writer = useLabelWriter();
  const slice = stack.slices[index];
  const { imageId, frame } = slice;
  const image = stack.images.find(({ id }) => id === imageId) ?? stack.images[0];
  const members = useMemo(() => new Set(stack.images.map(({ id }) => id)), [stack]);
  const place = usePlace(imageId, members);
  const labelClasses = useClasses().data ?? NO_CLASSES;
  const labels = useLabels(imageId, layer);
  // The answer to a case is the label of its own image, whichever slice is in sight.
  const answered = open?.read.imageId ?? imageId;
  const answer = useLabels(answered, layer);
  useStackLabels(stack, layer);
  const tool = useStore(viewerStore, (state) => state.tool);
  const chosenClass = useStore(viewerStore, (state) => state.drawClass);
  const element = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState<Picture | null>(null);
  const [view, setView] = useState<PictureView | null>(null);
  const [refused, setRefused] = useState<RefusedPicture | null>(null);

  const [drawn, setDrawn] = useState<{ stack: ImageStack; classId: string } | null>(null);
  const drawClass =
    labelClasses.find(({ id }) => id === chosenClass) ??
    labelClasses.find(({ id }) => drawn?.stack === stack && id === drawn.classId) ??
    labelClasses.find(({ id }) => id === answer.data?.classId) ??
    labelClasses[0] ??
    null;
  const trouble =
    refused?.imageId === imageId && (refused.frame === null || refused.frame === frame) ? refused.error : null;
  const ready = view?.imageId === imageId && view.frame === frame && trouble === null;
  // Readers label in their own reads only.
  const mayShare = useMay("labels.shared");
  const mayLabel = open !== null || mayShare;
  const mayExplain = useMay("explanations.map");
  // A label is for the picture in sight: none is given while another one is still on the screen, or was already asked for.
  const inSight = mayLabel && !leaving && open?.read.state !== "done" && (ready || trouble !== null);

  const readId = open?.read.id ?? null;
  const listId = open?.read.listId ?? null;
  const show = useCallback(
    ({ imageId, frame }: { imageId: string; frame: number }) =>
      navigate(
        { view: "viewer", imageId, frame, ...(readId && listId ? { read: { listId, readId } } : {}) },
        { replace: true },
      ),
    [readId, listId],
  );
  const sight: InSight = {
    imageId,
    frame,
    size: image,
    layer,
    labels: labels.data,
    drawClass,
    drew: (classId) => setDrawn({ stack, classId }),
    view,
    inSight,
  };
  const now = useRef(sight);
  now.current = sight;
  const tools = useTools(now, writer);
  const { shapes, pointer } = tools;

  const goToSlice = useCallback(
    (step: number) => {
      const { imageId, frame } = now.current;
      const at = stack.slices.findIndex((one) => one.imageId === imageId && one.frame === frame);
      show(stack.slices[Math.max(0, Math.min(stack.slices.length - 1, at + step))]);
    },
    [stack, show],
  );
  const layout = useLayout(stack);
  const { state: volume, planes } = usePlanes({ stack, index, wanted: layout === "planes", show });
  const panes = usePanes(stack, layout);
  const hand = usePaneInHand([...panes.cells, ...(planes?.drawn.map(({ plane }) => plane.name) ?? [])]);
  const masks = useStackMasks(stack, layer);
  const slicePlanes = useMemo(() => planesOfStack(stack), [stack]);
  const plane = slicePlanes[index];
  const linked = useLinked({
    planes: slicePlanes,
    index,
    view: ready ? view : null,
    picture,
    kind: `${image.modality}/${image.pixels.unit}`,
    inHand: hand.is(null),
    show: (to) => show(stack.slices[to]),
    leaving,
  });
  const scroll = useRef(goToSlice);
  scroll.current = goToSlice;

  useEffect(() => {
    if (!element.current) return;
    const created = new Picture(element.current, { onView: setView, onScroll: (step) => scroll.current(step) });
    setPicture(created);
    return () => {
      created.dispose();
      setPicture(null);
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the slice is followed below; here it is only where to begin
  useEffect(() => {
    if (!picture) return;
    shapes.cancel();
    shapes.select(null);
    viewerStore.setState({ explanation: null });
    setRefused(null);
    const described = new Map(stack.images.map(({ id, modality, pixels }) => [id, { modality, pixels }]));
    picture.show(stack.slices, described, index).catch((error: unknown) => {
      setRefused({ imageId: now.current.imageId, frame: null, error });
    });
  }, [picture, stack]);
  useEffect(() => {
    const { imageId, frame } = now.current;
    picture?.setIndex(index).catch((error: unknown) => setRefused({ imageId, frame, error }));
  }, [picture, index]);
  const atHand = mayLabel || isViewTool(tool) ? tool : "window";
  useEffect(() => picture?.setTool(isViewTool(atHand) ? atHand : "label"), [picture, atHand]);
  const following = open ? (open.neighbour(1)?.imageId ?? null) : place.neighbour(1);
  usePrepared(view === null ? null : following, stack, index);

  const may = { label: mayLabel, explain: mayExplain };
  const actions = useActions({ now, tools, writer, place, picture, stack, goToSlice, show, answered, open, hand, may });
  useCommands(useMemo(() => viewerCommands(actions, labelClasses), [actions, labelClasses]));

  // What is in hand belongs to the slice on which it was drawn: it is kept before another one comes.
  useEffect(() => routeStore.subscribe(() => pointer.settle()), [pointer]);
  // Another tool completes what the last one has in hand.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the tool changes
  useEffect(() => pointer.settle(), [pointer, tool]);
  useEffect(() => {
    const onKeyUp = (event: KeyboardEvent) => {
      if (event.key.startsWith("Arrow")) shapes.keysReleased();
    };
    window.addEventListener("keyup", onKeyUp);
    return () => {
      window.removeEventListener("keyup", onKeyUp);
      pointer.settle(); // leaving the viewer keeps what was drawn
    };
  }, [shapes, pointer]);

  /** What a pane's picture does when it is to be read: a slice of this stack comes here, another picture changes places with it. */
  const readHere = (id: string) => {
    if (panes.source(id)?.of === "main") return show;
    if (open !== null) return null; // a read is about its own case
    return (slice: { imageId: string; frame: number }) => {
      panes.swap(id, { of: "image", imageId, index });
      show(slice);
    };
  };
  const mainPane = (
    <section
      key={MAIN}
      className={classes.stage}
      aria-label={t("picture", { name: image.name })}
      data-among={panes.cells.length > 1 || undefined}
      data-commands
      // Among several pictures the keys are given back to this one.
      tabIndex={layout === "1x1" ? undefined : 0}
      onFocus={() => hand.take(null)}
      onPointerDownCapture={() => hand.take(null)}
    >
      <Stage
        element={element}
        tools={tools}
        sight={sight}
        view={view}
        ready={ready}
        classes={labelClasses}
        onCrosshair={planes ? (point) => planes.moveTo(planes.acquired, point) : undefined}
      >
        {view && planes && <CrossLines view={view} lines={crosshair(planes, planes.acquired)} />}
        {view && plane && <Letters view={view} across={plane.across} down={plane.down} />}
        {view && <Magnifier element={element} picture={picture} view={view} pointer={pointer} />}
      </Stage>
      {ready && <ImageText image={image} view={view} stack={stack} index={index} />}
      {trouble !== null && (
        <div className={classes.trouble}>
          <Refused error={trouble} />
        </div>
      )}
    </section>
  );
  return (
    <div className={classes.reading}>
      <h1 className="visually-hidden">{t("picture", { name: image.name })}</h1>
      <div className={classes.column}>
        <Toolbar
          image={image}
          view={view}
          picture={picture}
          actions={actions}
          place={open || stack.images.length > 1 ? null : place}
          layer={layer}
          layout={layout}
          mayLabel={mayLabel}
        />
        <div className={paneClasses.grid} data-layout={layout}>
          {panes.cells.map((id, place) =>
            id === MAIN ? (
              mainPane
            ) : (
              <SidePane
                key={id}
                id={id}
                number={place + 1}
                source={panes.source(id)}
                candidates={panes.candidates}
                main={{ stack, index, planes: slicePlanes }}
                layer={layer}
                classes={labelClasses}
                hand={hand}
                linked={linked}
                onChoose={(source) => panes.choose(id, source)}
                onReadHere={readHere(id)}
              />
            ),
          )}
          {layout === "planes" && !planes && <PlanesState state={volume} onClose={() => actions.setLayout("1x1")} />}
          {planes?.drawn.map((drawn) => (
            <PlanePane
              key={drawn.slices[0].imageId}
              drawn={drawn}
              planes={planes}
              main={ready ? view : null}
              masks={masks}
              classes={labelClasses}
              hand={hand}
            />
          ))}
        </div>
        {stack.slices.length > 1 && <FrameSlider stack={stack} index={index} onShow={show} />}
        {open === null && <Filmstrip place={place} imageId={imageId} />}
      </div>
      <LabelPanel
        image={image}
        sight={sight}
        labels={labels}
        answer={answer}
        open={open}
        classes={labelClasses}
        actions={actions}
        tools={tools}
        mayLabel={mayLabel}
      />
    </div>
  );
}
