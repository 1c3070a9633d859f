// A node of a graph as the row that writes it meets it, and what rows share.
import type { Node, Shape, Tensor } from "../../../graph/graph.ts";
import type { ShapeSite } from "../../../graph/operators/operator.ts";

export type Config = Readonly<Record<string, unknown>>;

/** A value of the graph as a layer holds it: axis i of the layer is axis `order[i]` of the graph; the cases come first. */
export interface Laid {
  readonly layer: string;
  readonly order: readonly number[];
  /** In the graph. */
  readonly shape: Shape;
}

/** A node as its row meets it. */
export interface LayerSite {
  readonly node: Node;
  readonly attributes: ShapeSite;
  readonly refuse: (reason: string) => never;
  readonly shapeOf: (name: string) => Shape;
  /** Input `index` where it is a constant. */
  readonly constant: (index: number) => Tensor | null;
  readonly initializer: (name: string) => Tensor | null;
  /** Input `index`, which may not be a constant. */
  readonly input: (index: number) => Laid;
  /** Whether somebody reads output `index`. */
  readonly isWanted: (index: number) => boolean;
  /** The operator that makes input `index`. */
  readonly maker: (index: number) => string | null;
  readonly arranged: (value: Laid, order: readonly number[]) => Laid;
  /** Writes a layer called after the node and gives its name. */
  readonly layer: (
    className: string,
    config: Config,
    inputs: readonly Laid[],
    weights?: Readonly<Record<string, Tensor>>,
    suffix?: string,
  ) => string;
  /** Says what output `index` is. */
  readonly give: (value: Laid, index?: number) => void;
  /** The one node that reads the first output, where there is one. */
  readonly onlyReader: () => Node | null;
  /** Says what another node's output is, which is not written then. */
  readonly takeOver: (other: Node, value: Laid) => void;
}

export type Row = (site: LayerSite) => void;

export const natural = (rank: number): readonly number[] => Array.from({ length: rank }, (_, axis) => axis);
export const channelsLast = (rank: number): readonly number[] => [0, ...natural(rank).slice(2), 1];

export const outputShape = ({ node, shapeOf }: LayerSite, index = 0): Shape => shapeOf(node.outputs[index]!);
export const needsConstant = (site: LayerSite, index: number): Tensor =>
  site.constant(index) ?? site.refuse("its weights are computed.");

/** The value with this axis of the graph last. */
export function withLast(site: LayerSite, value: Laid, axis: number): Laid {
  return site.arranged(value, [...value.order.filter((one) => one !== axis), axis]);
}

export function writeActivation(site: LayerSite, x: Laid, activation: string): void {
  site.give({ ...x, layer: site.layer("Activation", { activation }, [x]) });
}

export const withBias = (bias: Tensor | null, weights: Record<string, Tensor>): Record<string, Tensor> =>
  bias ? { ...weights, bias } : weights;
