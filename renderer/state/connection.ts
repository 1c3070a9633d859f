// Whether the studio's event stream is open. "lost" and "refused" (this window is not let in any more)
// are shown; the page keeps trying.
import { createStore } from "zustand/vanilla";

export type ConnectionState = "connecting" | "open" | "lost" | "refused";

export const connectionStore = createStore<{ state: ConnectionState }>(() => ({ state: "connecting" }));
