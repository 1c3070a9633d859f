import { expect, test } from "vitest";
import { previewAugmentation } from "../../main/training/preview.ts";
import { projectWithBlobs } from "./blob-project.ts";
import { BLOB_RECIPE, BLOB_SIZE } from "./blobs.ts";

test("training images come prepared and varied, the same for a seed, others for another; without augmentation nothing changes", async () => {
  const { project, snapshotId } = await projectWithBlobs();
  const preview = await previewAugmentation(project, snapshotId, BLOB_RECIPE, 1);
  expect(preview.size).toBe(BLOB_SIZE);
  expect(preview.images).toHaveLength(6);
  const train = new Set(
    project.snapshots
      .items(snapshotId)
      .filter(({ part }) => part === "train")
      .map(({ imageId }) => imageId),
  );
  for (const { imageId, before, after } of preview.images) {
    expect(train.has(imageId)).toBe(true);
    const bytes = Buffer.from(before, "base64");
    expect(bytes).toHaveLength(BLOB_SIZE ** 2);
    expect(Math.max(...bytes) - Math.min(...bytes)).toBeGreaterThan(50);
    expect(Buffer.from(after, "base64")).toHaveLength(BLOB_SIZE ** 2);
    expect(after).not.toBe(before);
  }
  expect(await previewAugmentation(project, snapshotId, BLOB_RECIPE, 1)).toEqual(preview);
  expect(await previewAugmentation(project, snapshotId, BLOB_RECIPE, 2)).not.toEqual(preview);
  const plain = await previewAugmentation(project, snapshotId, { ...BLOB_RECIPE, augment: null }, 1);
  for (const { before, after } of plain.images) expect(after).toBe(before);
});
