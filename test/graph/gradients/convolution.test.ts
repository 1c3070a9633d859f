import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../main/graph/builder.ts";
import { gradient } from "../../../main/graph/gradient.ts";
import { floatTensor } from "../../../main/graph/graph.ts";
import { distinctTensor, expectGradient, randomTensor } from "../central-differences.ts";
import { numbers, runGraph } from "../onnx-runtime.ts";

const small = (least: number, most: number) => fc.integer({ min: least, max: most });
const pair = (least: number, most: number) => fc.tuple(small(least, most), small(least, most));

/** A window and an image that it fits into. */
const windows = fc
  .record({
    kernel: pair(1, 3),
    strides: pair(1, 3),
    dilations: pair(1, 2),
    begin: pair(0, 2),
    end: pair(0, 2),
    spare: pair(0, 3),
    batch: small(1, 2),
    channels: small(1, 3),
    outputs: small(1, 3),
  })
  .map((w) => ({
    ...w,
    pads: [...w.begin, ...w.end],
    size: [0, 1].map((i) =>
      Math.max(1, (w.kernel[i]! - 1) * w.dilations[i]! + 1 - w.begin[i]! - w.end[i]! + w.spare[i]!),
    ),
  }));

/** Halves and quarters: sums of products are exact in float32, so a wide step sees no rounding at all. */
const usual = [
  { title: "3x3, stride 1, padding 1", kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], size: [5, 6] },
  { title: "3x3, stride 2, padding 1, even size", kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], size: [6, 6] },
  { title: "3x3, stride 2, padding 1, odd size", kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], size: [5, 7] },
  { title: "1x1, stride 1", kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], size: [3, 4] },
  { title: "1x1, stride 2, even size", kernel: [1, 1], strides: [2, 2], pads: [0, 0, 0, 0], size: [4, 6] },
  { title: "7x7, stride 2, padding 3", kernel: [7, 7], strides: [2, 2], pads: [3, 3, 3, 3], size: [9, 8] },
  { title: "3x3 on a map above 256 pixels", kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], size: [17, 18] },
  {
    title: "3x3, stride 2, onto a map above 256 pixels",
    kernel: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    size: [33, 35],
  },
  {
    title: "uneven padding on a map above 256 pixels",
    kernel: [3, 2],
    strides: [1, 1],
    pads: [0, 1, 2, 0],
    size: [18, 17],
  },
];

