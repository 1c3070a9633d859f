// A value of a Keras model in either order of axes. Keras keeps channels last ([N, rows, columns, C]), ONNX wants them behind the cases ([N, C, rows, columns]);
// a value is turned when a layer asks for the other order, and once.
import type { GraphBuilder, Value } from "../../graph/builder.ts";
import type { Dim } from "../../graph/graph.ts";

export class Held {
  private readonly b: GraphBuilder;
  private readonly made: { first: Value | null; last: Value | null };

  private constructor(b: GraphBuilder, made: { first: Value | null; last: Value | null }) {
    this.b = b;
    this.made = made;
  }

  /** Channels behind the cases. */
  static first(b: GraphBuilder, value: Value): Held {
    return new Held(b, value.shape.length < 3 ? { first: value, last: value } : { first: value, last: null });
  }

  /** Channels last. */
  static last(b: GraphBuilder, value: Value): Held {
    return new Held(b, value.shape.length < 3 ? { first: value, last: value } : { first: null, last: value });
  }

  get rank(): number {
    return (this.made.first ?? this.made.last!).shape.length;
  }

  /** Sizes as Keras has them. */
  get shape(): readonly Dim[] {
    const { first, last } = this.made;
    if (last) return last.shape;
    const [cases, channels, ...size] = first!.shape;
    return [cases!, ...size, channels!];
  }

  get isFirst(): boolean {
    return this.made.first !== null;
  }

  get first(): Value {
    this.made.first ??= this.b.transpose(this.made.last!, [0, this.rank - 1, ...range(1, this.rank - 1)]);
    return this.made.first;
  }

  get last(): Value {
    this.made.last ??= this.b.transpose(this.made.first!, [0, ...range(2, this.rank), 1]);
    return this.made.last;
  }

  /** What an operator that looks at each element alone makes of it, in the order that is there. */
  each(make: (value: Value) => Value): Held {
    return this.made.first ? Held.first(this.b, make(this.made.first)) : Held.last(this.b, make(this.made.last!));
  }
}

/** What an operator on several values of the same rank makes of them, element by element. */
export function together(b: GraphBuilder, parts: readonly Held[], make: (values: readonly Value[]) => Value): Held {
  if (parts.every(({ isFirst }) => isFirst)) return Held.first(b, make(parts.map(({ first }) => first)));
  return Held.last(b, make(parts.map(({ last }) => last)));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
