// Writes the smallest ELF file that says what a test needs: headers, a dynamic section, its strings. It cannot be run.

interface Wanted {
  machine?: number;
  interpreter?: string;
  needed?: string[];
  runpath?: string;
}

/** Loaded at this address, so that a reader which takes addresses for offsets is found out. */
const BASE = 0x400000n;

export function elfFile({ machine = 62, interpreter, needed = [], runpath }: Wanted): Uint8Array {
  const strings = Buffer.from(
    `\0${[...needed, ...(runpath === undefined ? [] : [runpath])].map((s) => `${s}\0`).join("")}`,
  );
  const interp = Buffer.from(interpreter === undefined ? "" : `${interpreter}\0`);
  const dynamic: [bigint, bigint][] = [];
  let at = 1n;
  for (const name of needed) {
    dynamic.push([1n, at]);
    at += BigInt(Buffer.byteLength(name) + 1);
  }
  if (runpath !== undefined) dynamic.push([29n, at]);
  const headers = interpreter === undefined ? 2 : 3;
  const interpAt = 64 + 56 * headers;
  const dynamicAt = interpAt + interp.length;
  const stringsAt = dynamicAt + 16 * (dynamic.length + 3);
  const end = stringsAt + strings.length;
  dynamic.push([5n, BASE + BigInt(stringsAt)], [10n, BigInt(strings.length)], [0n, 0n]);

  const file = Buffer.alloc(end);
  file.writeUInt32BE(0x7f454c46, 0);
  file.set([2, 1, 1], 4);
  file.writeUInt16LE(3, 16);
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(headers, 56);
  const segments: [number, number, number][] = [
    [1, 0, end],
    [2, dynamicAt, 16 * dynamic.length],
    [3, interpAt, interp.length],
  ];
  for (const [i, [type, offset, bytes]] of segments.slice(0, headers).entries()) {
    const header = 64 + 56 * i;
    file.writeUInt32LE(type, header);
    file.writeBigUInt64LE(BigInt(offset), header + 8);
    file.writeBigUInt64LE(BASE + BigInt(offset), header + 16);
    file.writeBigUInt64LE(BigInt(bytes), header + 32);
  }
  interp.copy(file, interpAt);
  for (const [i, [tag, value]] of dynamic.entries()) {
    file.writeBigUInt64LE(tag, dynamicAt + 16 * i);
    file.writeBigUInt64LE(value, dynamicAt + 16 * i + 8);
  }
  strings.copy(file, stringsAt);
  return file;
}
