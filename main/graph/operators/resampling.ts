// Reading an image at other points: resizing and sampling. Layout [N, C, spatial...].
import type { Operator } from "./operator.ts";
import { notDifferentiable } from "./rule.ts";

export const resampling: Readonly<Record<"Resize" | "GridSample", Operator>> = {
  Resize: {
    domain: "",
    opset: [13, 17],
    inputs: [1, 4],
    outputs: [1, 1],
    attributes: {
      mode: "string",
      coordinate_transformation_mode: "string",
      nearest_mode: "string",
      cubic_coeff_a: "float",
      exclude_outside: "int",
      extrapolation_value: "float",
    },
    infer: (site) => {
      const { type, shape } = site.input(0);
      if (site.has(3)) {
        const sizes = site.contents(3);
        if (sizes.length !== shape.length) site.fail(`sizes [${sizes.join(", ")}] do not fit.`);
        return [{ type, shape: sizes }];
      }
      // Scales are floats, so what they hold is not tracked: the output must be asked for by sizes.
      return site.fail("give sizes rather than scales.");
    },
    gradient: (site) => {
      const { b, dy, x } = site;
      const nearest =
        site.string("mode", "nearest") === "nearest" &&
        site.string("coordinate_transformation_mode", "half_pixel") === "asymmetric" &&
        site.string("nearest_mode", "round_prefer_floor") === "floor";
      const factors = dy.shape.map((dim, i) => (dim as number) / (x(0).shape[i] as number));
      const whole = factors.every((factor) => Number.isInteger(factor)) && factors[0] === 1 && factors[1] === 1;
      if (!nearest || !whole || factors.length !== 4) site.refuse("only enlarging by whole numbers is differentiated.");
      const kernel = factors.slice(2);
      return [b.mul(b.averagePool(dy, kernel, { strides: kernel }), kernel[0]! * kernel[1]!)];
    },
  },
  GridSample: {
    domain: "",
    opset: [16, 19],
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { mode: "string", padding_mode: "string", align_corners: "int" },
    infer: (site) => {
      const { type, shape } = site.float(0);
      site.ranked(0, 4);
      const grid = site.ranked(1, 4);
      site.sameType(0, 1);
      if (grid[0] !== shape[0] || grid[3] !== 2)
        site.fail(`a grid [${grid.join(", ")}] is not [${shape[0]}, H, W, 2].`);
      return [{ type, shape: [shape[0]!, shape[1]!, grid[1]!, grid[2]!] }];
    },
    gradient: notDifferentiable("sampling is used before the model, where nothing is learnt."),
  },
};
