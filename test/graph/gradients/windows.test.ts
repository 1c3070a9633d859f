// Windows in one to three dimensions, by groups, with padding that the operator works out: gradients against central differences.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { distinctTensor, expectGradient, graphs, randomTensor } from "../central-differences.ts";
import { numbers, runGraph } from "../onnx-runtime.ts";

/** Sampling a grid is linear in the image only; along the grid steps must stay between two pixels, and float32 rounding is left. */
const BETWEEN_PIXELS = { step: 0.004, within: 5e-3 };

const axesOf = fc.integer({ min: 1, max: 3 });
const each = (axes: number, min: number, max: number) =>
  fc.array(fc.integer({ min, max }), { minLength: axes, maxLength: axes });

const convolutions = axesOf.chain((axes) =>
  fc.record({
    size: each(axes, 3, axes === 3 ? 4 : 6),
    kernel: each(axes, 1, 3),
    strides: each(axes, 1, 2),
    dilations: each(axes, 1, 2),
    pads: each(2 * axes, 0, 2),
    groups: fc.constantFrom(1, 2, 4),
    each: fc.constantFrom(1, 2),
    autoPad: fc.constantFrom("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
    target: fc.constantFrom("portable" as const, "cpu" as const),
  }),
);

/** Whether every window fits at least once. */
const fits = ({
  size,
  kernel,
  dilations,
  pads,
  autoPad,
}: {
  size: number[];
  kernel: number[];
  dilations: number[];
  pads: number[];
  autoPad: string;
}) =>
  size.every((dim, i) => {
    const padded = autoPad === "NOTSET" ? dim + pads[i]! + pads[i + size.length]! : dim;
    return padded >= (kernel[i]! - 1) * dilations[i]! + 1;
  });

describe("Conv in one to three dimensions", () => {
  test("input, weights and bias, for any kernel, stride, dilation, padding and number of groups", () =>
    fc.assert(
      fc.asyncProperty(convolutions, async (c) => {
        fc.pre(fits(c));
        const channels = c.groups * c.each;
        // The runtime refuses dilation together with auto_pad SAME.
        const same = c.autoPad.startsWith("SAME");
        const attributes = {
          kernel_shape: c.kernel,
          strides: c.strides,
          dilations: same ? c.kernel.map(() => 1) : c.dilations,
          group: c.groups,
          ...(c.autoPad === "NOTSET" ? { pads: c.pads } : { auto_pad: c.autoPad }),
        };
        await expectGradient({
          inputs: {
            x: randomTensor("float32", [2, channels, ...c.size], 1),
            w: randomTensor("float32", [c.groups, c.each, ...c.kernel], 2),
            bias: randomTensor("float32", [c.groups], 3),
          },
          target: c.target,
          build: (b, { x, w, bias }) => b.op("Conv", [x!, w!, bias!], attributes),
        });
      }),
      { numRuns: 40, seed: 11 },
    ));

  test("ConvTranspose: input, weights and bias, in one and three dimensions, by groups", async () => {
    for (const axes of [1, 3])
      for (const group of [1, 2])
        await expectGradient({
          inputs: {
            x: randomTensor("float32", [1, 2, ...new Array<number>(axes).fill(3)], 1),
            w: randomTensor("float32", [2, 2, ...new Array<number>(axes).fill(2)], 2),
            bias: randomTensor("float32", [2 * group], 3),
          },
          build: (b, { x, w, bias }) =>
            b.op("ConvTranspose", [x!, w!, bias!], {
              strides: new Array<number>(axes).fill(2),
              pads: new Array<number>(2 * axes).fill(1),
              group,
            }),
        });
  });

  test("a channel by itself for 80 channels: one node or a few, however many groups", () =>
    expectGradient({
      inputs: { x: randomTensor("float32", [1, 80, 3, 3], 1), w: randomTensor("float32", [80, 1, 3, 3], 2) },
      wrt: ["w"],
      target: "cpu",
      build: (b, { x, w }) => b.op("Conv", [x!, w!], { pads: [1, 1, 1, 1], group: 80 }),
    }));
});

describe("the processor's gradient of weights, windows laid out for some images at a time, is the portable one", () => {
  test.each([
    {
      what: "rows and columns",
      channels: 8,
      filters: 16,
      kernel: [3, 3],
      strides: [1, 1],
      pads: [1, 2, 0, 1],
      batch: 5,
    },
    { what: "every tap", channels: 16, filters: 8, kernel: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1], batch: 7 },
    { what: "one tap", channels: 64, filters: 8, kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], batch: 5 },
    {
      what: "one image at a time",
      channels: 32,
      filters: 64,
      kernel: [3, 3],
      strides: [1, 1],
      pads: [1, 1, 1, 1],
      batch: 2,
    },
  ])("$what", async ({ channels, filters, kernel, strides, pads, batch }) => {
    const inputs = {
      x: randomTensor("float32", [batch, channels, 127, 128], 1),
      w: randomTensor("float32", [filters, channels, ...kernel], 2),
    };
    const [split, whole] = (["cpu", "portable"] as const).map(
      (target) =>
        graphs({
          inputs,
          target,
          wrt: ["w"],
          build: (b, { x, w }) => b.conv(x!, w!, null, { strides, pads }),
        }).backward,
    ) as [ReturnType<typeof graphs>["backward"], ReturnType<typeof graphs>["backward"]];
    expect(split.nodes.find(({ op }) => op === "Sum")!.inputs.length).toBeGreaterThan(1);
    const expected = numbers((await runGraph(whole, inputs)).d_w!);
    const found = numbers((await runGraph(split, inputs)).d_w!);
    const largest = Math.max(...expected.map(Math.abs));
    const off = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
    expect(off / largest).toBeLessThan(1e-4);
  });
});

