// The weights of a TensorFlow.js file: numbers of one or more .bin files laid end to end, described by the manifest in model.json.
//
// Format: the `weightsManifest` of tfjs-core's io (WeightsManifestConfig, WeightsManifestEntry) and what tensorflowjs_converter writes; quantised weights are
// code * scale + min, or half floats.
import { z } from "zod";
import { AppError } from "../../../preload/contract/errors.ts";
import { elementCount, type Tensor, tensor } from "../../graph/graph.ts";

const manifestSchema = z.array(
  z.object({
    paths: z.array(z.string()),
    weights: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int().min(0)),
        dtype: z.string(),
        quantization: z
          .object({ dtype: z.enum(["uint8", "uint16", "float16"]), scale: z.number(), min: z.number() })
          .partial({ scale: true, min: true })
          .optional(),
      }),
    ),
  }),
);
export type Manifest = z.infer<typeof manifestSchema>;
type Entry = Manifest[number]["weights"][number];

/** What `weightsManifest` says. Errors: model/not-adoptable. */
export function parseManifest(value: unknown): Manifest {
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError(
    "model/not-adoptable",
    "The weights manifest of this model.json is not one: expected a list of groups with paths and weights.",
  );
}

/** Bytes of a stored number. */
const STORED = { float32: 4, int32: 4, uint8: 1, uint16: 2, float16: 2, bool: 1 } as const;

/** Every weight by name as float32, from the bytes of each group's files. Errors: model/not-adoptable where bytes are missing or left over. */
export function decodeWeights(manifest: Manifest, groups: readonly Uint8Array[]): ReadonlyMap<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const [i, group] of manifest.entries()) {
    const bytes = groups[i]!;
    let offset = 0;
    for (const entry of group.weights) {
      const kind = storedAs(entry);
      const length = elementCount(entry.shape) * STORED[kind];
      // A copy, of a Node Buffer too: typed arrays need their alignment.
      const own = new Uint8Array(bytes.subarray(offset, offset + length));
      if (own.length < length) refuse(group.paths, `end within weight "${entry.name}"`);
      weights.set(entry.name, tensor("float32", entry.shape, numbers(own.buffer, kind, entry)));
      offset += length;
    }
    if (offset !== bytes.length) refuse(group.paths, `are ${bytes.length} bytes long and ${offset} are described`);
  }
  return weights;
}

function storedAs({ name, dtype, quantization }: Entry): keyof typeof STORED {
  const kind = quantization?.dtype ?? dtype;
  if (Object.hasOwn(STORED, kind)) return kind as keyof typeof STORED;
  throw new AppError("model/not-adoptable", `Weight "${name}" is of type ${kind}, which is not read.`);
}

function refuse(paths: readonly string[], found: string): never {
  throw new AppError("model/not-adoptable", `The weight files of this model (${paths.join(", ")}) ${found}.`);
}

function numbers(buffer: ArrayBufferLike, kind: keyof typeof STORED, { quantization }: Entry): Float32Array {
  const { scale = 1, min = 0 } = quantization ?? {};
  switch (kind) {
    case "float32":
      return new Float32Array(buffer);
    case "int32":
      return Float32Array.from(new Int32Array(buffer));
    case "bool":
    case "uint8":
      return Float32Array.from(new Uint8Array(buffer), (code) => code * scale + min);
    case "uint16":
      return Float32Array.from(new Uint16Array(buffer), (code) => code * scale + min);
    case "float16":
      return Float32Array.from(new Uint16Array(buffer), halfToSingle);
  }
}

/** IEEE 754 binary16. */
function halfToSingle(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}
