import type { BoxState } from "./state.ts";

/** Nothing is going on. */
export const idle: BoxState = { name: "idle", draft: null, move: () => idle, complete: () => null };
