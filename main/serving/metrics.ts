// What the program says about itself to Prometheus: counts and times, by route and by answer. No label holds anything a request said.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ServedModel } from "../../preload/contract/serving.ts";

export interface Metrics {
  /** `route` is a pattern such as /predict, never an address as it was sent */
  request(route: string, method: string, status: number, seconds: number): void;
  inference(seconds: number, images: number): void;
  /** index into the model's classes */
  prediction(classIndex: number): void;
  readonly contentType: string;
  /** Prometheus text exposition format */
  text(): Promise<string>;
}

/** Seconds; from a small model's answer to a large multi-frame file's. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createMetrics(model: ServedModel): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "loupe_http_requests_total",
    help: "Answers given, by route, method and status.",
    labelNames: ["route", "method", "status"],
    registers,
  });
  const latency = new Histogram({
    name: "loupe_http_request_duration_seconds",
    help: "From the first byte of a request to its answer.",
    labelNames: ["route"],
    buckets: BUCKETS,
    registers,
  });
  const inference = new Histogram({
    name: "loupe_inference_duration_seconds",
    help: "Time inside the model for one request.",
    buckets: BUCKETS,
    registers,
  });
  const images = new Counter({
    name: "loupe_inference_images_total",
    help: "Images that the model has seen.",
    registers,
  });
  const predictions = new Counter({
    name: "loupe_predictions_total",
    help: "Answers by predicted class.",
    labelNames: ["class"],
    registers,
  });
  new Gauge({ name: "loupe_model_info", help: "Always 1.", labelNames: ["name", "version"], registers }).set(
    { name: model.name, version: model.version },
    1,
  );
  // A class that was never predicted is 0, not absent: rates and alerts need the series.
  for (const name of model.classes) predictions.inc({ class: name }, 0);
  return {
    request(route, method, status, seconds) {
      requests.inc({ route, method, status });
      latency.observe({ route }, seconds);
    },
    inference(seconds, count) {
      inference.observe(seconds);
      images.inc(count);
    },
    prediction: (classIndex) => predictions.inc({ class: model.classes[classIndex] }),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
