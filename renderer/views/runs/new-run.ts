// Where the form for a new run starts from. The form lives at `#/runs/new`; the snapshot it begins with is state of this window.
import { createStore } from "zustand/vanilla";
import { navigate } from "../../state/route.ts";

/** The place of a run id that means: the form for a new one. */
export const NEW_RUN = "new";

export const newRunStore = createStore<{ snapshotId: string | null }>(() => ({ snapshotId: null }));

/** Opens the form, with this snapshot chosen where one is given. */
export function startNewRun(snapshotId: string | null): void {
  newRunStore.setState({ snapshotId });
  navigate({ view: "runs", runId: NEW_RUN });
}
