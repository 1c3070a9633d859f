// The routes: Open Inference Protocol v2, /predict for whole files, /metrics, and a page for a person.
//
// Every answer that is not the page, metrics or a result is {error, code}: also for addresses that are not there, broken JSON and
// hostile files. What a request carried is in no log and in no metric.

import { type Context, Hono } from "hono";
import { routePath } from "hono/route";
import type { Logger } from "pino";
import { applyRules } from "../../preload/contract/apply-rules.ts";
import { predictedClass } from "../../preload/contract/decision.ts";
import { AppError, ERROR_STATUS } from "../../preload/contract/errors.ts";
import type { ServedModel } from "../../preload/contract/serving.ts";
import { fileOf, MAX_FILE, withBody } from "./body.ts";
import {
  inferResponse,
  maxRequestBytes,
  modelMetadata,
  type Outputs,
  parseInferRequest,
} from "./inference-protocol.ts";
import type { Answer } from "./inference-thread.ts";
import type { Metrics } from "./metrics.ts";
import type { PageFile } from "./page.ts";
import type { Predictor } from "./predictor.ts";

interface Parts {
  readonly model: ServedModel;
  readonly predictor: Predictor;
  readonly metrics: Metrics;
  readonly pageFiles: readonly PageFile[];
  readonly log: Logger;
  /** true once the server has been asked to stop */
  readonly draining: () => boolean;
}

/** Of this program, as the protocol's server metadata names it. */
const SERVER_VERSION = "1";

export function createApp({ model, predictor, metrics, pageFiles, log, draining }: Parts): Hono {
  const app = new Hono();
  const ready = () => predictor.ready && !draining();

  app.use(async (c, next) => {
    const start = performance.now();
    await next();
    const seconds = (performance.now() - start) / 1000;
    const path = routePath(c, -1);
    const route = path.includes("*") ? "other" : path;
    c.header("x-content-type-options", "nosniff");
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
    if (draining()) c.header("connection", "close");
    metrics.request(route, c.req.method, c.res.status, seconds);
    log.info({ route, method: c.req.method, status: c.res.status, ms: Math.round(seconds * 1000) }, "answered");
  });
  app.onError((error, c) => refuse(c, error, log));
  app.notFound((c) => refuse(c, new AppError("app/not-found", "There is nothing at this address."), log));

  for (const { path, type, body, headers } of pageFiles) {
    app.get(path, (c) => c.body(body, 200, { ...headers, "content-type": type, "cache-control": "no-cache" }));
  }
  app.get("/metrics", async (c) => c.body(await metrics.text(), 200, { "content-type": metrics.contentType }));

  app.get("/v2", (c) => c.json({ name: "loupe", version: SERVER_VERSION, extensions: [] }));
  app.get("/v2/health/live", (c) => c.json({ live: true }));
  app.get("/v2/health/ready", (c) => c.json({ ready: ready() }, ready() ? 200 : 503));

  for (const path of ["/v2/models/:name", "/v2/models/:name/versions/:version"] as const) {
    app.get(path, (c) => {
      checkModel(c, model);
      return c.json(modelMetadata(model));
    });
    app.get(`${path}/ready`, (c) => {
      checkModel(c, model);
      return c.json({ name: model.name, ready: ready() }, ready() ? 200 : 503);
    });
    app.post(`${path}/infer`, (c) => {
      checkModel(c, model);
      if (c.req.header("inference-header-content-length") !== undefined) {
        throw new AppError("app/invalid-input", "Binary tensors are not supported; send the data as JSON.");
      }
      return withBody(c.req.raw, maxRequestBytes(model), async (bytes) => {
        const request = parseInferRequest(parseJson(bytes), model);
        const { outputs } = observed(await predictor.run({ kind: "infer", data: request.data, count: request.count }));
        return c.json(inferResponse(model, request, outputs));
      });
    });
  }

  app.post("/predict", (c) =>
    withBody(c.req.raw, MAX_FILE, async (body) => {
      const bytes = await fileOf(body, c.req.header("content-type") ?? "");
      const frame = frameIndex(c.req.query("frame"));
      const preview = c.req.query("preview") === "1";
      const answer = observed(await predictor.run({ kind: "predict", bytes, frame, preview }));
      return c.json(predictResponse(model, answer));
    }),
  );

  function observed(answer: Answer): Answer {
    const rows = rowsOf(answer.outputs.probabilities, model.classes.length);
    metrics.inference(answer.seconds, rows.length);
    for (const row of rows) metrics.prediction(predictedClass(row, model.threshold));
    return answer;
  }

  return app;
}

/** One image: the class decided for, and all classes from the most to the least probable. */
function predictResponse(model: ServedModel, { outputs, frame, frames, preview, tags }: Answer): object {
  const probabilities = Array.from(outputs.probabilities);
  const predicted = predictedClass(probabilities, model.threshold);
  const said = { classes: model.classes, probabilities, predicted };
  const rules = model.rules && applyRules(model.rules.rules, { ...said, tags: tags ?? {} });
  const classes = model.classes
    .map((name, index) => ({ name, probability: probabilities[index] }))
    .sort((a, b) => b.probability - a.probability);
  return {
    model: model.name,
    version: model.version,
    predicted: model.classes[predicted],
    classes,
    probabilities,
    threshold: model.threshold,
    ...(rules ? { rules } : {}),
    logits: Array.from(outputs.logits),
    frame,
    frames,
    ...(preview ? { preview: `data:image/png;base64,${Buffer.from(preview).toString("base64")}` } : {}),
  };
}

function rowsOf(values: Outputs["probabilities"], width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) => [
    ...values.subarray(row * width, (row + 1) * width),
  ]);
}

function checkModel(c: Context, model: ServedModel): void {
  const version = c.req.param("version");
  if (c.req.param("name") !== model.name || (version !== undefined && version !== model.version)) {
    throw new AppError("app/not-found", `There is only the model ${model.name}, version ${model.version}.`);
  }
}

/** null: the frame that stands for the whole file. */
function frameIndex(query: string | undefined): number | null {
  if (query === undefined) return null;
  if (!/^\d{1,6}$/.test(query)) throw new AppError("app/invalid-input", "Expected frame as a whole number from 0.");
  return Number(query);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError("app/invalid-input", "Expected a JSON document.", { cause });
  }
}

/** The caller learns what an AppError says, and of anything else only that it happened: the log has the rest, which is our own code's. */
function refuse(c: Context, error: Error, log: Logger): Response {
  if (error instanceof AppError && error.code !== "app/internal") {
    return Response.json({ error: error.message, code: error.code }, { status: ERROR_STATUS[error.code] });
  }
  log.error({ route: routePath(c, -1), error: error.message, stack: error.stack }, "failed");
  return Response.json({ error: "The server made a mistake.", code: "app/internal" }, { status: 500 });
}