describe("gradients match central differences", () => {
  for (const target of ["portable", "cpu"] as const) {
    for (const { title, kernel, strides, pads, size } of usual) {
      // Wide maps are checked through the weights, which see every pixel; nudging a thousand pixels one by one adds nothing.
      const wrt = size[0]! > 9 ? ["w", "c"] : ["x", "w", "c"];
      test(`Conv ${title}, ${target}`, () =>
        expectGradient({
          inputs: {
            x: randomTensor("float32", [2, 2, ...size], 1),
            w: randomTensor("float32", [3, 2, ...kernel], 2),
            c: randomTensor("float32", [3], 3),
          },
          target,
          wrt,
          build: (b, { x, w, c }) => b.conv(x!, w!, c!, { strides, pads }),
        }));
    }

    test(`Conv for any kernel, stride, dilation, padding and size, ${target}`, () =>
      fc.assert(
        fc.asyncProperty(windows, async ({ kernel, strides, dilations, pads, size, batch, channels, outputs }) => {
          await expectGradient({
            inputs: {
              x: randomTensor("float32", [batch, channels, ...size], 1),
              w: randomTensor("float32", [outputs, channels, ...kernel], 2),
            },
            target,
            build: (b, { x, w }) => b.conv(x!, w!, null, { strides, dilations, pads }),
          });
        }),
        { numRuns: 40, seed: 2 },
      ));

    test(`Conv in 2 groups, stride 2, ${target}`, () =>
      expectGradient({
        inputs: { x: randomTensor("float32", [2, 4, 5, 4], 1), w: randomTensor("float32", [6, 2, 3, 3], 2) },
        target,
        build: (b, { x, w }) => b.conv(x!, w!, null, { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] }),
      }));

    test(`ConvTranspose, stride 2, output padding 1, ${target}`, () =>
      expectGradient({
        inputs: {
          x: randomTensor("float32", [2, 3, 3, 4], 1),
          w: randomTensor("float32", [3, 2, 3, 3], 2),
          c: randomTensor("float32", [2], 3),
        },
        target,
        build: (b, { x, w, c }) =>
          b.convTranspose(x!, w!, c!, { strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 1] }),
      }));
  }

  for (const [title, kernel, options, size] of [
    ["2x2 windows that tile", [2, 2], { strides: [2, 2] }, [4, 6]],
    ["2x2 windows that leave an odd edge", [2, 2], { strides: [2, 2] }, [5, 7]],
    ["3x3 windows that overlap, stride 2, padding 1", [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }, [6, 5]],
    ["3x2 windows, stride 1", [3, 2], { strides: [1, 1] }, [4, 4]],
  ] as const) {
    test(`MaxPool, ${title}`, () =>
      expectGradient({
        inputs: { x: distinctTensor([2, 2, ...size], 3) },
        step: 0.1,
        build: (b, { x }) => b.maxPool(x!, kernel, options),
      }));
    test(`AveragePool, ${title}`, () =>
      expectGradient({
        inputs: { x: randomTensor("float32", [2, 2, ...size], 3) },
        build: (b, { x }) => b.averagePool(x!, kernel, options),
      }));
  }

  test("MaxPool and AveragePool for any window", () =>
    fc.assert(
      fc.asyncProperty(windows, fc.boolean(), async ({ kernel, strides, pads, size, channels }, average) => {
        // ONNX wants padding smaller than the kernel.
        const inside = pads.map((pad, i) => Math.min(pad, kernel[i % 2]! - 1));
        const room = size.map((dim, i) => Math.max(dim, kernel[i]!));
        await expectGradient({
          inputs: { x: distinctTensor([1, channels, ...room], 4) },
          step: 0.1,
          build: (b, { x }) =>
            average
              ? b.averagePool(x!, kernel, { strides, pads: inside })
              : b.maxPool(x!, kernel, { strides, pads: inside }),
        });
      }),
      { numRuns: 40, seed: 3 },
    ));

  test("AveragePool that counts its padding", () =>
    expectGradient({
      inputs: { x: randomTensor("float32", [1, 2, 4, 5], 3) },
      build: (b, { x }) =>
        b.node("AveragePool", [x!], {
          kernel_shape: [3, 3],
          strides: [2, 2],
          pads: [1, 1, 1, 1],
          count_include_pad: 1,
        })[0]!,
    }));

  test("GlobalAveragePool", () =>
    expectGradient({
      inputs: { x: randomTensor("float32", [2, 3, 4, 2], 5) },
      build: (b, { x }) => b.globalAveragePool(x!),
    }));

  test("Resize by 2 and 3, nearest", () =>
    expectGradient({
      inputs: { x: randomTensor("float32", [1, 2, 3, 2], 5) },
      build: (b, { x }) => b.resizeNearest(x!, [6, 6]),
    }));
});

describe("a maximum that several pixels share", () => {
  for (const [title, options] of [
    ["tiling windows", { strides: [2, 2] }],
    ["overlapping windows with padding", { strides: [1, 1], pads: [1, 1, 0, 0] }],
  ] as const) {
    test(`gets the gradient once in all, shared evenly: ${title}`, async () => {
      const b = new GraphBuilder("ties");
      const x = b.input("x", "float32", [1, 1, 4, 4]);
      const loss = b.reduceSum(b.maxPool(x, [2, 2], options), [0, 1, 2, 3], false);
      const windows = (b.value("MaxPool_0").shape[2] as number) ** 2;
      const { graph, gradients } = gradient(b.build(), loss.name, ["x"]);
      const back = GraphBuilder.from(graph);
      back.output(back.value(gradients.get("x")!));
      const flat = floatTensor([1, 1, 4, 4], new Float32Array(16)); // 0, which is also what padding looks like
      const [found] = Object.values(await runGraph(back.build(), { x: flat }));
      expect(numbers(found!).reduce((sum, value) => sum + value, 0)).toBeCloseTo(windows, 5);
    });
  }
});
