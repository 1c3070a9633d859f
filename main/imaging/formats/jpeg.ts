// JPEG files (T.81): baseline and progressive, 8 bit, grey and colour. Kept as the file they are.
//
// The orientation that cameras write into EXIF is not applied: rows and columns are those of the file (decision I6).

import { AppError } from "../../../preload/contract/errors.ts";
import { decodeWasm, readJpegHeader } from "../codecs.ts";
import { checkSize } from "../limits.ts";
import type { Format } from "../types.ts";
import { plainImage } from "./plain.ts";

export const jpeg: Format = {
  id: "jpeg",
  match: ({ bytes }) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff,
  open({ name, bytes }, maxBytes) {
    const header = readJpegHeader(bytes);
    if (!header) throw new AppError("imaging/unreadable", "The JPEG file ends before its frame header.");
    if (header.process > 2 || header.bitsPerSample !== 8) {
      throw new AppError(
        "imaging/codec-missing",
        `Expected a JPEG file with 8 bits, baseline or progressive, found process ${header.process} with ${header.bitsPerSample} bits.`,
      );
    }
    if (header.componentCount !== 1 && header.componentCount !== 3) {
      throw new AppError(
        "imaging/codec-missing",
        `Expected a JPEG file with 1 or 3 colour components, found ${header.componentCount}.`,
      );
    }
    checkSize(header.height, header.width, 1, header.componentCount, maxBytes);
    const { rows, columns, values } = decodeWasm("jpeg", bytes, { rows: header.height, columns: header.width });
    return [
      plainImage(name, { rows, columns, samples: header.componentCount, values }, 8, [
        { transferSyntax: "jpeg", bytes },
      ]),
    ];
  },
};
