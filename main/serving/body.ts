// Reading what a request brings, within limits: one body, and all bodies that are in memory at the same time.

import { AppError } from "../../preload/contract/errors.ts";

/** One file. */
export const MAX_FILE = 256 * 2 ** 20;
/** Of all requests together that are being read or wait for the model. */
const MAX_HELD = 768 * 2 ** 20;

let held = 0;

/**
 * Runs `use` with the body's bytes, `limit` at most, and counts them as held until it is done.
 * Errors: imaging/too-large above the limit, serving/not-ready when others hold too much, app/aborted when the caller went away.
 */
export async function withBody<T>(
  request: Request,
  limit: number,
  use: (bytes: Uint8Array<ArrayBuffer>) => Promise<T>,
): Promise<T> {
  if (Number(request.headers.get("content-length")) > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.length;
      held += chunk.length;
      if (size > limit) throw tooLarge(limit);
      if (held > MAX_HELD) {
        throw new AppError("serving/not-ready", "Too many large requests at the same time. Try again in a moment.");
      }
      chunks.push(chunk);
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks.splice(0)) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return await use(bytes);
  } catch (error) {
    if (request.signal.aborted) throw new AppError("app/aborted", "The request was given up.", { cause: error });
    throw error;
  } finally {
    held -= size;
  }
}

/** The file of a request: its body, or the part `file` of a form. Errors: app/invalid-input, imaging/empty. */
export async function fileOf(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Uint8Array> {
  const file = /^multipart\/form-data/i.test(contentType) ? await formFile(bytes, contentType) : bytes;
  if (file.length === 0) throw new AppError("imaging/empty", "Expected the bytes of an image, found none.");
  return file;
}

async function formFile(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Uint8Array> {
  let file: unknown;
  try {
    file = (await new Response(bytes, { headers: { "content-type": contentType } }).formData()).get("file");
  } catch (cause) {
    throw new AppError("app/invalid-input", "The form cannot be read.", { cause });
  }
  if (!(file instanceof Blob))
    throw new AppError("app/invalid-input", "Expected a form with a file in its part named file.");
  return new Uint8Array(await file.arrayBuffer());
}

function tooLarge(limit: number): AppError {
  return new AppError("imaging/too-large", `Expected a body of at most ${limit} bytes.`);
}
