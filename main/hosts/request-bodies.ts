// Bodies of requests, counted while they come in: what a request says about its length is not believed.
//
// A call may bring 64 MiB, a dropped file 1 GiB. Together all that are being received may bring a little more than one file, and at
// most eight files come at once (a window sends four), so memory stays bounded however many windows send. A compressed body is refused: what it would
// become is not known before it is there.

import { AppError } from "../../preload/contract/index.ts";

const LARGEST_CALL = 64 * 1024 ** 2;
const LARGEST_FILE = 1024 ** 3;
/** The parts of a form around the file. */
const FORM_OVERHEAD = 1024 ** 2;
const LARGEST_TOGETHER = LARGEST_FILE + 4 * LARGEST_CALL;
const FILES_AT_ONCE = 8;

export class RequestBodies {
  #bytes = 0;
  #files = 0;

  /**
   * Hands on a request whose body is counted as it is read.
   * @throws AppError app/too-large, app/busy (also when the body turns out so while it is read), app/invalid-input for an encoded one
   */
  async receive(request: Request, answer: (counted: Request) => Promise<Response>): Promise<Response> {
    const encoding = request.headers.get("content-encoding");
    if (encoding !== null && encoding !== "identity") {
      throw new AppError("app/invalid-input", "The body of a request must not be compressed.");
    }
    const isFile = /^multipart\/form-data\s*;/i.test(request.headers.get("content-type") ?? "");
    const largest = isFile ? LARGEST_FILE + FORM_OVERHEAD : LARGEST_CALL;
    if (Number(request.headers.get("content-length") ?? 0) > largest) throw tooLarge(isFile);
    if (isFile && this.#files >= FILES_AT_ONCE) throw busy();
    let own = 0;
    let refusal: AppError | null = null;
    let over = false;
    const source = request.body?.getReader();
    // Not piped: a pipe that fails destroys the connection, and the answer that says why would be lost with it.
    const counted =
      source &&
      new ReadableStream<Uint8Array>(
        {
          pull: async (controller) => {
            const { done, value } = await source.read();
            // What comes in after the answer is nobody's, and nothing would take it out of the sum again.
            if (done || over) return controller.close();
            own += value.byteLength;
            this.#bytes += value.byteLength;
            if (own > largest) refusal = tooLarge(isFile);
            else if (this.#bytes > LARGEST_TOGETHER) refusal = busy();
            if (refusal) controller.error(refusal);
            else controller.enqueue(value);
          },
          cancel: (reason) => source.cancel(reason),
        },
        { highWaterMark: 0 },
      );
    this.#files += isFile ? 1 : 0;
    try {
      const init = { method: request.method, headers: [...request.headers], body: counted ?? null, duplex: "half" };
      const handedOn = new Request(request.url, init as RequestInit);
      // Given as `init.signal` it would be followed through a weak reference, and lost with the Request while its answer streams.
      Object.defineProperty(handedOn, "signal", { value: request.signal });
      const response = await answer(handedOn);
      if (refusal === null) return response;
      await response.body?.cancel();
      throw refusal;
    } finally {
      over = true;
      this.#bytes -= own;
      this.#files -= isFile ? 1 : 0;
    }
  }
}

function tooLarge(isFile: boolean): AppError {
  return new AppError(
    "app/too-large",
    isFile
      ? "One dropped file may have 1 GiB at most: import it by its path instead."
      : "One call may carry 64 MiB at most.",
  );
}

function busy(): AppError {
  return new AppError("app/busy", "Other files are being received: wait until they are in.", { retryAfterSeconds: 2 });
}
