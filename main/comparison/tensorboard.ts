// Learning curves as TensorBoard reads them: one event file for each run, written by our own code.
//
// A file is a sequence of TFRecords (length, masked CRC32C of the length, data, masked CRC32C of the data; tensorflow/core/lib/io/record_writer.h) and each
// holds one Event message (tensorflow/core/util/event.proto): wall_time = 1 (double), step = 2 (int64), file_version = 3, summary = 5; a Summary.Value has
// tag = 1 and simple_value = 2 (float). So values have the seven digits of float32; the CSV has them all.
import type { Run, RunPoint } from "../../preload/contract/index.ts";

/** Castagnoli's polynomial, bits reversed (RFC 3720, B.4). */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC32C; "123456789" gives 0xe3069283. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** TFRecords mask their checksums, because the checksum of data that holds checksums is a poor one. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + data.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return bytes;
}

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const key = (field: number, wire: keyof typeof WIRE): number[] => varint((field << 3) | WIRE[wire]);

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function double(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  return [...new Uint8Array(view.buffer)];
}

function float(value: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return [...new Uint8Array(view.buffer)];
}

const text = (field: number, value: string): number[] => nested(field, [...new TextEncoder().encode(value)]);
const nested = (field: number, bytes: readonly number[]): number[] => [
  ...key(field, "bytes"),
  ...varint(bytes.length),
  ...bytes,
];
const time = (seconds: number): number[] => [...key(1, "fixed64"), ...double(seconds)];

/** The file's name; TensorBoard knows event files by "tfevents" in it. */
export function eventFileName({ createdAt }: Pick<Run, "createdAt">): string {
  return `events.out.tfevents.${Math.floor(Date.parse(createdAt) / 1000)}.loupe`;
}

/**
 * The event file of a run. Tags are `train/loss`, `validation/auc` and so on. A run keeps no clock for its points: their times are its
 * beginning and its mean pace.
 */
export function eventFile(
  { createdAt, seconds, step: done }: Pick<Run, "createdAt" | "seconds" | "step">,
  points: readonly RunPoint[],
): Uint8Array {
  const began = Date.parse(createdAt) / 1000;
  const pace = done > 0 ? seconds / done : 0;
  const records = [record(Uint8Array.from([...time(began), ...text(3, "brain.Event:2")]))];
  for (const { step, part, metric, value } of points) {
    const scalar = nested(1, [...text(1, `${part}/${metric}`), ...key(2, "fixed32"), ...float(value)]);
    const event = [...time(began + step * pace), ...key(2, "varint"), ...varint(step), ...nested(5, scalar)];
    records.push(record(Uint8Array.from(event)));
  }
  const file = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const bytes of records) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}
