// What a compression changed, and names proposed for what is made of a model.
import { type CompressionReport, fileNameSchema } from "../../../preload/contract/index.ts";

export interface CostChange {
  /** -0.73: 73 % smaller. */
  bytes: number;
  latency: number;
  /** Differences, after minus before. */
  auc: number;
  accuracy: number;
}

export function costChange({ before, after }: Pick<CompressionReport, "before" | "after">): CostChange {
  return {
    bytes: relative(before.bytes, after.bytes),
    latency: relative(before.latencyMs, after.latencyMs),
    auc: after.auc - before.auc,
    accuracy: after.accuracy - before.accuracy,
  };
}

const relative = (before: number, after: number) => (before > 0 ? after / before - 1 : 0);

/** Name of the served model proposed for an export: what an OCI reference and a URL accept, from any name in any script. */
export function proposedExportName(modelName: string): string {
  const name = modelName
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
  return name === "" ? "model" : name;
}

/** Name proposed for a model's file: that of the model, without what no system takes in a file name. */
export function proposedFileName(modelName: string): string {
  const name = modelName
    .replace(/[\\/:*?"<>|\p{Cc}]+/gu, "-")
    .slice(0, 70)
    .replace(/^[. -]+|[. -]+$/g, "");
  return fileNameSchema.safeParse(name).success ? name : "model";
}

/** The contract's rule for names (models.export). */
export function isExportName(name: string): boolean {
  return name.length <= 63 && /^[a-z0-9]+([._-][a-z0-9]+)*$/.test(name);
}
