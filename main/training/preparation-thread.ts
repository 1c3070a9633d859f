// A thread that decodes and prepares what it is sent (preparation.ts).
import { parentPort } from "node:worker_threads";
import { AppError } from "../../preload/contract/errors.ts";
import { type Order, prepareFrame, type Reply } from "./preparation.ts";

const port = parentPort!;

port.on("message", (order: Order) => {
  const reply = answer(order);
  port.postMessage(reply, "values" in reply ? [reply.values.buffer as ArrayBuffer] : []);
});

function answer(order: Order): Reply {
  try {
    return { values: prepareFrame(order) };
  } catch (error) {
    // Anything else is a fault of ours, which ends the thread and is met again by the thread that asked.
    if (!(error instanceof AppError)) throw error;
    return { code: error.code, message: error.message };
  }
}