describe("pooling in one to three dimensions", () => {
  const pools = axesOf.chain((axes) =>
    fc.record({
      size: each(axes, 3, 5),
      kernel: each(axes, 2, 3),
      strides: each(axes, 1, 3),
      ceil: fc.boolean(),
      pad: fc.integer({ min: 0, max: 1 }),
    }),
  );
  for (const op of ["MaxPool", "AveragePool"] as const)
    test(`${op}, also with ceil_mode`, () =>
      fc.assert(
        fc.asyncProperty(pools, async ({ size, kernel, strides, ceil, pad }) => {
          // Where a last window would start in the padding, the runtime's shape inference and its kernel disagree; it refuses the graph.
          const starts = (i: number) => Math.ceil((size[i]! + 2 * pad - kernel[i]!) / strides[i]!) * strides[i]!;
          fc.pre(!ceil || size.every((dim, i) => starts(i) < dim + pad));
          await expectGradient({
            inputs: { x: distinctTensor([1, 2, ...size], 5, 1.5) },
            build: (b, { x }) =>
              b.op(op, [x!], {
                kernel_shape: kernel,
                strides,
                pads: new Array<number>(2 * size.length).fill(pad),
                ceil_mode: ceil ? 1 : 0,
              }),
          });
        }),
        { numRuns: 25, seed: 12 },
      ));
});

describe("Resize", () => {
  for (const mode of ["nearest", "linear"])
    for (const places of ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"])
      test(`${mode}, ${places}: enlarging and shrinking by sizes`, async () => {
        for (const to of [
          [7, 5],
          [3, 4],
          [2, 9],
        ])
          await expectGradient({
            inputs: { x: randomTensor("float32", [1, 2, 4, 5], 1) },
            build: (b, { x }) =>
              b.op("Resize", [x!, null, null, b.ints([1, 2, ...to])], { mode, coordinate_transformation_mode: places }),
          });
      });
  test("by scales, in one and three dimensions", async () => {
    for (const axes of [1, 3])
      await expectGradient({
        inputs: { x: randomTensor("float32", [1, 1, ...new Array<number>(axes).fill(3)], 1) },
        build: (b, { x }) =>
          b.op(
            "Resize",
            [
              x!,
              null,
              b.constant({
                type: "float32",
                dims: [axes + 2],
                data: Float32Array.from([1, 1, ...new Array<number>(axes).fill(2)]),
              }),
            ],
            {
              mode: "linear",
            },
          ),
      });
  });
});

describe("GridSample", () => {
  for (const padding_mode of ["zeros", "border"])
    for (const align_corners of [0, 1])
      test(`image and grid, ${padding_mode}, align_corners ${align_corners}`, () =>
        expectGradient({
          inputs: {
            x: randomTensor("float32", [2, 2, 4, 5], 1),
            grid: randomTensor("float32", [2, 3, 2, 2], align_corners ? 3 : 8, -1.2, 1.2),
          },
          ...BETWEEN_PIXELS,
          build: (b, { x, grid }) => b.op("GridSample", [x!, grid!], { mode: "bilinear", padding_mode, align_corners }),
        }));

  for (const align_corners of [0, 1])
    for (const reach of [1.2, 3.5])
      test(`image and grid, reflected up to ${reach}, align_corners ${align_corners}`, () =>
        expectGradient({
          inputs: {
            x: randomTensor("float32", [2, 2, 4, 5], 1),
            grid: randomTensor("float32", [2, 3, 2, 2], 8, -reach, reach),
          },
          ...BETWEEN_PIXELS,
          build: (b, { x, grid }) =>
            b.op("GridSample", [x!, grid!], { mode: "bilinear", padding_mode: "reflection", align_corners }),
        }));
});
