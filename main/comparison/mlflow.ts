// Runs as MLflow keeps them in a folder: the file store that `mlflow ui --backend-store-uri <folder>` and `mlflow.search_runs` read.
//
// The layout is that of mlflow/store/tracking/file_store.py: `<experiment>/meta.yaml`, and in `<experiment>/<run>/` a meta.yaml and the folders params, metrics and tags,
// one file for each name, and artifacts. A line of a metric is `timestamp value step`, time in milliseconds. An experiment is a snapshot: only runs on the same images can
// be compared. Strings in YAML are JSON strings, which YAML 1.2 reads alike.
import { createHash } from "node:crypto";
import type { Evaluation, Run, RunPoint, Snapshot } from "../../preload/contract/index.ts";
import { flat } from "./run-csv.ts";

export interface MlflowFile {
  readonly path: string;
  readonly bytes: string;
}

/** mlflow.entities.RunStatus */
const STATUS = { running: 1, done: 3, failed: 4, cancelled: 5, interrupted: 5 } as const satisfies Record<
  Run["state"],
  number
>;
/** mlflow.entities.SourceType.LOCAL */
const LOCAL = 4;
/** Newer MLflow allows 6,000 characters of a parameter, older ones 500. */
const LONGEST_PARAMETER = 500;

const yaml = (fields: Readonly<Record<string, string | number | null | readonly []>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join("");

/** MLflow's own ids of experiments are numbers of 18 digits. */
export function experimentId({ id }: Pick<Snapshot, "id">): string {
  const digits = BigInt(`0x${createHash("sha256").update(id).digest("hex").slice(0, 15)}`) % 10n ** 17n;
  return String(10n ** 17n + digits);
}

/** `root`: file address of the store, for example `file:///home/ada/runs`, where MLflow looks for artifacts. */
export function experimentFiles(
  snapshot: Pick<Snapshot, "id" | "name" | "createdAt" | "hash">,
  root: string,
): MlflowFile[] {
  const id = experimentId(snapshot);
  const at = Date.parse(snapshot.createdAt);
  const meta = {
    artifact_location: `${root}/${id}`,
    creation_time: at,
    experiment_id: id,
    last_update_time: at,
    lifecycle_stage: "active",
    // Names of experiments are unique in a store, names of snapshots are not.
    name: `${snapshot.name} (${snapshot.hash.slice(0, 8)})`,
  };
  return [
    { path: `${id}/meta.yaml`, bytes: yaml(meta) },
    { path: `${id}/tags/loupe.snapshot`, bytes: snapshot.hash },
  ];
}

/** `evaluations`: those that are kept of the run's model; their figures become metrics `validation/auc` and so on under `final/`. */
export function runFiles(
  run: Run,
  points: readonly RunPoint[],
  evaluations: readonly Evaluation[],
  snapshot: Pick<Snapshot, "id">,
  root: string,
): MlflowFile[] {
  const experiment = experimentId(snapshot);
  const id = run.id.replaceAll("-", "");
  const folder = `${experiment}/${id}`;
  const began = Date.parse(run.createdAt);
  const pace = run.step > 0 ? (run.seconds * 1000) / run.step : 0;
  const ended = run.finishedAt === null ? null : Date.parse(run.finishedAt);
  const meta = {
    artifact_uri: `${root}/${folder}/artifacts`,
    end_time: ended,
    entry_point_name: "",
    experiment_id: experiment,
    lifecycle_stage: "active",
    run_id: id,
    run_name: run.name,
    run_uuid: id,
    source_name: "Loupe",
    source_type: LOCAL,
    source_version: run.version ?? "",
    start_time: began,
    status: STATUS[run.state],
    tags: [] as const,
    user_id: "",
  };
  const metrics = new Map<string, string>();
  const add = (name: string, at: number, value: number, step: number): void => {
    metrics.set(name, `${metrics.get(name) ?? ""}${Math.round(at)} ${value} ${step}\n`);
  };
  for (const { part, metric, step, value } of points) add(`${part}/${metric}`, began + step * pace, value, step);
  for (const { part, accuracy, auc, calibration } of evaluations) {
    const figures = { accuracy: accuracy.value, auc: auc?.value, ece: calibration.ece };
    for (const [name, value] of Object.entries(figures)) {
      if (value !== undefined) add(`final/${part}/${name}`, ended ?? began, value, run.step);
    }
  }
  const tags: Record<string, string> = {
    "mlflow.runName": run.name,
    "mlflow.source.type": "LOCAL",
    "mlflow.source.name": "Loupe",
    "mlflow.note.content": run.notes,
    "loupe.run": run.id,
    "loupe.state": run.state,
    "loupe.device": run.device,
    "loupe.threads": String(run.threads),
    "loupe.version": run.version ?? "",
    ...Object.fromEntries(run.tags.map((tag, i) => [`loupe.tag.${i + 1}`, tag])),
  };
  return [
    { path: `${folder}/meta.yaml`, bytes: yaml(meta) },
    ...[...flat(run.recipe, "recipe")].map(([name, value]) => ({
      path: `${folder}/params/${name}`,
      bytes: String(value ?? "").slice(0, LONGEST_PARAMETER),
    })),
    ...[...metrics].map(([name, bytes]) => ({ path: `${folder}/metrics/${name}`, bytes })),
    ...Object.entries(tags)
      .filter(([, value]) => value !== "")
      .map(([name, bytes]) => ({ path: `${folder}/tags/${name}`, bytes })),
    { path: `${folder}/artifacts/recipe.json`, bytes: `${JSON.stringify(run.recipe, null, 2)}\n` },
  ];
}
