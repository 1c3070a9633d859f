// A process that reads damaged files, one after the other, and tells its parent of each: a parent that hears nothing for seconds knows which file it was.
//
// usage: fork with the arguments FROM TO STEP; messages { index } before a file is read, { index, crash } for anything but images or an imaging error,
// { index: -1, refused, read } at the end.

import { readImages } from "../../main/imaging/read.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { damage, damageWithin, validFiles } from "./hostile-files.ts";

const [from, to, step] = process.argv.slice(2).map(Number);
/** What a server spares for one image. */
const MOST = 1 << 26;

const files = Object.entries(await validFiles());
const inner = Object.fromEntries(files)["NIfTI-1"];
let read = 0;
const refused: Record<string, number> = {};
for (const [, file] of files) readImages(file, { maxBytes: MOST });
for (let index = from; index < to; index += step) {
  const [title, file] = files[index % files.length];
  const other = files[(index * 7 + 3) % files.length][1].bytes;
  const bytes =
    Math.floor(index / files.length) % 2 === 0
      ? damage(file.bytes, other, index)
      : damageWithin(title, file, inner, other, index);
  process.send?.({ index });
  try {
    readImages({ name: file.name, bytes }, { maxBytes: MOST });
    read += 1;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith("imaging/")) {
      refused[error.code] = (refused[error.code] ?? 0) + 1;
    } else process.send?.({ index, crash: `${title}: ${String(error)}` });
  }
}
process.send?.({ index: -1, read, refused });
process.disconnect?.();
