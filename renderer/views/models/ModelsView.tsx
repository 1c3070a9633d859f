// Models: the table of all models and exports, or one model.
import { ModelList } from "./ModelList.tsx";
import { ModelPage } from "./ModelPage.tsx";

export function ModelsView({ modelId }: { modelId: string | null }) {
  return modelId === null ? <ModelList /> : <ModelPage key={modelId} modelId={modelId} />;
}
