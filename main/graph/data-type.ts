// The element types our graphs use: ONNX's number for each, and the typed array that holds it.
//
// int64 is BigInt64Array, as in ONNX Runtime; bool is one byte per element; float16 is kept as its bits (half.ts) and only ever cast. Types without a row are refused when read.
import { AppError } from "../../preload/contract/errors.ts";

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

interface DataTypeRow {
  /** TensorProto.DataType, onnx.proto */
  readonly code: number;
  readonly bytes: number;
  readonly float: boolean;
  readonly view: (buffer: ArrayBuffer) => TensorData;
}

export const DATA_TYPES = {
  float32: { code: 1, bytes: 4, float: true, view: (buffer) => new Float32Array(buffer) },
  uint8: { code: 2, bytes: 1, float: false, view: (buffer) => new Uint8Array(buffer) },
  int8: { code: 3, bytes: 1, float: false, view: (buffer) => new Int8Array(buffer) },
  int32: { code: 6, bytes: 4, float: false, view: (buffer) => new Int32Array(buffer) },
  int64: { code: 7, bytes: 8, float: false, view: (buffer) => new BigInt64Array(buffer) },
  bool: { code: 9, bytes: 1, float: false, view: (buffer) => new Uint8Array(buffer) },
  float16: { code: 10, bytes: 2, float: false, view: (buffer) => new Uint16Array(buffer) },
  float64: { code: 11, bytes: 8, float: true, view: (buffer) => new Float64Array(buffer) },
} satisfies Record<string, DataTypeRow>;

export type DataType = keyof typeof DATA_TYPES;

const byCode = new Map<number, DataType>(
  (Object.keys(DATA_TYPES) as DataType[]).map((type) => [DATA_TYPES[type].code, type]),
);

/** The element type with this ONNX number. @throws graph/invalid for one we do not use */
export function dataTypeOf(code: number, where: string): DataType {
  const type = byCode.get(code);
  if (!type) throw new AppError("graph/invalid", `${where} has ONNX element type ${code}, which is not supported.`);
  return type;
}

export function isFloat(type: DataType): boolean {
  return DATA_TYPES[type].float;
}
