// A small NIfTI writer for fixtures: version 1 or 2, either byte order. Fields by the names of nifti1.h; what is not given is 0.

export interface NiftiFile {
  readonly version?: 1 | 2;
  readonly littleEndian?: boolean;
  readonly dim: readonly number[];
  readonly datatype: number;
  /** samples in the file's byte order */
  readonly bytes: Uint8Array;
  /** pixdim[0] is the handedness of the qform */
  readonly pixdim?: readonly number[];
  readonly slope?: number;
  readonly intercept?: number;
  readonly calMax?: number;
  readonly calMin?: number;
  readonly units?: number;
  readonly qform?: { code: number; quatern: readonly number[]; offset: readonly number[] };
  readonly sform?: { code: number; rows: readonly (readonly number[])[] };
  readonly magic?: string;
}

export function writeNifti(file: NiftiFile): Uint8Array {
  const { version = 1, littleEndian: little = true, dim, bytes, pixdim = [1, 1, 1, 1] } = file;
  const one = version === 1;
  const start = one ? 352 : 544;
  const out = new Uint8Array(start + bytes.length);
  const view = new DataView(out.buffer);
  const real = (first: number, second: number, values: readonly number[]) =>
    values.forEach((value, i) => {
      if (one) view.setFloat32(first + 4 * i, value, little);
      else view.setFloat64(second + 8 * i, value, little);
    });
  const code = (first: number, second: number, value: number) =>
    one ? view.setInt16(first, value, little) : view.setInt32(second, value, little);
  view.setInt32(0, one ? 348 : 540, little);
  out.set(Buffer.from(file.magic ?? (one ? "n+1\0" : "n+2\0\r\n\x1a\n"), "latin1"), one ? 344 : 4);
  [dim.length, ...dim].forEach((value, i) => {
    if (one) view.setInt16(40 + 2 * i, value, little);
    else view.setBigInt64(16 + 8 * i, BigInt(value), little);
  });
  view.setInt16(one ? 70 : 12, file.datatype, little);
  real(76, 104, pixdim);
  if (one) view.setFloat32(108, start, little);
  else view.setBigInt64(168, BigInt(start), little);
  real(112, 176, [file.slope ?? 0, file.intercept ?? 0]);
  real(124, 192, [file.calMax ?? 0, file.calMin ?? 0]);
  if (one) view.setUint8(123, file.units ?? 0);
  else view.setInt32(500, file.units ?? 0, little);
  if (file.qform) {
    code(252, 344, file.qform.code);
    real(256, 352, file.qform.quatern);
    real(268, 376, file.qform.offset);
  }
  if (file.sform) {
    code(254, 348, file.sform.code);
    real(280, 400, file.sform.rows.flat());
  }
  out.set(bytes, start);
  return out;
}
