// A classifier that answers with the mean over mirrored and turned copies of a picture (test-time augmentation).
//
// Written into the graph, so whoever runs the file gets the answers that were judged. The copies go through the network as one batch and their logits are averaged,
// so weights are there once and a temperature means what it means without copies. Name and idea: Krizhevsky et al. 2012, section 4.1 (ten copies of each picture);
// mirroring in medical images: nnU-Net (Isensee et al. 2021, https://doi.org/10.1038/s41592-020-01008-z).
import { GraphBuilder, type Value } from "../graph/builder.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { needed } from "../graph/needed.ts";

/** One of the eight ways to lay a square on itself: transposed first, then mirrored. */
export interface Copy {
  readonly transposed: boolean;
  /** Mirrored up and down, left and right. */
  readonly mirrored: readonly [rows: boolean, columns: boolean];
}

/** Every copy that chance can make of a picture by mirroring and quarter turns; the picture as it is comes first. */
export function copiesOf(symmetry: {
  readonly flip: boolean;
  readonly flipVertical: boolean;
  readonly quarterTurns: boolean;
}): readonly Copy[] {
  const { flip, flipVertical, quarterTurns } = symmetry;
  const mirroredEitherWay = flip || flipVertical;
  return [false, true].flatMap((transposed) =>
    [false, true].flatMap((rows) =>
      [false, true].flatMap((columns): Copy[] => {
        // A turn is a transposition with one mirroring, or two mirrorings; with any mirroring beside turns all eight are made.
        const turn = quarterTurns && (transposed ? rows !== columns : rows === columns);
        const mirroring = !transposed && (!rows || flipVertical) && (!columns || flip);
        const made = turn || mirroring || (quarterTurns && mirroredEitherWay);
        return made ? [{ transposed, mirrored: [rows, columns] }] : [];
      }),
    ),
  );
}

const IMAGE = "copies/image";
const LOGITS = "copies/logits";

/**
 * The classifier (`image` [N, C, rows, columns] in, `logits` [N, K] and `probabilities` out) with logits averaged over these copies, which go in as
 * [copies * N, C, rows, columns]. Transposed copies need square pictures. One copy: the graph itself.
 */
export function averagedOverCopies(graph: Graph, copies: readonly Copy[]): Graph {
  if (copies.length < 2) return graph;
  const [input] = graph.inputs;
  const [, channels, rows, columns] = input!.shape as [unknown, number, number, number];
  const b = GraphBuilder.replaying(graph);
  const image = b.value(input!.name);
  const stacked = b.concat(
    copies.map((copy) => b.unsqueeze(laid(b, image, copy), [1])),
    1,
  );
  b.as(IMAGE).reshape(stacked, [-1, channels, rows, columns]);
  const names = new Map([
    [image.name, IMAGE],
    ["logits", LOGITS],
  ]);
  const answer = graph.nodes.find(({ outputs }) => outputs[0] === "probabilities")!;
  for (const node of graph.nodes) if (node !== answer) b.replay(under(node, names));
  const each = b.value(LOGITS);
  const classes = each.shape[1] as number;
  const logits = b.as("logits").reduceMean(b.reshape(each, [-1, copies.length, classes]), [1], false);
  b.output(logits);
  b.replay(answer);
  b.output(b.value("probabilities"));
  return b.build();
}

/** The classifier that `averagedOverCopies` was given; a graph without copies as it is. */
export function withoutCopies(graph: Graph): Graph {
  const first = graph.nodes.findIndex(({ outputs }) => outputs[0] === IMAGE);
  if (first < 0) return graph;
  const last = graph.nodes.findIndex(({ outputs }) => outputs[0] === LOGITS);
  const names = new Map([
    [IMAGE, graph.inputs[0]!.name],
    [LOGITS, "logits"],
  ]);
  const b = GraphBuilder.replaying(graph);
  for (const node of graph.nodes.slice(first + 1, last + 1)) b.replay(under(node, names));
  b.replay(graph.nodes.find(({ outputs }) => outputs[0] === "probabilities")!);
  for (const { name } of graph.outputs) b.output(b.value(name));
  return needed(b.build());
}

function laid(b: GraphBuilder, image: Value, { transposed, mirrored }: Copy): Value {
  const turned = transposed ? b.transpose(image, [0, 1, 3, 2]) : image;
  const axes = [2, 3].filter((_, i) => mirrored[i]);
  if (axes.length === 0) return turned;
  const beforeFirst = axes.map((axis) => -1 - (turned.shape[axis] as number));
  const back = axes.map(() => -1);
  return b.slice(turned, back, beforeFirst, axes, back);
}

/** The node with values under other names; a node that is called like a value it makes goes on to be. */
function under(node: Node, names: ReadonlyMap<string, string>): Node {
  const of = (name: string): string => names.get(name) ?? name;
  return { ...node, name: of(node.name), inputs: node.inputs.map(of), outputs: node.outputs.map(of) };
}
