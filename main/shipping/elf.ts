// What a Linux program or library asks of the machine it runs on, read from its ELF file.
//
// Only the dynamic section is of interest: which loader, which libraries by name, where to look first. Read with a few positioned
// reads, so a 120 MB program costs a few kilobytes. Every offset comes from the file and is checked before it is used.
// 64-bit little-endian files only: these are all that Node and ONNX Runtime exist for. Format: System V ABI, chapters 4 and 5
// (https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html).

import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "../../preload/contract/errors.ts";

/** e_machine of the two platforms that we ship for. */
const MACHINES: Record<number, Architecture> = { 62: "amd64", 183: "arm64" };

/** As container images name them (GOARCH). */
export type Architecture = "amd64" | "arm64";

export interface ElfFile {
  readonly architecture: Architecture;
  /** PT_INTERP: absolute path of the dynamic loader, or null for a library */
  readonly interpreter: string | null;
  /** DT_NEEDED, in order */
  readonly needed: readonly string[];
  /** DT_RUNPATH, or DT_RPATH where there is none; may contain $ORIGIN */
  readonly searchPath: readonly string[];
}

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const DT_STRSZ = 10n;
const DT_RPATH = 15n;
const DT_RUNPATH = 29n;
/** No real loader path, dynamic section or string table comes near these; a hostile size must not become an allocation. */
const MAX_INTERPRETER = 4096;
const MAX_DYNAMIC = 1 << 20;
const MAX_STRINGS = 64 << 20;

interface Segment {
  type: number;
  offset: number;
  address: number;
  bytes: number;
}

/** Null for a file that is not a 64-bit little-endian ELF file of a platform we ship for; AppError shipping/base-missing for a broken one. */
export async function readElf(path: string): Promise<ElfFile | null> {
  const file = await open(path, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    if (bytesRead < HEADER_BYTES || header.readUInt32BE(0) !== 0x7f454c46) return null;
    if (header[4] !== 2 || header[5] !== 1) return null;
    const architecture = MACHINES[header.readUInt16LE(18)];
    return architecture === undefined ? null : { architecture, ...(await readDynamic(file, header, path)) };
  } finally {
    await file.close();
  }
}

async function readDynamic(file: FileHandle, header: Buffer, path: string): Promise<Omit<ElfFile, "architecture">> {
  const size = (await file.stat()).size;
  const read = async (offset: number, bytes: number, limit: number): Promise<Buffer> => {
    if (!(offset >= 0 && bytes >= 0 && bytes <= limit && offset + bytes <= size)) throw broken(path);
    const buffer = Buffer.alloc(bytes);
    if (bytes > 0 && (await file.read(buffer, 0, bytes, offset)).bytesRead !== bytes) throw broken(path);
    return buffer;
  };

  const count = header.readUInt16LE(56);
  if (header.readUInt16LE(54) !== PROGRAM_HEADER_BYTES) throw broken(path);
  const table = await read(Number(header.readBigUInt64LE(32)), count * PROGRAM_HEADER_BYTES, 1 << 22);
  const segments: Segment[] = [];
  for (let at = 0; at < table.length; at += PROGRAM_HEADER_BYTES) {
    segments.push({
      type: table.readUInt32LE(at),
      offset: Number(table.readBigUInt64LE(at + 8)),
      address: Number(table.readBigUInt64LE(at + 16)),
      bytes: Number(table.readBigUInt64LE(at + 32)),
    });
  }

  const interp = segments.find(({ type }) => type === PT_INTERP);
  const interpreter = interp ? text(await read(interp.offset, interp.bytes, MAX_INTERPRETER), 0, path) : null;
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (!dynamic) return { interpreter, needed: [], searchPath: [] };

  const entries: { tag: bigint; value: number }[] = [];
  const section = await read(dynamic.offset, dynamic.bytes, MAX_DYNAMIC);
  for (let at = 0; at + 16 <= section.length; at += 16) {
    const tag = section.readBigUInt64LE(at);
    if (tag === 0n) break;
    entries.push({ tag, value: Number(section.readBigUInt64LE(at + 8)) });
  }
  const one = (wanted: bigint) => entries.find(({ tag }) => tag === wanted)?.value;

  // The string table is given as an address in memory: the loaded segment that holds it says where that is in the file.
  const address = one(DT_STRTAB);
  const home = segments.find(
    (s) => s.type === PT_LOAD && address !== undefined && address >= s.address && address < s.address + s.bytes,
  );
  if (address === undefined || !home) throw broken(path);
  const strings = await read(home.offset + address - home.address, one(DT_STRSZ) ?? -1, MAX_STRINGS);
  const named = (wanted: bigint) =>
    entries.filter(({ tag }) => tag === wanted).map(({ value }) => text(strings, value, path));
  const runpath = named(DT_RUNPATH);
  return {
    interpreter,
    needed: named(DT_NEEDED),
    searchPath: (runpath.length > 0 ? runpath : named(DT_RPATH)).flatMap((list) => list.split(":")).filter(Boolean),
  };
}

function text(buffer: Buffer, start: number, path: string): string {
  const end = buffer.indexOf(0, start);
  if (start >= buffer.length || end < 0) throw broken(path);
  return buffer.toString("utf8", start, end);
}

function broken(path: string): AppError {
  return new AppError(
    "shipping/base-missing",
    `${path} is a damaged program or library: its header points outside it.`,
  );
}
