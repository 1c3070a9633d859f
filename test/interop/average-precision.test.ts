// Average precision beside the algorithm of the VOC devkit (VOCevaldet.m and VOCap.m, 2010 on), written for numpy as the devkit writes it: one pass over all
// boxes by falling score, then the area under the measured curve. Only its inclusive pixels are left out: both sides take corners as edges.
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { averagePrecision, type DetectedImage } from "../../main/models/metrics/average-precision.ts";
import { createRandom } from "../../main/models/random.ts";

const VOC = `
import json, sys
import numpy as np

def voc(images):
    npos = sum(len(image["there"]) for image in images)
    taken = [np.zeros(len(image["there"]), bool) for image in images]
    rows = [(score, i, box) for i, image in enumerate(images) for score, box in image["found"]]
    rows.sort(key=lambda row: -row[0])
    tp, fp = np.zeros(len(rows)), np.zeros(len(rows))
    for d, (_, i, box) in enumerate(rows):
        bb, gt = np.array(box), np.array(images[i]["there"], float).reshape(-1, 4)
        best, at = -np.inf, -1
        if len(gt):
            iw = np.minimum(bb[2], gt[:, 2]) - np.maximum(bb[0], gt[:, 0])
            ih = np.minimum(bb[3], gt[:, 3]) - np.maximum(bb[1], gt[:, 1])
            inter = np.clip(iw, 0, None) * np.clip(ih, 0, None)
            union = (bb[2] - bb[0]) * (bb[3] - bb[1]) + (gt[:, 2] - gt[:, 0]) * (gt[:, 3] - gt[:, 1]) - inter
            overlaps = inter / union
            best, at = overlaps.max(), overlaps.argmax()
        if best >= 0.5 and not taken[i][at]:
            tp[d] = 1
            taken[i][at] = True
        else:
            fp[d] = 1
    tp, fp = tp.cumsum(), fp.cumsum()
    mrec = np.concatenate(([0], tp / npos, [1]))
    mpre = np.concatenate(([0], tp / (tp + fp), [0]))
    for i in range(len(mpre) - 2, -1, -1):
        mpre[i] = max(mpre[i], mpre[i + 1])
    steps = np.where(mrec[1:] != mrec[:-1])[0] + 1
    return float(((mrec[steps] - mrec[steps - 1]) * mpre[steps]).sum())

print(json.dumps([voc(images) for images in json.load(sys.stdin)]))
`;

/** True boxes, and found ones near them, beside them, twice and nowhere; no two scores are equal. */
function problem(seed: number): DetectedImage[] {
  const random = createRandom(seed, 5);
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const box = (): [number, number, number, number] => {
    const [x, y] = [between(0, 100), between(0, 100)];
    return [x, y, x + between(4, 40), y + between(4, 40)];
  };
  return Array.from({ length: 3 + random.below(20) }, () => {
    const there = Array.from({ length: 1 + random.below(4) }, () => ({ box: box(), classIndex: 0 }));
    const near = there.flatMap(({ box: corners }) =>
      Array.from({ length: random.below(3) }, () => corners.map((side) => side + 4 * random.normal())),
    ) as [number, number, number, number][];
    const all = [...near, ...Array.from({ length: random.below(4) }, box)];
    const sound = all.filter(([left, top, right, bottom]) => right > left && bottom > top);
    return { there, found: sound.map((corners) => ({ box: corners, classIndex: 0, score: random.uniform() })) };
  });
}

test("60 random problems get the devkit's average precision", () => {
  const problems = Array.from({ length: 60 }, (_, i) => problem(i));
  const job = problems.map((images) =>
    images.map(({ found, there }) => ({
      found: found.map(({ score, box }) => [score, box]),
      there: there.map(({ box }) => box),
    })),
  );
  const answer = execFileSync("/usr/bin/python3", ["-c", VOC], { input: JSON.stringify(job) });
  const expected = JSON.parse(answer.toString()) as number[];
  expect(new Set(expected.map((value) => value.toFixed(3))).size).toBeGreaterThan(20);
  for (const [i, images] of problems.entries()) {
    expect(averagePrecision(images, 0, 0.5), `problem ${i}`).toBeCloseTo(expected[i]!, 10);
  }
});
