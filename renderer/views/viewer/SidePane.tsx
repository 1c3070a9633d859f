// A pane beside the main picture, to look at: a stack with its labels, linked with the others, and the line of the main slice.
import { ActionIcon, Text } from "@mantine/core";
import { ScanEye } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { ImageStack, LabelClass } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { viewerStore } from "../../state/viewer.ts";
import { useLabels, useStack } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { firstIndex, followedIndex, planesOfStack } from "../../viewer/panes/link.ts";
import type { Candidate, PaneSource } from "../../viewer/panes/panes.ts";
import { referenceLine } from "../../viewer/panes/reference.ts";
import type { SlicePlane } from "../../viewer/volume/geometry.ts";
import { Magnifier } from "./Magnifier.tsx";
import { MaskCanvas } from "./Overlays.tsx";
import { PaneChoice } from "./PaneChoice.tsx";
import { CrossLines, Letters } from "./PaneMarks.tsx";
import classes from "./Panes.module.css";
import { ShapeCanvas } from "./ShapeOverlay.tsx";
import { type Linked, lookAlike, seenOf } from "./useLinked.ts";
import type { PaneInHand } from "./usePaneInHand.ts";
import { isViewTool, usePicture } from "./usePicture.ts";
import { useSameStack } from "./useSameStack.ts";
import { isDrawn, isMask, shownShapes } from "./useTools.ts";

const PLAIN = "#ffffff";

export interface SidePaneProps {
  /** of the pane among the panes, and its place on the page from 1 on */
  id: string;
  number: number;
  source: PaneSource | null;
  candidates: readonly Candidate[];
  /** the main picture: its stack, where it is, and where its slices lie */
  main: { stack: ImageStack; index: number; planes: readonly (SlicePlane | null)[] };
  layer: string;
  classes: readonly LabelClass[];
  hand: PaneInHand;
  linked: Linked;
  onChoose(source: PaneSource): void;
  /** null: this picture cannot become the main one */
  onReadHere: ((slice: { imageId: string; frame: number }) => void) | null;
}

export function SidePane(props: SidePaneProps) {
  const { source, main } = props;
  if (source === null) return <EmptyPane {...props} />;
  if (source.of === "image") return <OtherStack {...props} imageId={source.imageId} begin={source.index} />;
  return <StackPane key={`${main.stack.images[0].id}+${source.offset}`} {...props} stack={main.stack} begin={null} />;
}

function OtherStack({ imageId, begin, ...props }: SidePaneProps & { imageId: string; begin: number | null }) {
  const stack = useStack(imageId);
  if (stack.data) return <StackPane key={imageId} {...props} stack={stack.data} begin={begin} />;
  return (
    <EmptyPane {...props}>
      {stack.error && <Refused error={stack.error} onRetry={() => void stack.refetch()} />}
    </EmptyPane>
  );
}

function EmptyPane({ number, source, candidates, onChoose, children }: SidePaneProps & { children?: React.ReactNode }) {
  const { t } = useTranslation("viewer");
  return (
    <section className={classes.pane} aria-label={t("panes.empty", { number })}>
      <div className={classes.title}>
        <PaneChoice number={number} candidates={candidates} source={source} onChoose={onChoose} />
      </div>
      {children ? (
        <div className={classes.trouble}>{children}</div>
      ) : (
        source === null && <Text className={classes.hint}>{t("panes.hint")}</Text>
      )}
    </section>
  );
}

