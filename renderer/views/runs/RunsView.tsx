// Runs: the table of all runs, the form for a new one, or one run.

import { NewRunPage } from "./NewRunPage.tsx";
import { NEW_RUN } from "./new-run.ts";
import { RunList } from "./RunList.tsx";
import { RunPage } from "./RunPage.tsx";

export function RunsView({ runId }: { runId: string | null }) {
  if (runId === null) return <RunList />;
  if (runId === NEW_RUN) return <NewRunPage />;
  return <RunPage key={runId} runId={runId} />;
}
