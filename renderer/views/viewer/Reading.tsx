// Reading one image: picture with its overlays in the middle, tools above, filmstrip below, labels on the right.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { ImageDetail, LabelClass } from "../../../preload/contract/index.ts";
import { useCommands } from "../../commands/useCommands.ts";
import { type ViewerActions, viewerCommands } from "../../commands/viewer.ts";
import { preferencesStore } from "../../state/preferences.ts";
import { navigate, routeStore } from "../../state/route.ts";
import { viewerStore } from "../../state/viewer.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { keys, useClasses, useLabels } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { BoxTool } from "../../viewer/boxes/BoxTool.ts";
import { Picture, type PictureView } from "../../viewer/cornerstone.ts";
import { BoxOverlay } from "./BoxOverlay.tsx";
import { Filmstrip } from "./Filmstrip.tsx";
import { FrameSlider } from "./FrameSlider.tsx";
import { ImageText } from "./ImageText.tsx";
import { LabelPanel } from "./LabelPanel.tsx";
import { Overlays } from "./Overlays.tsx";
import classes from "./Reading.module.css";
import { Toolbar } from "./Toolbar.tsx";
import { usePlace } from "./usePlace.ts";

const NO_CLASSES: LabelClass[] = [];

/** Why a frame, or (null) the whole image, cannot be shown. */
interface RefusedPicture {
  imageId: string;
  frame: number | null;
  error: unknown;
}

export interface ReadingProps {
  image: ImageDetail;
  frame: number;
  /** another image was asked for and its description is on its way */
  leaving: boolean;
}