function StackPane(props: SidePaneProps & { stack: ImageStack; begin: number | null }) {
  const { id, number, source, candidates, main, begin, layer, classes: labelClasses, hand, linked } = props;
  const { t } = useTranslation("viewer");
  const format = useFormat();
  const tool = useStore(viewerStore, (state) => state.tool);
  const linkView = useStore(viewerStore, (state) => state.linkView);
  const showMasks = useStore(viewerStore, (state) => state.showMasks);
  const stack = useSameStack(props.stack);
  const planes = useMemo(() => planesOfStack(stack), [stack]);
  const images = useMemo(
    () => new Map(stack.images.map(({ id, modality, pixels }) => [id, { modality, pixels }])),
    [stack],
  );
  const clamped = (to: number) => Math.max(0, Math.min(planes.length - 1, to));
  const [index, setIndex] = useState(() => {
    if (begin !== null) return clamped(begin);
    if (source?.of === "main") return clamped(main.index + source.offset);
    const { index: count, stack: of } = main;
    return firstIndex({ plane: main.planes[count], count, of: of.slices.length }, planes);
  });
  /** the slice now, also before it is drawn; the distance to the main picture in slices */
  const at = useRef(index);
  const offset = useRef(source?.of === "main" ? source.offset : index - main.index);
  const go = (to: number) => {
    at.current = to;
    setIndex(to);
  };
  const scroll = (step: number) => {
    const to = clamped(at.current + step);
    go(to);
    linked.moved(id, { plane: planes[to], count: to - offset.current });
  };
  const { imageId, frame } = stack.slices[index];
  const image = stack.images.find((one) => one.id === imageId) ?? stack.images[0];
  const kind = `${image.modality}/${image.pixels.unit}`;
  const { element, picture, view, ready, error } = usePicture({
    slices: stack.slices,
    images,
    index,
    tool: isViewTool(tool) ? tool : "window",
    onScroll: scroll,
  });
  const plane = planes[index];
  const readHere = props.onReadHere;
  useEffect(() =>
    hand.register(id, { picture, scroll, readHere: readHere ? () => readHere({ imageId, frame }) : undefined }),
  );
  useLayoutEffect(() =>
    linked.join(id, {
      // One that shows the main picture's own stack keeps its distance in slices.
      follow: (leader) =>
        go(
          source?.of === "main"
            ? clamped(leader.count + offset.current)
            : followedIndex(leader, { planes, index: at.current, offset: offset.current }),
        ),
      rebase: (count) => {
        offset.current = at.current - count;
      },
      look: (seen) => view && picture && lookAlike(seen, { view, picture, plane, kind }),
    }),
  );
  const inHand = hand.is(id);
  const wasReady = useRef(false);
  useEffect(() => {
    if (!view || !picture || !ready) return;
    const seen = wasReady.current ? null : linked.seen();
    wasReady.current = true;
    if (seen) lookAlike(seen, { view, picture, plane, kind });
    else if (inHand && linkView) linked.viewed(id, seenOf({ view, picture, plane, kind }));
  }, [view, picture, ready, inHand, linkView, linked, id, plane, kind]);

  const labels = useLabels(imageId, layer);
  useStore(viewerStore, (state) => state.hiddenClasses); // shownShapes reads it
  const shown = shownShapes({ labels: labels.data, frame });
  const line = referenceLine(main.planes[main.index], plane);
  return (
    <section
      className={classes.pane}
      aria-label={t("panes.name", { number, name: image.name, at: index + 1, of: planes.length })}
      data-commands
      data-testid="side-pane"
      data-ready={ready || undefined}
      data-in-hand={inHand || undefined}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the viewer's keys go to the pane that has the focus
      tabIndex={0}
      onFocus={() => hand.take(id)}
      onPointerDownCapture={() => hand.take(id)}
      onDoubleClick={() => readHere?.({ imageId, frame })}
    >
      <div ref={element} className={classes.picture}>
        {ready && view && (
          <>
            {showMasks &&
              shown
                .filter(isMask)
                .map((mask) => (
                  <MaskCanvas
                    key={mask.id}
                    view={view}
                    mask={mask.geometry}
                    color={labelClasses.find((one) => one.id === mask.classId)?.color ?? PLAIN}
                    painted={null}
                  />
                ))}
            <ShapeCanvas view={view} shapes={shown.filter(isDrawn)} classes={labelClasses} without={null} />
            {line && <CrossLines view={view} lines={[{ of: "slice", ...line }]} />}
            {plane && <Letters view={view} across={plane.across} down={plane.down} />}
            <Magnifier element={element} picture={picture} view={view} />
          </>
        )}
      </div>
      <div className={classes.title}>
        <PaneChoice number={number} candidates={candidates} source={source} onChoose={props.onChoose} />
        {readHere && (
          <ActionIcon
            variant="default"
            size="sm"
            aria-label={t("panes.readHere", { number })}
            onClick={() => readHere({ imageId, frame })}
          >
            <ScanEye aria-hidden size={14} />
          </ActionIcon>
        )}
        <span className={classes.what}>
          {t("panes.text", {
            modality: image.modality,
            name: image.name,
            at: format.number(index + 1),
            of: format.number(planes.length),
          })}
        </span>
      </div>
      {(error ?? labels.error) !== null && (
        <div className={classes.trouble}>
          <Refused error={error ?? labels.error} />
        </div>
      )}
    </section>
  );
}
