// Which help lies over the page: the user guide, or what this program is. Also there before any project is open.
import { createStore } from "zustand/vanilla";

export type Help = "guide" | "about";

export const helpStore = createStore<{ shown: Help | null }>(() => ({ shown: null }));
