/** The list of models, or one model. */
export function ModelsView(_: { modelId: string | null }) {
  return null;
}
