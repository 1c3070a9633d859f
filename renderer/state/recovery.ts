// The recovery key between its creation and the moment the person has stored it. It lives in this memory only.
//
// `creating` holds the welcome screen in place: the event "project changed" may arrive before the answer that carries the key,
// and the studio must not slip away under it.
import { createStore } from "zustand/vanilla";

export interface RecoveryState {
  creating: boolean;
  key: { projectName: string; recoveryKey: string } | null;
}

export const recoveryStore = createStore<RecoveryState>(() => ({ creating: false, key: null }));
