// Images decoded and prepared by several threads at once.
//
// Codecs and resampling are plain functions of a frame's bytes, so what comes out does not depend on who made it or in which order. The project stays with the thread that asks:
// it reads the encrypted frames and hands them over; keys never travel. Threads and not processes: a codec is WebAssembly, whose faults are exceptions, and pixels need not be copied.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { AppError, type ErrorCode, type InputSpec, type PixelDescription } from "../../preload/contract/index.ts";
import { decodeFrame } from "../imaging/frame.ts";
import { prepareImage } from "../imaging/prepare.ts";
import type { FrameEncoding, StoredFrame } from "../imaging/types.ts";

/** A frame as the project keeps it. */
export interface Kept {
  readonly frame: StoredFrame;
  readonly pixels: PixelDescription;
  readonly encoding: FrameEncoding;
}

export interface Order extends Kept {
  readonly input: InputSpec;
}

export type Reply = { readonly values: Float32Array } | { readonly code: ErrorCode; readonly message: string };

/** A thread needs some 0.3 s to start. Images are prepared here for so many milliseconds, and by threads from then on where the rest would take longer than `WORTH_THREADS_MS`. */
const ALONE_MS = 250;
const WORTH_THREADS_MS = 1_000;
const MOST_THREADS = 8;
/** Frames that wait at a thread, so that it never does. */
const AHEAD = 2;

/** input.size² values in [0, 1]. Errors: imaging/*. */
export function prepareFrame({ frame, pixels, encoding, input }: Order): Float32Array {
  return prepareImage(decodeFrame(frame, pixels, encoding), pixels, input);
}

export interface Preparation {
  readonly count: number;
  readonly input: InputSpec;
  readonly read: (index: number) => Kept;
  readonly take: (index: number, values: Float32Array) => void;
  /** Awaited before each image is read; may throw. */
  readonly proceed: (index: number) => Promise<void>;
  /** Beside this one; as many as the machine has processors where nothing is said. */
  readonly threads?: number;
  /** Milliseconds before threads are thought of. */
  readonly aloneMs?: number;
}

/**
 * Prepares frames 0 to `count` - 1, which `read` gives in this order, and hands each to `take` as it gets ready. Errors: imaging/* of a frame; what the
 * functions that it is given throw.
 */
export async function prepareAll(work: Preparation): Promise<void> {
  const { count, input, read, take, proceed, threads = availableParallelism(), aloneMs = ALONE_MS } = work;
  let next = 0;
  let stopped = false;
  /** Takes frames while there are any and `goesOn`; without a helper they are prepared here. */
  const lane = async (helper: Helper | null, goesOn: () => boolean): Promise<void> => {
    while (next < count && !stopped && goesOn()) {
      const index = next++;
      await proceed(index);
      const order = { ...read(index), input };
      take(index, helper ? await helper.prepare(order) : prepareFrame(order));
    }
  };
  const began = performance.now();
  await lane(null, () => threads < 2 || performance.now() - began < aloneMs);
  const rest = next === 0 ? Number.POSITIVE_INFINITY : ((performance.now() - began) / next) * (count - next);
  if (rest < WORTH_THREADS_MS) return lane(null, () => true);
  const helpers = Array.from({ length: Math.min(threads, MOST_THREADS) }, () => new Helper());
  try {
    await Promise.all(helpers.flatMap((helper) => Array.from({ length: AHEAD }, () => lane(helper, () => true))));
  } finally {
    stopped = true;
    await Promise.all(helpers.map((helper) => helper.end()));
  }
}

const SCRIPT = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./preparation-thread.ts" : "./preparation-thread.js", import.meta.url),
);

/** A thread that prepares one frame after the other; where it cannot be had, or dies, this one does its work. */
class Helper {
  readonly #worker = new Worker(SCRIPT);
  readonly #waiting: ((reply: Reply | null) => void)[] = [];
  #state: "alive" | "gone" | "ended" = "alive";

  constructor() {
    this.#worker.on("message", (reply: Reply) => this.#waiting.shift()?.(reply));
    const gone = (): void => {
      if (this.#state === "alive") this.#state = "gone";
      for (const done of this.#waiting.splice(0)) done(null);
    };
    this.#worker.on("error", gone);
    this.#worker.on("exit", gone);
  }

  async prepare(order: Order): Promise<Float32Array> {
    const reply = await new Promise<Reply | null>((done) => {
      if (this.#state !== "alive") return done(null);
      this.#waiting.push(done);
      this.#worker.postMessage(order);
    });
    if (reply === null && this.#state === "ended") throw new AppError("app/aborted", "The work was stopped.");
    if (reply === null) return prepareFrame(order);
    if ("values" in reply) return reply.values;
    throw new AppError(reply.code, reply.message);
  }

  async end(): Promise<void> {
    this.#state = "ended";
    await this.#worker.terminate();
  }
}
