// Everything that a run needs to go on as if nothing had happened, as one record of bytes.
//
// Layout: "LOUPECP2", length of the JSON (uint32, little endian), JSON, then the tensors' elements one after the other, each from a multiple
// of 8. The record holds weights of a model that learned from patients: it is kept inside the encrypted project, nowhere else.
// What chance decides is not in here: it follows from seed, epoch and step.
import { AppError } from "../../preload/contract/index.ts";
import { DATA_TYPES, type DataType } from "../graph/data-type.ts";
import { elementCount, type Tensor } from "../graph/graph.ts";
import { NO_PLATEAU, type Plateau } from "./schedule.ts";

export type Tensors = ReadonlyMap<string, Tensor>;

/** The best epoch so far. */
export interface Best {
  /** From 0. */
  readonly epoch: number;
  /** The task's score on validation (`Validation`); null where there was none. */
  readonly score: number | null;
  readonly loss: number;
  /** Highest score of any epoch so far, this one or another; null with `score`. */
  readonly highest: number | null;
  /** Parameters and running statistics at the end of that epoch. */
  readonly weights: Tensors;
}

export interface Checkpoint {
  /** Steps done, over all sittings. */
  readonly step: number;
  /** Parameters, running statistics and optimiser state after that many steps. */
  readonly state: Tensors;
  readonly best: Best | null;
  /** Sum and number of the training losses that no point of the curve has told yet. */
  readonly pending: { readonly loss: number; readonly steps: number };
  /** Of a plateau schedule; as at the beginning with other schedules. */
  readonly plateau: Plateau;
  /** Spent training so far. */
  readonly seconds: number;
}

const MAGIC = "LOUPECP2";
const ALIGNMENT = 8;

type TensorHead = [name: string, type: DataType, dims: readonly number[]];

interface Head {
  step: number;
  pending: { loss: number; steps: number };
  plateau?: Plateau;
  seconds: number;
  state: TensorHead[];
  best: (Omit<Best, "weights"> & { weights: TensorHead[] }) | null;
}

const aligned = (offset: number): number => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
const byteLength = (type: DataType, dims: readonly number[]): number => elementCount(dims) * DATA_TYPES[type].bytes;

export function writeCheckpoint({ step, state, best, pending, plateau, seconds }: Checkpoint): Uint8Array {
  const heads = (tensors: Tensors): TensorHead[] => [...tensors].map(([name, { type, dims }]) => [name, type, dims]);
  const head: Head = {
    step,
    pending,
    plateau,
    seconds,
    state: heads(state),
    best: best && { ...best, weights: heads(best.weights) },
  };
  const json = new TextEncoder().encode(JSON.stringify(head));
  const tensors = [...state.values(), ...(best?.weights.values() ?? [])];
  let size = MAGIC.length + 4 + json.length;
  for (const { type, dims } of tensors) size = aligned(size) + byteLength(type, dims);
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, json.length, true);
  bytes.set(json, MAGIC.length + 4);
  let offset = MAGIC.length + 4 + json.length;
  for (const { data } of tensors) {
    offset = aligned(offset);
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/** Errors: training/not-resumable for bytes that are not a whole checkpoint of this version. */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  const refuse = (cause?: unknown): AppError =>
    new AppError("training/not-resumable", "This run's checkpoint cannot be read; start the run again.", { cause });
  const start = MAGIC.length + 4;
  if (bytes.length < start || new TextDecoder("latin1").decode(bytes.subarray(0, MAGIC.length)) !== MAGIC)
    throw refuse();
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  let head: Head;
  try {
    head = JSON.parse(new TextDecoder().decode(bytes.subarray(start, start + length))) as Head;
  } catch (cause) {
    throw refuse(cause);
  }
  let offset = start + length;
  const take = (heads: TensorHead[]): Tensors =>
    new Map(
      heads.map(([name, type, dims]) => {
        offset = aligned(offset);
        const end = offset + byteLength(type, dims);
        if (end > bytes.length) throw refuse();
        const own = new Uint8Array(bytes.subarray(offset, end)); // a copy: typed arrays need their alignment
        offset = end;
        return [name, { type, dims, data: DATA_TYPES[type].view(own.buffer) }];
      }),
    );
  const state = take(head.state);
  const best = head.best && { ...head.best, weights: take(head.best.weights) };
  const { step, pending, plateau = NO_PLATEAU, seconds } = head;
  return { step, pending, plateau, seconds, state, best };
}
