/** Runs side by side. */
export function CompareView(_: { runIds: string[] }) {
  return null;
}
