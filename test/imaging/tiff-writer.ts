// A small TIFF writer for fixtures: one page or more, strips or tiles, the compressions and layouts that the reader knows.

import { deflateSync } from "node:zlib";

export interface TiffPage {
  readonly rows: number;
  readonly columns: number;
  readonly samples?: number;
  readonly bits: number;
  /** 1 unsigned, 2 signed, 3 float */
  readonly format?: number;
  readonly photometric?: number;
  readonly compression?: 1 | 5 | 8 | 32773;
  readonly predictor?: number;
  readonly planar?: boolean;
  readonly tile?: number;
  readonly rowsPerStrip?: number;
  readonly colorMap?: readonly number[];
  readonly subfileType?: number;
  /** samples in file byte order, interleaved, rows on whole bytes; already differenced where a predictor is named */
  readonly bytes: Uint8Array;
}

export function writeTiff(pages: readonly TiffPage[], littleEndian = true): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 8;
  const append = (bytes: Uint8Array) => {
    const at = size;
    chunks.push(bytes, new Uint8Array(bytes.length % 2));
    size += bytes.length + (bytes.length % 2);
    return at;
  };
  const directories: number[] = [];
  const links: number[] = [];
  for (const page of pages) {
    const blocks = cut(page);
    const offsets = blocks.map((block) => append(compress(block, page.compression ?? 1)));
    const counts = blocks.map((block) => compress(block, page.compression ?? 1).length);
    const samples = page.samples ?? 1;
    const fields: [tag: number, type: 3 | 4, values: readonly number[]][] = [
      [254, 4, [page.subfileType ?? 0]],
      [256, 4, [page.columns]],
      [257, 4, [page.rows]],
      [258, 3, new Array(samples).fill(page.bits)],
      [259, 3, [page.compression ?? 1]],
      [262, 3, [page.photometric ?? (samples >= 3 ? 2 : 1)]],
      [277, 3, [samples]],
      [284, 3, [page.planar ? 2 : 1]],
      [317, 3, [page.predictor ?? 1]],
      [339, 3, new Array(samples).fill(page.format ?? 1)],
    ];
    if (page.colorMap) fields.push([320, 3, page.colorMap]);
    if (page.tile) fields.push([322, 4, [page.tile]], [323, 4, [page.tile]], [324, 4, offsets], [325, 4, counts]);
    else fields.push([273, 4, offsets], [278, 4, [page.rowsPerStrip ?? page.rows]], [279, 4, counts]);
    fields.sort((a, b) => a[0] - b[0]);
    const table = new DataView(new ArrayBuffer(2 + 12 * fields.length + 4));
    table.setUint16(0, fields.length, littleEndian);
    fields.forEach(([tag, type, values], i) => {
      const bytes = new DataView(new ArrayBuffer(Math.max(4, values.length * (type === 3 ? 2 : 4))));
      values.forEach((value, k) => {
        if (type === 3) bytes.setUint16(2 * k, value, littleEndian);
        else bytes.setUint32(4 * k, value, littleEndian);
      });
      table.setUint16(2 + 12 * i, tag, littleEndian);
      table.setUint16(4 + 12 * i, type, littleEndian);
      table.setUint32(6 + 12 * i, values.length, littleEndian);
      const inline = bytes.byteLength === 4;
      const value = inline ? bytes.getUint32(0) : append(new Uint8Array(bytes.buffer));
      table.setUint32(10 + 12 * i, value, inline ? false : littleEndian);
    });
    directories.push(append(new Uint8Array(table.buffer)));
    links.push(directories[directories.length - 1] + 2 + 12 * fields.length);
  }
  const header = new DataView(new ArrayBuffer(8));
  header.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  header.setUint16(2, 42, littleEndian);
  header.setUint32(4, directories[0] ?? 0, littleEndian);
  const file = new Uint8Array(Buffer.concat([new Uint8Array(header.buffer), ...chunks]));
  const view = new DataView(file.buffer);
  links.forEach((at, i) => {
    view.setUint32(at, directories[i + 1] ?? 0, littleEndian);
  });
  return file;
}

