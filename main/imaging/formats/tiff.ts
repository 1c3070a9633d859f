// TIFF files: pages of the same size and kind in a row are the frames of one image, others are images of their own.
//
// Pages are kept as plain samples ("raw"): a page is not a file of its own that could be kept as it came.

import { AppError } from "../../../preload/contract/errors.ts";
import { readDirectories } from "../tiff/directory.ts";
import { isReducedCopy, type Page, readPage } from "../tiff/page.ts";
import type { Format, OpenedImage } from "../types.ts";
import { plainImage, typeOf } from "./plain.ts";

export const tiff: Format = {
  id: "tiff",
  match: ({ bytes }) =>
    (bytes[0] === 0x49 && bytes[1] === 0x49 && (bytes[2] === 42 || bytes[2] === 43) && bytes[3] === 0) ||
    (bytes[0] === 0x4d && bytes[1] === 0x4d && bytes[2] === 0 && (bytes[3] === 42 || bytes[3] === 43)),
  open({ name, bytes }, maxBytes) {
    const { littleEndian, directories } = readDirectories(bytes);
    const groups: { firstPage: number; pages: Page[] }[] = [];
    let unpacked = 0;
    for (const [index, directory] of directories.entries()) {
      if (index > 0 && isReducedCopy(directory)) continue;
      const page = readPage(bytes, directory, littleEndian, maxBytes);
      const last = groups.at(-1);
      if (last && sameKind(last.pages[0], page)) last.pages.push(page);
      else groups.push({ firstPage: index, pages: [page] });
      // All pages together: they are in memory at the same time, and many may share the same few bytes of the file.
      unpacked += page.frame.values.byteLength;
      if (unpacked > maxBytes) {
        throw new AppError("imaging/too-large", `Expected at most ${maxBytes} bytes of pixels in all pages together.`);
      }
    }
    if (groups.length === 0) throw new AppError("imaging/empty", "The TIFF file holds no pages.");
    return groups.map(({ firstPage, pages }) =>
      openGroup(firstPage === 0 ? name : `${name} (page ${firstPage + 1})`, pages),
    );
  },
};

function sameKind(a: Page, b: Page): boolean {
  return (
    a.frame.rows === b.frame.rows &&
    a.frame.columns === b.frame.columns &&
    a.frame.samples === b.frame.samples &&
    a.inverted === b.inverted &&
    a.bits === b.bits &&
    typeOf(a.frame.values) === typeOf(b.frame.values)
  );
}

function openGroup(name: string, pages: readonly Page[]): OpenedImage {
  const [{ frame, bits, inverted }] = pages;
  const frames = pages.map(({ frame: { values } }) => ({
    transferSyntax: "raw",
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  }));
  return plainImage(name, frame, bits, frames, { inverted });
}
