// Whether the studio's event stream is open. "lost" is shown; the page keeps trying.
import { createStore } from "zustand/vanilla";

export type ConnectionState = "connecting" | "open" | "lost";

export const connectionStore = createStore<{ state: ConnectionState }>(() => ({ state: "connecting" }));
