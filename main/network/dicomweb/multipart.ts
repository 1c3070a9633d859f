// multipart/related, read as it comes (RFC 2046 5.1, RFC 2387): parts one by one, each within a limit, never the whole answer.

import { AppError } from "../../../preload/contract/errors.ts";
import { Fragments } from "../fragments.ts";
import type { Budget } from "../limits.ts";

export interface Part {
  /** lower-case name of the header → value */
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

const MAX_HEADER_BYTES = 1 << 14;
/** RFC 2046 allows 70; some servers take more. */
const MAX_BOUNDARY = 200;

/** The boundary of a content type; null where it is not multipart/related. Throws network/protocol where it has none. */
export function boundaryOf(contentType: string): string | null {
  if (!/^\s*multipart\/related\b/i.test(contentType)) return null;
  const match = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2] ?? "";
  if (boundary === "" || boundary.length > MAX_BOUNDARY) throw wrong("no boundary between its parts");
  return boundary;
}

function wrong(found: string): AppError {
  return new AppError("network/protocol", `Expected an answer in parts (multipart/related), found ${found}.`);
}

/** Takes pieces as they come and gives out those of known length. */
class Reader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  // The first boundary may stand at the very beginning: a line end before it makes it like the others.
  rest = Buffer.from("\r\n");

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#pieces = body[Symbol.asyncIterator]();
  }

  async more(): Promise<void> {
    const { done, value } = await this.#pieces.next();
    if (done) throw wrong("one that ends before its last boundary. What had arrived before is kept; try again");
    this.rest = this.rest.length === 0 ? Buffer.from(value) : Buffer.concat([this.rest, value]);
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

/**
 * Parts of at most `maxPartBytes`. Errors: network/protocol, network/too-large, and those of the body.
 * The array of a part is the receiver's; what `budget` lends for it is given back when the next part is asked for.
 */
export async function* partsOf(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  limits: { maxPartBytes: number; budget?: Budget },
): AsyncGenerator<Part, void, undefined> {
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  const reader = new Reader(body);
  try {
    await skipTo(reader, delimiter);
    while (await anotherPart(reader)) {
      const headers = await headersOf(reader);
      const fragments = new Fragments(limits.maxPartBytes, limits.budget);
      try {
        await collect(reader, delimiter, fragments);
        const bytes = fragments.take();
        if (!bytes) throw tooLarge(limits.maxPartBytes);
        yield { headers, bytes };
      } finally {
        fragments.done();
      }
    }
  } finally {
    await reader.close();
  }
}

function tooLarge(maxPartBytes: number): AppError {
  return new AppError(
    "network/too-large",
    `An object has more than the ${maxPartBytes} bytes that are allowed for one.`,
  );
}

/** Moves behind the next delimiter; what stands before it goes to `take`. */
async function skipTo(reader: Reader, delimiter: Buffer, take: (bytes: Uint8Array) => void = () => {}): Promise<void> {
  for (;;) {
    const at = reader.rest.indexOf(delimiter);
    if (at >= 0) {
      take(reader.rest.subarray(0, at));
      reader.rest = reader.rest.subarray(at + delimiter.length);
      return;
    }
    // All but what may be the beginning of a delimiter.
    const sure = Math.max(0, reader.rest.length - delimiter.length + 1);
    take(reader.rest.subarray(0, sure));
    reader.rest = reader.rest.subarray(sure);
    await reader.more();
  }
}

async function collect(reader: Reader, delimiter: Buffer, fragments: Fragments): Promise<void> {
  await skipTo(reader, delimiter, (bytes) => {
    fragments.add(bytes);
    if (fragments.overflow) throw tooLarge(fragments.length);
  });
}

/** Behind a delimiter: two hyphens end the answer, otherwise the line ends and a part begins. */
async function anotherPart(reader: Reader): Promise<boolean> {
  for (;;) {
    if (reader.rest.length >= 2 && reader.rest[0] === 0x2d && reader.rest[1] === 0x2d) return false;
    const at = reader.rest.indexOf("\r\n");
    if (at >= 0) {
      if (reader.rest.toString("latin1", 0, at).trim() !== "") throw wrong("a boundary with something behind it");
      // The line end stays: it is the empty line of a part without headers.
      reader.rest = reader.rest.subarray(at);
      return true;
    }
    if (reader.rest.length > MAX_HEADER_BYTES) throw wrong("a boundary whose line does not end");
    await reader.more();
  }
}

async function headersOf(reader: Reader): Promise<Map<string, string>> {
  for (;;) {
    const end = reader.rest.indexOf("\r\n\r\n");
    if (end >= 0 && end <= MAX_HEADER_BYTES) {
      const lines = reader.rest.toString("latin1", 0, end).split("\r\n");
      reader.rest = reader.rest.subarray(end + 4);
      const headers = new Map<string, string>();
      for (const line of lines) {
        const colon = line.indexOf(":");
        if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      }
      return headers;
    }
    if (reader.rest.length > MAX_HEADER_BYTES) throw wrong("a part whose headers do not end");
    await reader.more();
  }
}
