// The HTTP thread's side of inference: one thread that decodes and computes, one request at a time.
//
// ONNX Runtime's `run` and the image codecs block their thread, so they have one of their own: health and metrics answer while a large
// image is decoded, and a file that keeps a codec busy for too long costs that thread, which is ended and started anew, not the server.
// The queue is short on purpose: a caller is told to come back rather than kept waiting in memory.

import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { AppError, isErrorCode } from "../../preload/contract/errors.ts";
import type { Answer, Task, ThreadData, ThreadMessage } from "./inference-thread.ts";

export interface Predictor {
  /** Errors: the reader's own (imaging/…), serving/not-ready while loading or when too many wait, serving/timeout. */
  run(task: Task): Promise<Answer>;
  readonly ready: boolean;
  /** Resolves when the first thread is ready; rejects when the model cannot be served. */
  readonly started: Promise<void>;
  close(): Promise<void>;
}

const QUEUE = 32;
/** For one task once it has begun. */
const TASK_SECONDS = 60;

interface Waiting {
  readonly task: Task;
  resolve(answer: Answer): void;
  reject(error: AppError): void;
}

export function createPredictor(data: ThreadData, taskSeconds = TASK_SECONDS): Predictor {
  const queue: Waiting[] = [];
  let current: Waiting | null = null;
  let timer: NodeJS.Timeout | undefined;
  let ready = false;
  let everReady = false;
  let closed = false;
  const started = Promise.withResolvers<void>();
  let thread = start();

  function start(): Worker {
    // The same name beside this file in source (.ts) and in the built program (.mjs).
    const worker = new Worker(new URL(`./inference-thread${extname(import.meta.filename)}`, import.meta.url), {
      workerData: data,
    });
    worker.on("message", (message: ThreadMessage) => {
      // A replaced thread may still finish: its answer belongs to nobody any more.
      if (worker !== thread) return;
      if (message.kind === "ready") {
        ready = true;
        everReady = true;
        started.resolve();
      } else if (message.kind === "failed") {
        giveUp(toError(message));
      } else if (message.kind === "answer") {
        finish((waiting) => waiting.resolve(message.answer));
      } else {
        finish((waiting) => waiting.reject(toError(message)));
      }
      next();
    });
    // A thread that ends without being asked (out of memory, a fault in a codec) is replaced; its task is refused, not repeated.
    worker.on("error", () =>
      replace(worker, "serving/not-ready", "The image could not be processed: its decoder failed."),
    );
    worker.on("exit", () =>
      replace(worker, "serving/not-ready", "The image could not be processed: its decoder ended."),
    );
    return worker;
  }

  function replace(worker: Worker, code: "serving/not-ready" | "serving/timeout", message: string): void {
    if (closed || worker !== thread) return;
    finish((waiting) => waiting.reject(new AppError(code, message)));
    // One that never became ready would not the next time either.
    if (!ready) {
      giveUp(new AppError("app/internal", "The thread that runs the model does not start."));
      return;
    }
    ready = false;
    thread = start();
    void worker.terminate();
  }

  /** At the start the caller hears of it; later nobody does, and a server without its model ends, to be started anew from outside. */
  function giveUp(error: AppError): void {
    if (everReady) throw error;
    started.reject(error);
  }

  function finish(settle: (waiting: Waiting) => void): void {
    clearTimeout(timer);
    const waiting = current;
    current = null;
    if (waiting) settle(waiting);
  }

  function next(): void {
    if (!ready || current) return;
    current = queue.shift() ?? null;
    if (!current) return;
    timer = setTimeout(() => {
      replace(thread, "serving/timeout", `The image took longer than ${taskSeconds} seconds to process.`);
    }, taskSeconds * 1000);
    thread.postMessage(current.task);
  }

  return {
    get ready() {
      return ready;
    },
    started: started.promise,
    run(task) {
      if (closed || queue.length >= QUEUE) {
        return Promise.reject(
          new AppError("serving/not-ready", "Too many requests are waiting. Try again in a moment."),
        );
      }
      return new Promise((resolve, reject) => {
        queue.push({ task, resolve, reject });
        next();
      });
    },
    async close() {
      closed = true;
      ready = false;
      const stopped = new AppError("serving/not-ready", "The server is stopping.");
      finish((waiting) => waiting.reject(stopped));
      for (const waiting of queue.splice(0)) waiting.reject(stopped);
      await thread.terminate();
    },
  };
}

function toError({ code, message }: { code: string; message: string }): AppError {
  return new AppError(isErrorCode(code) ? code : "app/internal", message);
}