export function Reading({ image, frame, leaving }: ReadingProps) {
  const { t } = useTranslation("viewer");
  const studio = useStudio();
  const queryClient = useQueryClient();
  const writer = useLabelWriter();
  const place = usePlace(image.id);
  const labelClasses = useClasses().data ?? NO_CLASSES;
  const labels = useLabels(image.id);
  const tool = useStore(viewerStore, (state) => state.tool);
  const boxClass = useStore(viewerStore, (state) => state.boxClass);
  const element = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState<Picture | null>(null);
  const [view, setView] = useState<PictureView | null>(null);
  const [refused, setRefused] = useState<RefusedPicture | null>(null);

  const classOfNewBox =
    labelClasses.find(({ id }) => id === boxClass) ??
    labelClasses.find(({ id }) => id === labels.data?.classId) ??
    labelClasses[0] ??
    null;

  const trouble =
    refused?.imageId === image.id && (refused.frame === null || refused.frame === frame) ? refused.error : null;
  const ready = view?.imageId === image.id && view.frame === frame && trouble === null;
  // A label is for the picture in sight: none is given while another one is still on the screen, or was already asked for.
  const inSight = !leaving && (ready || trouble !== null);

  // Commands and the box tool outlive renders; they read what is so now.
  const now = useRef({ image, frame, labels: labels.data, classOfNewBox, place, picture, inSight });
  now.current = { image, frame, labels: labels.data, classOfNewBox, place, picture, inSight };

  const boxTool = useMemo(
    () =>
      new BoxTool({
        imageSize: () => now.current.image,
        rectOf: (id) => now.current.labels?.boxes.find((box) => writer.isSame(box.id, id)) ?? null,
        save: ({ id, rect }) => {
          const { image, frame, labels, classOfNewBox } = now.current;
          const old = labels?.boxes.find((box) => id !== null && writer.isSame(box.id, id));
          if (id !== null && !old) return ""; // it was taken back while it was in hand
          const classId = old?.classId ?? classOfNewBox?.id;
          if (!classId) return "";
          const { x, y, width, height } = rect;
          return writer.saveBox({
            ...(old ? { id: old.id } : {}),
            imageId: image.id,
            frame: old?.frame ?? frame,
            classId,
            x,
            y,
            width,
            height,
          });
        },
        remove: (id) => writer.deleteBox(now.current.image.id, id),
      }),
    [writer],
  );

  const goTo = useCallback((step: number) => {
    const imageId = now.current.place.neighbour(step);
    if (imageId) navigate({ view: "viewer", imageId, frame: 0 }, { replace: true });
  }, []);
  const goToFrame = useCallback((step: number) => {
    const { image, frame } = now.current;
    const next = Math.max(0, Math.min(image.frames - 1, frame + step));
    navigate({ view: "viewer", imageId: image.id, frame: next }, { replace: true });
  }, []);

  useEffect(() => {
    if (!element.current) return;
    const created = new Picture(element.current, { onView: setView, onScroll: goToFrame });
    setPicture(created);
    return () => {
      created.dispose();
      setPicture(null);
    };
  }, [goToFrame]);

  const { id, modality, pixels } = image;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the frame is followed below; here it is only where to begin
  useEffect(() => {
    if (!picture) return;
    boxTool.cancel();
    boxTool.select(null);
    viewerStore.setState({ explanation: null });
    setRefused(null);
    picture.show(id, { modality, pixels }, frame).catch((error: unknown) => {
      if (now.current.image.id === id) setRefused({ imageId: id, frame: null, error });
    });
  }, [picture, id]);
  useEffect(() => {
    const imageId = now.current.image.id;
    picture?.setFrame(frame).catch((error: unknown) => setRefused({ imageId, frame, error }));
  }, [picture, frame]);
  useEffect(() => picture?.setTool(tool), [picture, tool]);

  // What comes next is loaded before it is asked for.
  const following = place.neighbour(1);
  const hasView = view !== null;
  useEffect(() => {
    if (!following || !hasView) return;
    const prepare = async () => {
      const detail = await queryClient.fetchQuery({
        queryKey: keys.image(following),
        queryFn: () => studio.images.get({ id: following }),
      });
      await Picture.prepare(following, detail);
    };
    prepare().catch(() => {}); // only a convenience: the viewer reports it when the image is really opened
  }, [following, hasView, queryClient, studio]);

  const actions = useMemo<ViewerActions>(() => {
    const follow = (change: { imageId: string } | null) => {
      if (change && change.imageId !== now.current.image.id) {
        navigate({ view: "viewer", imageId: change.imageId, frame: 0 }, { replace: true });
      }
    };
    return {
      hasImage: () => true,
      setClass: (classId) => {
        if (!now.current.inSight) return;
        writer.setClass(now.current.image.id, classId);
        if (classId !== null && preferencesStore.getState().autoAdvance) goTo(1);
      },
      undo: () => {
        boxTool.cancel();
        writer.undo(follow);
      },
      redo: () => writer.redo(follow),
      next: () => goTo(1),
      previous: () => goTo(-1),
      frames: () => now.current.image.frames,
      frame: goToFrame,
      fit: () => now.current.picture?.fit(),
      zoom: (factor) => now.current.picture?.zoomBy(factor),
      reset: () => now.current.picture?.reset(),
      invert: () => now.current.picture?.invert(),
      setTool: (next) => viewerStore.setState({ tool: next }),
      toggleMasks: () => viewerStore.setState(({ showMasks }) => ({ showMasks: !showMasks })),
      toggleExplain: () => viewerStore.setState(({ explaining }) => ({ explaining: !explaining, explanation: null })),
      close: () => navigate({ view: "library" }),
      boxes: {
        canDraw: () => now.current.inSight && now.current.classOfNewBox !== null,
        active: () => boxTool.selected !== null || boxTool.state.name !== "idle",
        open: () => boxTool.state.name !== "idle",
        any: () => (now.current.labels?.boxes.length ?? 0) > 0,
        start: () => {
          if (now.current.inSight) boxTool.startKeyboard();
        },
        selectNext: () => {
          const { labels, frame } = now.current;
          const here = labels?.boxes.filter((box) => box.frame === frame) ?? [];
          const at = here.findIndex((box) => boxTool.selected !== null && writer.isSame(box.id, boxTool.selected));
          if (here.length > 0) boxTool.select(here[(at + 1) % here.length].id);
        },
        remove: () => boxTool.removeSelected(),
        complete: () => boxTool.complete(),
        cancel: () => boxTool.cancel(),
        nudge: (dx, dy) => boxTool.nudge(dx, dy),
        grow: (dwidth, dheight) => boxTool.grow(dwidth, dheight),
      },
    };
  }, [boxTool, goTo, goToFrame, writer]);
  useCommands(useMemo(() => viewerCommands(actions, labelClasses), [actions, labelClasses]));

  // A box in hand belongs to the image and frame on which it was drawn: it is kept before another one comes.
  useEffect(() => routeStore.subscribe(() => boxTool.complete()), [boxTool]);

  useEffect(() => {
    const onKeyUp = (event: KeyboardEvent) => {
      if (event.key.startsWith("Arrow")) boxTool.keysReleased();
    };
    window.addEventListener("keyup", onKeyUp);
    return () => {
      window.removeEventListener("keyup", onKeyUp);
      boxTool.complete(); // leaving the viewer keeps what was drawn
    };
  }, [boxTool]);

  return (
    <div className={classes.reading}>
      <h1 className="visually-hidden">{t("picture", { name: image.name })}</h1>
      <div className={classes.column}>
        <Toolbar image={image} view={view} picture={picture} actions={actions} place={place} />
        <section className={classes.stage} aria-label={t("picture", { name: image.name })}>
          <div ref={element} className={classes.picture} data-testid="picture" data-ready={ready || undefined}>
            {ready && (
              <>
                <Overlays view={view} imageId={id} frame={frame} masks={labels.data?.masks} classes={labelClasses} />
                <BoxOverlay
                  tool={boxTool}
                  view={view}
                  frame={frame}
                  boxes={labels.data?.boxes}
                  classes={labelClasses}
                  drawing={tool === "box" && classOfNewBox !== null}
                />
              </>
            )}
          </div>
          {ready && <ImageText image={image} view={view} />}
          {trouble !== null && (
            <div className={classes.trouble}>
              <Refused error={trouble} />
            </div>
          )}
        </section>
        {image.frames > 1 && <FrameSlider image={image} frame={frame} />}
        <Filmstrip place={place} imageId={id} />
      </div>
      <LabelPanel
        image={image}
        frame={frame}
        labels={labels}
        classes={labelClasses}
        actions={actions}
        boxTool={boxTool}
        newBoxClass={classOfNewBox}
      />
    </div>
  );
}
