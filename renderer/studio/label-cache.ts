// What is known of labels, brought up to date by what changed.
import type { QueryClient } from "@tanstack/react-query";
import type { ImageLabels, LabelChange } from "../../preload/contract/index.ts";
import { keys } from "./queries.ts";

/**
 * Puts a change into the cached labels that it touches. While other changes of this page wait behind it, the page knows better:
 * then its images are asked for again when all are through.
 */
export function mergeChange(queryClient: QueryClient, change: LabelChange): void {
  const waiting = queryClient.getQueryData<number>(keys.saving) ?? 0;
  if (waiting > 1) {
    overtaken(queryClient, change);
    return;
  }
  for (const imageId of imagesOf(change)) {
    queryClient.setQueryData<ImageLabels>(
      keys.labels(imageId, change.layer),
      (labels) => labels && merged(labels, change),
    );
  }
  const late = queryClient.getQueryData<readonly (readonly string[])[]>(keys.overtaken) ?? [];
  if (late.length === 0) return;
  queryClient.setQueryData(keys.overtaken, []);
  for (const queryKey of late) void queryClient.invalidateQueries({ queryKey });
}

function overtaken(queryClient: QueryClient, change: LabelChange): void {
  queryClient.setQueryData<readonly (readonly string[])[]>(keys.overtaken, (late = []) => [
    ...late,
    ...[...imagesOf(change)].map((imageId) => keys.labels(imageId, change.layer)),
  ]);
}

function imagesOf({ classes, put, removed }: LabelChange): Set<string> {
  return new Set([...classes, ...put, ...removed].map(({ imageId }) => imageId));
}

function merged(labels: ImageLabels, { classes, put, removed }: LabelChange): ImageLabels {
  const said = classes.find(({ imageId }) => imageId === labels.imageId);
  const changed = new Map(put.filter(({ imageId }) => imageId === labels.imageId).map((shape) => [shape.id, shape]));
  const gone = new Set(removed.map(({ id }) => id));
  const kept = labels.shapes.filter(({ id }) => !gone.has(id)).map((shape) => changed.get(shape.id) ?? shape);
  for (const { id } of kept) changed.delete(id);
  return { ...labels, ...said, shapes: [...kept, ...changed.values()] };
}
