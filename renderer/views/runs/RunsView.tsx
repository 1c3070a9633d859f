/** The list of runs, or one run. */
export function RunsView(_: { runId: string | null }) {
  return null;
}
