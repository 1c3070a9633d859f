// What the desktop hands to the page: a project that is to be opened, a folder or file that was dropped to be imported. Whoever acts on
// it takes it away.
import { createStore } from "zustand/vanilla";

export const offerStore = createStore<{ project: string | null; images: string | null }>(() => ({
  project: null,
  images: null,
}));
