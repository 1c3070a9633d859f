// Runs: the table of all runs, the form for a new one, or one run.
import { useMay } from "../../studio/queries.ts";
import { NotForRole } from "../../ui/NotForRole.tsx";
import { NewRunPage } from "./NewRunPage.tsx";
import { NEW_RUN } from "./new-run.ts";
import { RunList } from "./RunList.tsx";
import { RunPage } from "./RunPage.tsx";

export function RunsView({ runId }: { runId: string | null }) {
  const mayStart = useMay("runs.start");
  if (runId === null) return <RunList />;
  if (runId === NEW_RUN) return mayStart ? <NewRunPage /> : <NotForRole deed="runs.start" />;
  return <RunPage key={runId} runId={runId} />;
}
