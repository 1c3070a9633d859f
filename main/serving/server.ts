// The program inside the container: one model, answered over HTTP. Built on its own into dist/serving; see README.md.
//
// MODEL_DIR (/model) holds model.onnx and model.json; PORT (8080), HOST (0.0.0.0) and LOG_LEVEL (info) are the only other settings.
// It writes no file. On SIGTERM it stops being ready, finishes what it has begun, and ends with 0.

import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { pino } from "pino";
import { type ServedModel, servedModelSchema } from "../../preload/contract/serving.ts";
import { createApp } from "./app.ts";
import { createMetrics } from "./metrics.ts";
import { readPage } from "./page.ts";
import { createPredictor } from "./predictor.ts";

/** Docker waits 10 seconds before it kills; an answer that takes longer is lost there whatever we do. */
const DRAIN_MS = 25_000;
const HEADERS_MS = 20_000;
/** For a whole body: 256 MB in five minutes is 7 Mbit/s. */
const REQUEST_MS = 300_000;

// ONNX Runtime reports to its maker unless told not to before it starts: it would keep an identifier in the home folder and send model
// names, hashes and timings. Read by the native library, so it has to be this thread that sets it: a worker's environment is a copy.
process.env.ORT_DISABLE_TELEMETRY = "1";

const log = pino({ level: process.env.LOG_LEVEL ?? "info", base: null, timestamp: pino.stdTimeFunctions.isoTime });
const folder = process.env.MODEL_DIR ?? "/model";

try {
  await main(readModel(folder));
} catch (error) {
  log.fatal({ error: error instanceof Error ? error.message : String(error) }, "not started");
  process.exit(1);
}

async function main(model: ServedModel): Promise<void> {
  const predictor = createPredictor({ modelPath: join(folder, "model.onnx"), model });
  let stopping = false;
  const app = createApp({
    model,
    predictor,
    metrics: createMetrics(model),
    pageFiles: readPage(model),
    log,
    draining: () => stopping,
  });
  const server = serve({
    fetch: app.fetch,
    port: Number(process.env.PORT ?? 8080),
    hostname: process.env.HOST ?? "0.0.0.0",
    serverOptions: { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
  }) as Server;
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return;
    const body = JSON.stringify({ error: "This is not an HTTP request that can be read.", code: "app/invalid-input" });
    const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
    socket.end(`${head}\r\n\r\n${body}`);
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, "stopping");
      void stop(server).then(async () => {
        await predictor.close();
        log.info("stopped");
        process.exit(0);
      });
    });
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", resolve);
  });
  const address = server.address();
  log.info({ port: typeof address === "object" ? address?.port : null }, "listening");
  await predictor.started;
  log.info({ model: model.name, version: model.version }, "ready");
}

/** No new connections; those without a request are closed, the others when they have their answer. */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, DRAIN_MS);
    const idle = setInterval(() => server.closeIdleConnections(), 100);
    server.close(() => {
      clearTimeout(limit);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function readModel(from: string): ServedModel {
  const parsed = servedModelSchema.safeParse(JSON.parse(readFileSync(join(from, "model.json"), "utf8")));
  if (!parsed.success) throw new Error("model.json is not the description of a model.");
  return parsed.data;
}
