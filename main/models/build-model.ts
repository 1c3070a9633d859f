// Every architecture, one row each: what it reads, what it can answer, how wide it is published and how wide it may be.
import { classic } from "./architectures/classic.ts";
import { convnet } from "./architectures/convnet.ts";
import { convnextTiny } from "./architectures/convnext.ts";
import { densenet121 } from "./architectures/densenet.ts";
import { detector } from "./architectures/detector.ts";
import { efficientnetB0 } from "./architectures/efficientnet.ts";
import { linear } from "./architectures/linear.ts";
import { mlp } from "./architectures/mlp.ts";
import { mobilenetv3 } from "./architectures/mobilenet.ts";
import { places } from "./architectures/places.ts";
import { recurrent } from "./architectures/recurrent.ts";
import { resnet } from "./architectures/resnet.ts";
import { transformer, vit } from "./architectures/transformer.ts";
import { unet } from "./architectures/unet.ts";
import type { ModelShape } from "./layers.ts";
import type { ModelGraph, ModelInput, ModelOutput, Normalisation } from "./model-graph.ts";

interface Architecture {
  readonly inputs: readonly ModelInput["kind"][];
  readonly outputs: readonly ModelOutput["kind"][];
  /** Channels of the first block, features of a token or units of a layer; null where there is nothing to choose. Widths are multiples of `of`. */
  readonly width: {
    readonly published: number;
    readonly least: number;
    readonly most: number;
    readonly of: number;
  } | null;
  /** `depth`: layers, stages or blocks of a stage, where the architecture has a choice of it; undefined as published. */
  readonly build: (shape: ModelShape, width: number, depth?: number) => ModelGraph;
}

const WHOLE_CASE = ["class", "labels", "value", "heads"] as const;
const widths = (published: number, least: number, most: number, of = 1) => ({ published, least, most, of });
const imageNet = (width: Architecture["width"], build: Architecture["build"]): Architecture => ({
  inputs: ["image"],
  outputs: WHOLE_CASE,
  width,
  build,
});
const maskNet = (build: Architecture["build"]): Architecture => ({
  inputs: ["image"],
  outputs: ["mask"],
  width: widths(64, 4, 128, 2),
  build,
});

export const ARCHITECTURES = {
  linear: {
    inputs: ["table", "image", "sequence"],
    outputs: ["value"],
    width: null,
    build: (s) => linear("linear", s),
  },
  logistic: {
    inputs: ["image", "table", "sequence"],
    outputs: ["class", "labels"],
    width: null,
    build: (s) => linear("logistic", s),
  },
  mlp: { inputs: ["table", "image", "sequence"], outputs: WHOLE_CASE, width: widths(64, 4, 4096), build: mlp },
  classic: imageNet(widths(32, 4, 128), classic),
  convnet: imageNet(widths(32, 4, 128), convnet),
  places: { inputs: ["image"], outputs: ["class", "labels"], width: widths(32, 4, 128), build: places },
  resnet18: imageNet(widths(64, 4, 128), (s, w, d) => resnet("resnet18", s, w, { depth: d })),
  resnet34: imageNet(widths(64, 4, 128), (s, w, d) => resnet("resnet34", s, w, { depth: d })),
  resnet50: imageNet(widths(64, 4, 128), (s, w, d) => resnet("resnet50", s, w, { depth: d })),
  densenet121: imageNet(widths(64, 8, 128, 4), densenet121),
  "mobilenetv3-large": imageNet(widths(16, 4, 64), (s, w) => mobilenetv3("mobilenetv3-large", s, w)),
  "mobilenetv3-small": imageNet(widths(16, 4, 64), (s, w) => mobilenetv3("mobilenetv3-small", s, w)),
  "efficientnet-b0": imageNet(widths(32, 8, 128), efficientnetB0),
  "convnext-tiny": imageNet(widths(96, 8, 128, 2), convnextTiny),
  "vit-tiny": imageNet(widths(192, 16, 768, 64), (s, w) => vit("vit-tiny", s, w)),
  "vit-small": imageNet(widths(384, 16, 768, 64), (s, w) => vit("vit-small", s, w)),
  unet: maskNet((s, w) => unet("unet", s, w)),
  "unet-residual": maskNet((s, w) => unet("unet-residual", s, w, { variant: "residual" })),
  "unet-attention": maskNet((s, w) => unet("unet-attention", s, w, { variant: "attention" })),
  detector: { inputs: ["image"], outputs: ["boxes"], width: widths(32, 4, 128), build: detector },
  lstm: {
    inputs: ["sequence", "tokens"],
    outputs: WHOLE_CASE,
    width: widths(64, 4, 1024),
    build: (s, w) => recurrent("lstm", s, w),
  },
  gru: {
    inputs: ["sequence", "tokens"],
    outputs: WHOLE_CASE,
    width: widths(64, 4, 1024),
    build: (s, w) => recurrent("gru", s, w),
  },
  transformer: {
    inputs: ["sequence", "tokens", "table"],
    outputs: WHOLE_CASE,
    width: widths(64, 8, 1024),
    build: (s, w) => transformer(s, w),
  },
} satisfies Record<string, Architecture>;

export type ArchitectureName = keyof typeof ARCHITECTURES;

/**
 * The forward graph of an architecture with initial weights drawn from the shape's seed: same arguments, same weights, bit for bit.
 * `width` and `depth` are the published ones when absent.
 */
export function buildArchitecture(
  name: ArchitectureName,
  shape: ModelShape,
  width?: number,
  depth?: number | null,
): ModelGraph {
  const row: Architecture = ARCHITECTURES[name];
  return row.build(shape, width ?? row.width?.published ?? 0, depth ?? undefined);
}

/**
 * A classifier of square grey images, as a recipe describes it.
 * @param classes at least 2
 * @param normalise mean and (positive) standard deviation of the training images' values in [0, 1]
 */
export function buildModel(
  { architecture, inputSize, width }: { architecture: ArchitectureName; inputSize: number; width: number },
  classes: number,
  normalise: Normalisation,
  seed: number,
): ModelGraph {
  const input = { kind: "image", channels: 1, size: [inputSize, inputSize] } as const;
  return buildArchitecture(architecture, { input, output: { kind: "class", classes }, normalise, seed }, width);
}
