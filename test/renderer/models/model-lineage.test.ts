import fc from "fast-check";
import { expect, test } from "vitest";
import { fileNameSchema, type Job } from "../../../preload/contract/index.ts";
import { casesOf } from "../../../renderer/views/models/cases.ts";
import { newestJob } from "../../../renderer/views/models/model-job.ts";
import {
  costChange,
  isExportName,
  proposedExportName,
  proposedFileName,
} from "../../../renderer/views/models/model-lineage.ts";

test("the name proposed for an export is one that the studio takes, from any model name", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (name) => {
      expect(isExportName(proposedExportName(name))).toBe(true);
    }),
  );
  expect(proposedExportName("ResNet-18 · Köln #2")).toBe("resnet-18-ko-ln-2");
  expect(proposedExportName("胸片模型")).toBe("model");
});

test("the file name proposed for a model is one that every system takes, and the model's own where it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (name) => {
      expect(fileNameSchema.safeParse(proposedFileName(name)).success).toBe(true);
    }),
  );
  expect(proposedFileName("胸片模型 1")).toBe("胸片模型 1");
  expect(proposedFileName(" a/b: c. ")).toBe("a-b- c");
  expect(proposedFileName("con")).toBe("model");
  expect(proposedFileName("...")).toBe("model");
});

test("names with capitals, spaces or a separator at the end are refused before the studio refuses them", () => {
  for (const name of ["Chest", "a b", "a-", ".a", "", "a".repeat(64)]) expect(isExportName(name)).toBe(false);
  for (const name of ["chest", "a.b-c_d", "a".repeat(63)]) expect(isExportName(name)).toBe(true);
});

test("costs change relatively for size and latency, absolutely for AUC and accuracy", () => {
  const change = costChange({
    before: { bytes: 400, latencyMs: 2, auc: 0.9, accuracy: 0.8, worstClass: null, worstGroup: null, flops: null },
    after: { bytes: 100, latencyMs: 3, auc: 0.88, accuracy: 0.8, worstClass: null, worstGroup: null, flops: null },
  });
  expect(change.bytes).toBeCloseTo(-0.75, 12);
  expect(change.latency).toBeCloseTo(0.5, 12);
  expect(change.auc).toBeCloseTo(-0.02, 12);
  expect(change.accuracy).toBe(0);
});

test("the job shown is the newest of its kind on this model", () => {
  const job = (id: string, kind: Job["kind"], subject: string) => ({ id, kind, subject }) as Job;
  const jobs = [
    job("1", "export", "m"),
    job("2", "compress", "x"),
    job("3", "compress", "m"),
    job("4", "compress", "m"),
  ];
  expect(newestJob(jobs, "compress", "m")?.id).toBe("3");
  expect(newestJob(jobs, "train", "m")).toBeNull();
});

test("a cell of the confusion matrix opens exactly its cases, worst first as they came", () => {
  const item = (imageId: string, truth: number, predicted: number) => ({
    imageId,
    truth,
    predicted,
    probabilities: [],
    loss: 0,
  });
  const evaluation = { cases: [item("a", 0, 1), item("b", 1, 1), item("c", 0, 1)] };
  expect(casesOf(evaluation, { truth: 0, predicted: 1 }).map(({ imageId }) => imageId)).toEqual(["a", "c"]);
  expect(casesOf(evaluation, null)).toHaveLength(3);
});