/** Strips or tiles, plane by plane where planar. */
function cut(page: TiffPage): Uint8Array[] {
  const { rows, columns, bits, bytes, tile } = page;
  const samples = page.samples ?? 1;
  const size = bits / 8;
  const planes = page.planar ? samples : 1;
  const [height, width] = tile ? [tile, tile] : [page.rowsPerStrip ?? rows, columns];
  const blocks: Uint8Array[] = [];
  for (let plane = 0; plane < planes; plane++) {
    for (let top = 0; top < rows; top += height) {
      for (let left = 0; left < columns; left += width) {
        const down = tile ? height : Math.min(height, rows - top);
        if (bits < 8) {
          const rowBytes = Math.ceil((columns * bits) / 8);
          blocks.push(bytes.subarray(top * rowBytes, (top + down) * rowBytes));
          continue;
        }
        const inBlock = page.planar ? 1 : samples;
        const block = new Uint8Array(down * width * inBlock * size);
        for (let y = 0; y < down && top + y < rows; y++) {
          for (let x = 0; x < width && left + x < columns; x++) {
            const from = (((top + y) * columns + left + x) * samples + plane) * size;
            block.set(bytes.subarray(from, from + inBlock * size), (y * width + x) * inBlock * size);
          }
        }
        blocks.push(block);
      }
    }
  }
  return blocks;
}

function compress(bytes: Uint8Array, compression: number): Uint8Array {
  if (compression === 5) return lzw(bytes);
  if (compression === 8) return new Uint8Array(deflateSync(bytes));
  if (compression === 32773) return packBits(bytes);
  return bytes;
}

function packBits(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let i = 0; i < bytes.length; ) {
    let run = 1;
    while (run < 128 && i + run < bytes.length && bytes[i + run] === bytes[i]) run++;
    if (run > 2) out.push(257 - run, bytes[i]);
    else {
      run = Math.min(run, 1);
      out.push(0, bytes[i]);
    }
    i += run;
  }
  return Uint8Array.from(out);
}

/** TIFF 6.0 section 13, with the early change of width. */
function lzw(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let held = 0;
  let count = 0;
  let width = 9;
  let codes = new Map<string, number>();
  const put = (code: number) => {
    for (let bit = width - 1; bit >= 0; bit--) {
      held = (held << 1) | ((code >> bit) & 1);
      if (++count === 8) {
        out.push(held);
        held = 0;
        count = 0;
      }
    }
  };
  const codeOf = (text: string) => (text.length === 1 ? text.charCodeAt(0) : (codes.get(text) ?? -1));
  put(256);
  let text = "";
  for (const byte of bytes) {
    const longer = text + String.fromCharCode(byte);
    if (codeOf(longer) >= 0) {
      text = longer;
      continue;
    }
    put(codeOf(text));
    codes.set(longer, 258 + codes.size);
    text = String.fromCharCode(byte);
    const next = 258 + codes.size;
    if (next === 4095) {
      put(256);
      codes = new Map();
      width = 9;
    } else if (next >= 1 << width) width += 1;
  }
  if (text) put(codeOf(text));
  put(257);
  while (count > 0) {
    held <<= 1;
    if (++count === 8) {
      out.push(held);
      count = 0;
    }
  }
  return Uint8Array.from(out);
}

/** BigTIFF: grey pages of one strip each, not compressed. Counts and offsets have 64 bits. */
export function writeBigTiff(
  pages: readonly Pick<TiffPage, "rows" | "columns" | "bits" | "bytes">[],
  littleEndian = true,
) {
  const out: Uint8Array[] = [];
  let size = 16;
  const starts = pages.map(({ bytes }) => {
    out.push(bytes);
    size += bytes.length;
    return size - bytes.length;
  });
  const first = size;
  for (const [n, page] of pages.entries()) {
    const fields: [tag: number, type: number, value: number][] = [
      [256, 4, page.columns],
      [257, 4, page.rows],
      [258, 3, page.bits],
      [259, 3, 1],
      [262, 3, 1],
      [273, 16, starts[n]],
      [277, 3, 1],
      [278, 4, page.rows],
      [279, 16, page.bytes.length],
    ];
    const table = new DataView(new ArrayBuffer(8 + 20 * fields.length + 8));
    table.setBigUint64(0, BigInt(fields.length), littleEndian);
    fields.forEach(([tag, type, value], i) => {
      const at = 8 + 20 * i;
      table.setUint16(at, tag, littleEndian);
      table.setUint16(at + 2, type, littleEndian);
      table.setBigUint64(at + 4, 1n, littleEndian);
      if (type === 3) table.setUint16(at + 12, value, littleEndian);
      else if (type === 4) table.setUint32(at + 12, value, littleEndian);
      else table.setBigUint64(at + 12, BigInt(value), littleEndian);
    });
    size += table.byteLength;
    table.setBigUint64(table.byteLength - 8, BigInt(n + 1 < pages.length ? size : 0), littleEndian);
    out.push(new Uint8Array(table.buffer));
  }
  const header = new DataView(new ArrayBuffer(16));
  header.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  header.setUint16(2, 43, littleEndian);
  header.setUint16(4, 8, littleEndian);
  header.setBigUint64(8, BigInt(first), littleEndian);
  return new Uint8Array(Buffer.concat([new Uint8Array(header.buffer), ...out]));
}
