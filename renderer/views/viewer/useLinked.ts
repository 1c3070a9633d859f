// Panes that go along with each other: whoever moves tells, the others follow. The main picture's slice is the route's, so it
// follows by being shown another one, and tells whenever the route has moved it by itself.
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { useStore } from "zustand";
import { viewerStore } from "../../state/viewer.ts";
import { cssPx, scaleOf, toImage } from "../../viewer/coordinates.ts";
import type { Picture, PictureView } from "../../viewer/cornerstone.ts";
import { followedIndex, type Leader, type Look, lookLike } from "../../viewer/panes/link.ts";
import type { SlicePlane } from "../../viewer/volume/geometry.ts";
import type { Window } from "../../viewer/window.ts";

/** What a pane shows of its picture, with window; a window goes on to pictures of the same kind of values alone. */
interface Seen extends Look {
  readonly window: Window;
  readonly inverted: boolean;
  readonly kind: string;
}

export interface LinkedPane {
  follow(leader: Leader): void;
  /** the slices that it is away from now are the ones it keeps to */
  rebase(count: number): void;
  look(seen: Seen): void;
}

export interface Linked {
  /** Returns how to leave. */
  join(key: string, pane: LinkedPane): () => void;
  /** A pane was scrolled. */
  moved(key: string, leader: Leader): void;
  /** The view of a pane was changed by a person. */
  viewed(key: string | null, seen: Seen): void;
  /** what was seen last, for panes that come later */
  seen(): Seen | null;
}

export interface LinkedParts {
  /** of the main picture */
  planes: readonly (SlicePlane | null)[];
  index: number;
  view: PictureView | null;
  picture: Picture | null;
  kind: string;
  /** keys and buttons are about the main picture */
  inHand: boolean;
  show(index: number): void;
  /** another picture was asked for and its description is on its way: the index says nothing */
  leaving: boolean;
}

export function useLinked(parts: LinkedParts): Linked {
  const { planes, index, view, picture, inHand, leaving } = parts;
  const latest = useRef(parts);
  latest.current = parts;
  const panes = useRef(new Map<string, LinkedPane>()).current;
  const last = useRef<Seen | null>(null);
  /** the slice that the main picture was led to: no news */
  const led = useRef<number | null>(null);
  const linkView = useStore(viewerStore, (state) => state.linkView);

  const linked = useMemo<Linked>(
    () => ({
      join: (key, pane) => {
        panes.set(key, pane);
        return () => {
          if (panes.get(key) === pane) panes.delete(key);
        };
      },
      moved: (key, leader) => {
        if (!viewerStore.getState().linkScroll) return;
        for (const [one, pane] of panes) if (one !== key) pane.follow(leader);
        const { planes, index, show } = latest.current;
        const to = followedIndex(leader, { planes, index, offset: 0 });
        if (to === index) return;
        led.current = to;
        show(to);
      },
      viewed: (key, seen) => {
        last.current = seen;
        if (!viewerStore.getState().linkView) return;
        for (const [one, pane] of panes) if (one !== key) pane.look(seen);
        const { view, picture, planes, index, kind } = latest.current;
        if (key !== null && view && picture) lookAlike(seen, { view, picture, plane: planes[index], kind });
      },
      seen: () => (viewerStore.getState().linkView ? last.current : null),
    }),
    [panes],
  );

  const before = useRef(planes);
  // With the rendering, not some time after: keys may come faster, and whether panes are linked counts when the move was made.
  useLayoutEffect(() => {
    if (leaving) return;
    const isOther = before.current !== planes;
    before.current = planes;
    const wasLed = led.current === index;
    led.current = null;
    if (wasLed && !isOther) return;
    for (const pane of panes.values()) {
      if (isOther || !viewerStore.getState().linkScroll) pane.rebase(index);
      else pane.follow({ plane: planes[index], count: index });
    }
  }, [planes, index, panes, leaving]);
  useEffect(
    () =>
      viewerStore.subscribe((now, before) => {
        if (now.linkScroll === before.linkScroll) return;
        for (const pane of panes.values()) pane.rebase(latest.current.index);
      }),
    [panes],
  );
  useEffect(() => {
    if (inHand && linkView && view && picture) {
      linked.viewed(null, seenOf({ view, picture, plane: latest.current.planes[index], kind: latest.current.kind }));
    }
  }, [inHand, linkView, view, picture, index, linked]);
  return linked;
}

interface Shown {
  view: PictureView;
  picture: Picture;
  plane: SlicePlane | null | undefined;
  kind: string;
}

const lookOf = ({ view, picture, plane }: Shown): Look => {
  const { clientWidth, clientHeight } = picture.canvas;
  const { size, spacing, transform } = view;
  const center = toImage(transform, cssPx(clientWidth / 2, clientHeight / 2));
  return { size, spacing, plane: plane ?? null, center, scale: scaleOf(transform) };
};

export const seenOf = (shown: Shown): Seen => ({
  ...lookOf(shown),
  window: shown.view.window,
  inverted: shown.view.inverted,
  kind: shown.kind,
});

/** Changes less than these are not worth drawing again. */
const SAME_SCALE = 1e-3;
const SAME_PLACE_PX = 0.5;

export function lookAlike(seen: Seen, shown: Shown): void {
  const { view, picture, kind } = shown;
  const { window, inverted } = seen;
  if (kind === seen.kind && (window.center !== view.window.center || window.width !== view.window.width)) {
    picture.setWindow(window);
  }
  if (kind === seen.kind && inverted !== view.inverted) picture.setInverted(inverted);
  const now = lookOf(shown);
  const to = lookLike(seen, now);
  const moved = Math.hypot(to.center.x - now.center.x, to.center.y - now.center.y) * now.scale;
  if (Math.abs(to.scale / now.scale - 1) > SAME_SCALE || moved > SAME_PLACE_PX) picture.lookAt(to.center, to.scale);
}
