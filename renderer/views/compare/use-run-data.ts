// Answers for several runs at once, under the same keys as for one: opening a run after comparing it asks nothing again.
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Evaluation, Run, RunPoint } from "../../../preload/contract/index.ts";
import { keys, pointsOf } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import type { PlottedRun } from "../../ui/plots/curves.ts";
import type { JudgedPart } from "../models/EvaluationSection.tsx";

/** While runs train, their new points are asked for this often. */
const LIVE_MS = 3000;

/** One metric of every run, thinned. Asked anew while something trains: its points come too often to tell a thousand curves each time. */
export const useThinnedCurves = (metric: string, part: RunPoint["part"], running: boolean) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.curves(metric, part),
    queryFn: () => studio.comparison.curves({ metric, part }),
    refetchInterval: running ? LIVE_MS : false,
    // Comparing 40,000 points with the old ones would take longer than drawing them.
    structuralSharing: false,
  });
};

export const useComparison = (modelIds: readonly string[], part: JudgedPart) => {
  const studio = useStudio();
  return useQuery({
    queryKey: keys.comparison(modelIds, part),
    queryFn: () => studio.comparison.models({ modelIds: [...modelIds], part }),
    enabled: modelIds.length > 1,
  });
};

export interface PlottedRuns {
  plotted: PlottedRun[];
  error: Error | null;
}

export function usePlottedRuns(runs: readonly Run[]): PlottedRuns {
  const studio = useStudio();
  const queryClient = useQueryClient();
  const answers = useQueries({
    queries: runs.map(({ id }) => ({ queryKey: keys.points(id), queryFn: () => pointsOf(studio, queryClient, id) })),
    combine: (results) => ({
      data: results.map(({ data }) => data),
      error: results.find(({ error }) => error)?.error ?? null,
    }),
  });
  const plotted = useMemo(
    () => runs.map(({ id, name }, index) => ({ id, name, points: answers.data[index] ?? [] })),
    [runs, answers.data],
  );
  return { plotted, error: answers.error };
}

export interface JudgedRun {
  run: Run;
  evaluation: Evaluation;
}

export interface JudgedRuns {
  /** Runs whose evaluation is there, in the order of the runs. */
  judged: JudgedRun[];
  pending: boolean;
  error: Error | null;
}

export function useJudgedRuns(runs: readonly Run[], part: JudgedPart): JudgedRuns {
  const studio = useStudio();
  const withModel = useMemo(() => runs.filter(({ modelId }) => modelId !== null), [runs]);
  const answers = useQueries({
    queries: withModel.map(({ modelId }) => ({
      queryKey: keys.evaluation(modelId ?? "", part),
      queryFn: () => studio.models.evaluation({ modelId: modelId ?? "", part }),
    })),
    combine: (results) => ({
      data: results.map(({ data }) => data),
      pending: results.some(({ isPending, error }) => isPending && !error),
      error: results.find(({ error }) => error)?.error ?? null,
    }),
  });
  const judged = useMemo(
    () =>
      withModel.flatMap((run, index) => {
        const evaluation = answers.data[index];
        return evaluation ? [{ run, evaluation }] : [];
      }),
    [withModel, answers.data],
  );
  return { judged, pending: answers.pending, error: answers.error };
}
