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
  for (const imageId of imagesOf(queryClient, change)) {
    const queryKey = keys.labels(imageId, change.layer);
    const labels = queryClient.getQueryData<ImageLabels>(queryKey);
    if (labels) queryClient.setQueryData<ImageLabels>(queryKey, merged(labels, change));
    // They are on their way, perhaps from before this change: asked for again.
    else void queryClient.cancelQueries({ queryKey }).then(() => queryClient.invalidateQueries({ queryKey }));
  }
  const late = queryClient.getQueryData<readonly (readonly string[])[]>(keys.overtaken) ?? [];
  if (late.length === 0) return;
  queryClient.setQueryData(keys.overtaken, []);
  for (const queryKey of late) void queryClient.invalidateQueries({ queryKey });
}

function overtaken(queryClient: QueryClient, change: LabelChange): void {
  queryClient.setQueryData<readonly (readonly string[])[]>(keys.overtaken, (late = []) => [
    ...late,
    ...[...imagesOf(queryClient, change)].map((imageId) => keys.labels(imageId, change.layer)),
  ]);
}

/** Labels of a layer that the page knows. */
export function cachedLabels(queryClient: QueryClient, layer: string): ImageLabels[] {
  return queryClient
    .getQueriesData<ImageLabels | null>({ queryKey: keys.allLabels })
    .flatMap(([, labels]) => (labels && labels.layer === layer ? [labels] : []));
}

/** The labels with an answer given or (value null) taken back, where it is about their image. */
export function withAnswer(labels: ImageLabels, said: LabelChange["answers"][number]): ImageLabels {
  const { level, subject, questionId, value, reader } = said;
  if (subject !== (level === "image" ? labels.imageId : labels.subjects[level])) return labels;
  const others = labels.answers.filter((answer) => answer.questionId !== questionId);
  if (value === null) return { ...labels, answers: others };
  return { ...labels, answers: [...others, { level, subject, questionId, value, reader: reader ?? "" }] };
}

function imagesOf(queryClient: QueryClient, { layer, classes, put, removed, answers }: LabelChange): Set<string> {
  const about = new Set(answers.map(({ subject }) => subject));
  const seen = cachedLabels(queryClient, layer).filter(
    ({ imageId, subjects }) => about.has(imageId) || about.has(subjects.series) || about.has(subjects.patient),
  );
  return new Set([...classes, ...put, ...removed, ...seen].map(({ imageId }) => imageId));
}

function merged(labels: ImageLabels, { classes, put, removed, answers }: LabelChange): ImageLabels {
  const said = classes.find(({ imageId }) => imageId === labels.imageId);
  const changed = new Map(put.filter(({ imageId }) => imageId === labels.imageId).map((shape) => [shape.id, shape]));
  const gone = new Set(removed.map(({ id }) => id));
  const kept = labels.shapes.filter(({ id }) => !gone.has(id)).map((shape) => changed.get(shape.id) ?? shape);
  for (const { id } of kept) changed.delete(id);
  return answers.reduce(withAnswer, { ...labels, ...said, shapes: [...kept, ...changed.values()] });
}
