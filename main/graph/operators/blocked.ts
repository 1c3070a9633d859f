// ONNX Runtime's convolution over blocked channels, for its processor kernels alone. Source: onnxruntime/core/optimizer/nchwc_transformer.cc.
//
// [N, C, H, W] becomes [N, C / block, H, W, block]; the shapes that are declared stay those of [N, C, H, W], as the runtime's own do. Nodes of these are put
// into finished graphs (lowering/blocked-convolution.ts); nothing is differentiated after that and no file that leaves the studio has them.
import { convolution } from "./convolution.ts";
import type { Operator, ShapeSite } from "./operator.ts";
import { notDifferentiable } from "./rule.ts";

const gradient = notDifferentiable("blocked layouts are put in after differentiation.");
const row = { domain: "com.microsoft.nchwc", opset: [1, 1], outputs: [1, 1], gradient } as const;

function same(site: ShapeSite) {
  site.typed(0, "float32");
  return [{ type: "float32" as const, shape: site.ranked(0, 4) }];
}

export const blocked: Readonly<Record<"BlockedConv" | "ReorderInput" | "ReorderOutput", Operator>> = {
  BlockedConv: { ...convolution.Conv, ...row, called: "Conv" },
  ReorderInput: { ...row, inputs: [1, 1], attributes: {}, infer: same },
  ReorderOutput: { ...row, inputs: [1, 1], attributes: { channels: "int" }, infer: same },
};
