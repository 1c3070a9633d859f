import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { gradient } from "../../main/graph/gradient.ts";
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { detectorPlaces } from "../../main/models/architectures/detector.ts";
import {
  type BoxCorners,
  type BoxedObject,
  type Detection,
  intersectionOverUnion,
  placeTargets,
  standingBoxes,
  suppressed,
} from "../../main/models/boxes.ts";
import { averagePrecision, meanAveragePrecision } from "../../main/models/metrics/average-precision.ts";
import { boxesObjective } from "../../main/models/objectives.ts";
import { createRandom } from "../../main/models/random.ts";
import { expectGradient, randomTensor } from "../graph/central-differences.ts";
import { numbers, runGraph } from "../graph/onnx-runtime.ts";

const corner = fc.double({ min: 0, max: 60, noNaN: true });
const side = fc.double({ min: 1, max: 40, noNaN: true });
const box = fc
  .tuple(corner, corner, side, side)
  .map(([left, top, width, height]): BoxCorners => [left, top, left + width, top + height]);
const detection = fc
  .record({ box, score: fc.double({ min: 0.06, max: 1, noNaN: true }), classIndex: fc.integer({ min: 0, max: 2 }) })
  .map((found): Detection => found);

describe("intersection over union", () => {
  test("of two boxes that share a quarter of each is a seventh", () => {
    expect(intersectionOverUnion([0, 0, 2, 2], [1, 1, 3, 3])).toBeCloseTo(1 / 7, 12);
  });
  test("is symmetric, from 0 to 1, and 1 for a box with itself", () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        const found = intersectionOverUnion(a, b);
        expect(found).toBe(intersectionOverUnion(b, a));
        expect(found).toBeGreaterThanOrEqual(0);
        expect(found).toBeLessThanOrEqual(1 + 1e-12);
        expect(intersectionOverUnion(a, a)).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe("suppression", () => {
  test("keeps the likeliest, no two that overlap more than allowed, and covers what it drops", () => {
    fc.assert(
      fc.property(fc.array(detection, { maxLength: 30 }), (found) => {
        const standing = suppressed(found, 0.5);
        const overlapping = (a: Detection, b: Detection) =>
          a.classIndex === b.classIndex && intersectionOverUnion(a.box, b.box) > 0.5;
        expect(standing.every((a, i) => standing.every((b, k) => i === k || !overlapping(a, b)))).toBe(true);
        for (const dropped of found.filter((one) => !standing.includes(one)))
          expect(standing.some((kept) => kept.score >= dropped.score && overlapping(kept, dropped))).toBe(true);
        const scores = standing.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      }),
    );
  });
  test("of a detector's answers leaves out what is unlikely, not a number, or of a class of its own", () => {
    const boxes = Float32Array.from([0, 0, 4, 4, 0, 0, 4, 4, 9, 9, 12, 12]);
    const probabilities = Float32Array.from([0.9, 0.2, 0.8, 0.01, Number.NaN, 0.5]);
    expect(standingBoxes(probabilities, boxes, 2).map(({ classIndex, score }) => [classIndex, score])).toEqual([
      [0, Math.fround(0.9)],
      [1, 0.5],
      [1, Math.fround(0.2)],
    ]);
  });
});

describe("what places should answer", () => {
  const SIZE = [64, 64];
  const places = detectorPlaces(SIZE);
  const inside = box.filter(([, , right, bottom]) => right <= 64 && bottom <= 64);

  test("a box in the middle of a place is learnt there, with its reaches, fully central", () => {
    const { classes, distances, centreness } = placeTargets(SIZE, [{ box: [26, 24, 34, 36], classIndex: 1 }], 2);
    const at = places.findIndex(({ x, y, stride }) => stride === 4 && x === 30 && y === 30);
    expect([...distances.subarray(4 * at, 4 * at + 4)]).toEqual([4, 6, 4, 6]);
    expect([...classes.subarray(2 * at, 2 * at + 2)]).toEqual([0, 1]);
    expect(centreness[at]).toBe(1);
  });

  test("every box that has a place inside is learnt somewhere, and every answer is the box", () => {
    fc.assert(
      fc.property(inside, (corners) => {
        const { classes, distances, centreness } = placeTargets(SIZE, [{ box: corners, classIndex: 0 }], 1);
        const within = places.some(({ x, y }) => x > corners[0] && x < corners[2] && y > corners[1] && y < corners[3]);
        expect(classes.some((value) => value === 1)).toBe(within);
        classes.forEach((value, p) => {
          const [left, top, right, bottom] = distances.subarray(4 * p, 4 * p + 4) as unknown as BoxCorners;
          if (value === 0) {
            expect([left, top, right, bottom, centreness[p]]).toEqual([0, 0, 0, 0, 0]);
            return;
          }
          const { x, y } = places[p]!;
          [x - left, y - top, x + right, y + bottom].forEach((edge, i) => {
            expect(edge).toBeCloseTo(corners[i]!, 3);
          });
          expect(centreness[p]!).toBeGreaterThan(0);
          expect(centreness[p]!).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  test("of two boxes over each other the small one gets the places in its middle", () => {
    const objects: BoxedObject[] = [
      { box: [10, 10, 40, 40], classIndex: 0 },
      { box: [22, 22, 30, 30], classIndex: 1 },
    ];
    for (const order of [objects, objects.toReversed()]) {
      const { classes } = placeTargets(SIZE, order, 2);
      const at = places.findIndex(({ x, y, stride }) => stride === 4 && x === 26 && y === 26);
      expect([...classes.subarray(2 * at, 2 * at + 2)]).toEqual([0, 1]);
    }
  });
});

describe("the detector's loss", () => {
  const inputs = (batch: number, places: number, classes: number) =>
    ({
      logits: [batch, places, classes],
      distances: [batch, places, 4],
      centreness: [batch, places, 1],
    }) as const;
  const lossOf = async (answers: Readonly<Record<string, Tensor>>, truths: Readonly<Record<string, Tensor>>) => {
    const b = new GraphBuilder("loss");
    for (const [name, { dims }] of Object.entries(answers)) b.input(name, "float32", dims);
    b.output(b.as("loss").identity(boxesObjective().write(b)));
    const { loss } = await runGraph(b.build(), { ...answers, ...truths });
    return numbers(loss!)[0]!;
  };

  test("is focal loss, GIoU loss and centre-ness as FCOS counts them", async () => {
    const answers = {
      logits: floatTensor([1, 2, 1], [0.5, -2]),
      distances: floatTensor([1, 2, 4], [2, 2, 2, 2, 1, 1, 1, 1]),
      centreness: floatTensor([1, 2, 1], [0.3, 4]),
    };
    const truths = {
      classes: floatTensor([1, 2, 1], [1, 0]),
      reach: floatTensor([1, 2, 4], [1, 2, 3, 2, 0, 0, 0, 0]),
      centre: floatTensor([1, 2, 1], [0.6, 0]),
    };
    const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
    const [hit, miss] = [sigmoid(0.5), sigmoid(-2)];
    const focal = -0.25 * (1 - hit) ** 2 * Math.log(hit) - 0.75 * miss ** 2 * Math.log(1 - miss);
    // Both boxes are 4 by 4, one moved by 1: 12 of 20 shared, 5 by 4 around both.
    const apart = 1 - (12 / 20 - 0);
    const central = -(0.6 * Math.log(sigmoid(0.3)) + 0.4 * Math.log(1 - sigmoid(0.3)));
    expect(await lossOf(answers, truths)).toBeCloseTo(focal + central + (apart * 0.6) / (0.6 + 1e-3), 4);
  });

  test("of a batch without boxes is finite, and its gradient too", async () => {
    const dims = inputs(2, 3, 2);
    const b = new GraphBuilder("empty");
    for (const [name, shape] of Object.entries(dims)) b.input(name, "float32", shape);
    const loss = b.as("loss").identity(boxesObjective().write(b));
    b.output(loss);
    const names = Object.keys(dims);
    const { graph, gradients } = gradient(b.build(), "loss", names);
    const back = GraphBuilder.from(graph);
    for (const name of names) back.output(back.value(gradients.get(name)!));
    const found = await runGraph(back.build(), {
      ...Object.fromEntries(
        Object.entries(dims).map(([name, shape]) => [name, randomTensor("float32", shape, 3, 0.1, 1)]),
      ),
      classes: floatTensor(dims.logits, new Array(12).fill(0)),
      reach: floatTensor(dims.distances, new Array(24).fill(0)),
      centre: floatTensor(dims.centreness, new Array(6).fill(0)),
    });
    for (const value of Object.values(found)) expect(numbers(value).every(Number.isFinite)).toBe(true);
  });

  test("has the gradient of central differences", async () => {
    const random = createRandom(4);
    const dims = inputs(1, 3, 2);
    const truths = {
      classes: floatTensor(dims.logits, [1, 0, 0, 0, 0, 1]),
      reach: floatTensor(
        dims.distances,
        Array.from({ length: 12 }, (_, i) => (i >= 4 && i < 8 ? 0 : 1 + random.uniform())),
      ),
      centre: floatTensor(dims.centreness, [0.7, 0, 0.4]),
    };
    await expectGradient({
      inputs: {
        logits: randomTensor("float32", dims.logits, 5),
        // Far from the truths, where the smaller of two changes hands.
        distances: randomTensor("float32", dims.distances, 6, 2.5, 4),
        centreness: randomTensor("float32", dims.centreness, 7),
      },
      step: 0.01,
      within: 2e-3,
      // The truths are known here, so they are constants in place of the inputs that the objective declares.
      build: (b) => {
        const given = Object.create(b, {
          input: { value: (name: keyof typeof truths) => b.constant(truths[name]) },
        }) as GraphBuilder;
        return boxesObjective().write(given);
      },
    });
  });
});

describe("average precision", () => {
  const there = (...boxes: BoxCorners[]): BoxedObject[] => boxes.map((corners) => ({ box: corners, classIndex: 0 }));
  const found = (score: number, corners: BoxCorners): Detection => ({ score, box: corners, classIndex: 0 });
  const [A, B, C]: BoxCorners[] = [
    [0, 0, 10, 10],
    [20, 20, 30, 30],
    [50, 50, 60, 60],
  ] as BoxCorners[];

  test("is 1 when all is found and nothing else, 0 when nothing is, null when nothing is there", () => {
    expect(averagePrecision([{ found: [found(0.3, A!)], there: there(A!) }], 0, 0.5)).toBe(1);
    expect(averagePrecision([{ found: [], there: there(A!) }], 0, 0.5)).toBe(0);
    expect(averagePrecision([{ found: [found(0.3, A!)], there: [] }], 0, 0.5)).toBeNull();
  });
  test("right, wrong, right over three objects: 1/3 at 1, 1/3 at 2/3, the last never found", () => {
    const images = [
      { found: [found(0.9, A!), found(0.8, C!), found(0.7, B!)], there: there(A!, B!) },
      { found: [], there: there(C!) },
    ];
    expect(averagePrecision(images, 0, 0.5)).toBeCloseTo(1 / 3 + 2 / 9, 12);
  });
  test("a second detection of the same object is wrong", () => {
    const images = [{ found: [found(0.9, A!), found(0.8, A!), found(0.7, B!)], there: there(A!, B!) }];
    expect(averagePrecision(images, 0, 0.5)).toBeCloseTo(1 / 2 + (1 / 2) * (2 / 3), 12);
  });
  test("an overlap of less than a half is no hit", () => {
    expect(averagePrecision([{ found: [found(0.9, [0, 0, 10, 4.9])], there: there(A!) }], 0, 0.5)).toBe(0);
    expect(averagePrecision([{ found: [found(0.9, [0, 0, 10, 5])], there: there(A!) }], 0, 0.5)).toBe(1);
  });
  test("mAP50 is the mean over the classes that are there", () => {
    const images = [{ found: [found(0.9, A!)], there: [...there(A!), { box: B!, classIndex: 2 }] }];
    expect(meanAveragePrecision(images, 3)).toBe(0.5);
    expect(meanAveragePrecision([{ found: [], there: [] }], 3)).toBeNull();
  });
});
