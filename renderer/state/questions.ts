// Which question of the viewer has the keys.
import { createStore } from "zustand/vanilla";

export const questionStore = createStore<{ active: string | null }>(() => ({ active: null }));
