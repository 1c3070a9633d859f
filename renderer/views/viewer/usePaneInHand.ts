// Which pane the viewer's keys and buttons are about: the main picture, or a pane beside it that was chosen last.
import { useMemo, useRef, useState } from "react";
import type { Picture } from "../../viewer/cornerstone.ts";

interface Pane {
  picture: Picture | null;
  scroll(step: number): void;
  /** makes it the main picture, where it can be */
  readHere?(): void;
}

export interface PaneInHand {
  /** null: the main picture */
  current(): Pane | null;
  is(key: string | null): boolean;
  /** null: the main picture */
  take(key: string | null): void;
  /** what commands do in a pane; each render of a pane says it anew */
  register(key: string, pane: Pane): void;
}

/** `there`: keys of the panes that are on the screen. */
export function usePaneInHand(there: readonly string[]): PaneInHand {
  const [chosen, setChosen] = useState<string | null>(null);
  const panes = useRef(new Map<string, Pane>()).current;
  const key = chosen !== null && there.includes(chosen) ? chosen : null;
  const now = useRef(key);
  now.current = key;
  return useMemo(
    () => ({
      current: () => (now.current === null ? null : (panes.get(now.current) ?? null)),
      is: (one) => key === one,
      take: setChosen,
      register: (one, pane) => void panes.set(one, pane),
    }),
    [key, panes],
  );
}
