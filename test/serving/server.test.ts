// The real program from source, as a child process, asked over HTTP.

import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServedModel } from "../../preload/contract/serving.ts";
import {
  blackPng,
  dicomFile,
  directly,
  greyValues,
  modelFolder,
  pngFile,
  type RunningServer,
  SIZE,
  servedModel,
  startServer,
  tinyModel,
  waitReady,
} from "./served-model.ts";

const onnx = tinyModel();
const folder = modelFolder(onnx);
let server: RunningServer;

beforeAll(async () => {
  server = await startServer(folder.path);
  await waitReady(server.origin);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

interface Predicted {
  predicted: string;
  classes: { name: string; probability: number }[];
  probabilities: number[];
  logits: number[];
  frame: number;
  frames: number;
  preview?: string;
  model: string;
  version: string;
}

const prepared = (values: Uint8Array) => Float32Array.from(values, (value) => value / 255);

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const response = await fetch(server.origin + path, init);
  return { status: response.status, body: await response.json() };
}

async function predict(body: RequestInit["body"], query = ""): Promise<Predicted> {
  const answer = await ask(`/predict${query}`, { method: "POST", body });
  expect(answer.status).toBe(200);
  return answer.body as Predicted;
}

function expectClose(actual: readonly number[], expected: readonly number[], within: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(within);
}

describe("Open Inference Protocol", () => {
  test("health, server and model metadata have the protocol's members", async () => {
    expect((await ask("/v2/health/live")).body).toEqual({ live: true });
    expect((await ask("/v2/health/ready")).body).toEqual({ ready: true });
    expect((await ask("/v2")).body).toEqual({ name: "loupe", version: expect.any(String), extensions: [] });
    const metadata = {
      name: "chest",
      versions: ["3"],
      platform: "onnx_onnxv1",
      inputs: [{ name: "image", datatype: "FP32", shape: [-1, 1, SIZE, SIZE] }],
      outputs: [
        { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
        { name: "logits", datatype: "FP32", shape: [-1, 3] },
      ],
    };
    expect((await ask("/v2/models/chest")).body).toEqual(metadata);
    expect((await ask("/v2/models/chest/versions/3")).body).toEqual(metadata);
    expect((await ask("/v2/models/chest/ready")).body).toEqual({ name: "chest", ready: true });
  });

  test("infer equals ONNX Runtime asked directly to 1e-6, flat and nested, for a batch of two", async () => {
    const input = Float32Array.from([...prepared(greyValues(1)), ...prepared(greyValues(3))]);
    const expected = await directly(onnx, input);
    const flat = [...input];
    const nested = [0, 1].map((n) => [
      Array.from({ length: SIZE }, (_, row) => flat.slice((n * SIZE + row) * SIZE, (n * SIZE + row + 1) * SIZE)),
    ]);
    for (const [path, data] of [
      ["/v2/models/chest/infer", flat],
      ["/v2/models/chest/versions/3/infer", nested],
    ] as const) {
      const body = { id: "a7", inputs: [{ name: "image", datatype: "FP32", shape: [2, 1, SIZE, SIZE], data }] };
      const answer = await ask(path, { method: "POST", body: JSON.stringify(body) });
      expect(answer.status).toBe(200);
      const { outputs, ...rest } = answer.body as { outputs: { name: string; shape: number[]; data: number[] }[] };
      expect(rest).toEqual({ model_name: "chest", model_version: "3", id: "a7" });
      expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
        ["probabilities", [2, 3]],
        ["logits", [2, 3]],
      ]);
      expectClose(outputs[0].data, expected.probabilities, 1e-6);
      expectClose(outputs[1].data, expected.logits, 1e-6);
    }
  });

  test("only the outputs that were asked for come back", async () => {
    const inputs = [
      { name: "image", datatype: "FP32", shape: [1, 1, SIZE, SIZE], data: new Array(SIZE * SIZE).fill(0) },
    ];
    const body = JSON.stringify({ inputs, outputs: [{ name: "logits" }] });
    const answer = await ask("/v2/models/chest/infer", { method: "POST", body });
    expect((answer.body as { outputs: { name: string }[] }).outputs.map(({ name }) => name)).toEqual(["logits"]);
  });

  const valid = { name: "image", datatype: "FP32", shape: [1, 1, SIZE, SIZE], data: new Array(SIZE * SIZE).fill(0.5) };
  test.each([
    ["no JSON", "{", 400],
    ["no UTF-8", new Uint8Array([0xff, 0xfe, 0x80]), 400],
    ["null", "null", 400],
    ["no inputs", { inputs: [] }, 400],
    ["another input", { inputs: [{ ...valid, name: "pixels" }] }, 400],
    ["two inputs", { inputs: [valid, valid] }, 400],
    ["another type", { inputs: [{ ...valid, datatype: "UINT8" }] }, 400],
    ["another shape", { inputs: [{ ...valid, shape: [1, 3, SIZE, SIZE] }] }, 400],
    ["an empty batch", { inputs: [{ ...valid, shape: [0, 1, SIZE, SIZE], data: [] }] }, 400],
    ["an enormous batch", { inputs: [{ ...valid, shape: [1e9, 1, SIZE, SIZE] }] }, 400],
    ["too few numbers", { inputs: [{ ...valid, data: [1] }] }, 400],
    ["too many numbers", { inputs: [{ ...valid, data: new Array(SIZE * SIZE + 1).fill(0) }] }, 400],
    ["words for numbers", { inputs: [{ ...valid, data: new Array(SIZE * SIZE).fill("0.5") }] }, 400],
    ["a number beyond float32", { inputs: [{ ...valid, data: new Array(SIZE * SIZE).fill(1e300) }] }, 400],
    ["an unknown output", { inputs: [valid], outputs: [{ name: "votes" }] }, 400],
  ])("an inference request with %s is refused with a sentence", async (_, body, status) => {
    const sent = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    const answer = await ask("/v2/models/chest/infer", { method: "POST", body: sent });
    expect(answer).toEqual({ status, body: { error: expect.stringMatching(/\w+ .*\w/), code: "app/invalid-input" } });
  });

  test("a request larger than a full batch can be is refused before it is parsed", async () => {
    const body = " ".repeat(2 ** 16 + 64 * SIZE * SIZE * 32 + 1);
    const answer = await ask("/v2/models/chest/infer", { method: "POST", body });
    expect(answer).toEqual({ status: 413, body: { error: expect.any(String), code: "imaging/too-large" } });
  });

  test("a full batch of the longest numbers is answered", async () => {
    const number = -Math.PI * 1e-30;
    const data = new Array(64 * SIZE * SIZE).fill(number);
    const body = JSON.stringify({ inputs: [{ ...valid, shape: [64, 1, SIZE, SIZE], data }] });
    expect((await ask("/v2/models/chest/infer", { method: "POST", body })).status).toBe(200);
  });

  test("binary tensors, another model, another version and another address are refused as JSON", async () => {
    const binary = { method: "POST", body: "{}", headers: { "Inference-Header-Content-Length": "2" } };
    expect((await ask("/v2/models/chest/infer", binary)).status).toBe(400);
    for (const path of ["/v2/models/brain", "/v2/models/chest/versions/4/ready", "/nothing", "/../etc/passwd"]) {
      expect(await ask(path)).toEqual({ status: 404, body: { error: expect.any(String), code: "app/not-found" } });
    }
    expect((await ask("/predict")).status).toBe(404);
  });
});

describe("/predict", () => {
  test("a PNG's answer equals preparing it by hand and asking ONNX Runtime, to 1e-6", async () => {
    const values = greyValues(5);
    const expected = await directly(onnx, prepared(values));
    const answer = await predict(pngFile(values));
    expectClose(answer.probabilities, expected.probabilities, 1e-6);
    expectClose(answer.logits, expected.logits, 1e-6);
    const best = expected.probabilities.indexOf(Math.max(...expected.probabilities));
    expect(answer.predicted).toBe(servedModel.classes[best]);
    expect(answer.classes[0]).toEqual({ name: answer.predicted, probability: answer.probabilities[best] });
    expect(answer.classes.map(({ name }) => name).sort()).toEqual([...servedModel.classes].sort());
    expect(answer).toMatchObject({ model: "chest", version: "3", frame: 0, frames: 1 });
    expect(answer.preview).toBeUndefined();
  });

  test("the same file in a form's part named file has the same answer", async () => {
    const png = pngFile(greyValues(6));
    const form = new FormData();
    form.append("note", "anything");
    form.append("file", new Blob([png]), "Müller^张伟.png");
    expect(await predict(form)).toEqual(await predict(png));
  });

  test("a DICOM file with the same pixels has the PNG's answer, and a preview without its patient", async () => {
    const values = greyValues(7);
    const answer = await predict(dicomFile(values), "?preview=1");
    expectClose(answer.probabilities, (await predict(pngFile(values))).probabilities, 1e-6);
    expect(answer.preview).toMatch(/^data:image\/png;base64,iVBORw0KGgo/);
    expect(JSON.stringify(answer)).not.toMatch(/secret/i);
  });

  test("rules that travel with the model are applied to a file's tags, undecided where it has none, and no tag comes out", async () => {
    const conditions = [{ kind: "age" as const, from: null, below: 16 }];
    const children = { id: "c", name: "Children", match: "all" as const, conditions, action: "refer" as const };
    const ruled = modelFolder(onnx, { ...servedModel, rules: { format: "loupe-rules/1", rules: [children] } });
    const other = await startServer(ruled.path);
    try {
      await waitReady(other.origin);
      const of = async (body: Uint8Array<ArrayBuffer>) => {
        const response = await fetch(`${other.origin}/predict`, { method: "POST", body });
        const text = await response.text();
        expect(text).not.toContain("009Y");
        return (JSON.parse(text) as { rules: unknown }).rules;
      };
      const child = await of(dicomFile(greyValues(7), 1, { PatientAge: "009Y" }));
      expect(child).toMatchObject({ outcome: "refer", rules: [{ name: "Children", result: "caught" }] });
      expect(await of(dicomFile(greyValues(7), 1, { PatientAge: "040Y" }))).toEqual({ outcome: null, rules: [] });
      const undecided = { outcome: null, rules: [{ result: "undecided", missing: ["age"] }] };
      expect(await of(pngFile(greyValues(7)))).toMatchObject(undecided);
      expect("rules" in (await predict(pngFile(greyValues(7))))).toBe(false);
    } finally {
      await other.stop();
      ruled.remove();
    }
  });

  test("each frame of a multi-frame file can be asked for, and no other; unasked it is the middle one, as in evaluation", async () => {
    const frames = [greyValues(1), greyValues(9)];
    const file = dicomFile(Uint8Array.from([...frames[0], ...frames[1]]), 2);
    for (const [index, values] of frames.entries()) {
      const answer = await predict(file, `?frame=${index}`);
      expectClose(answer.probabilities, (await directly(onnx, prepared(values))).probabilities, 1e-6);
      expect(answer).toMatchObject({ frame: index, frames: 2 });
    }
    const three = dicomFile(Uint8Array.from([...frames[0], ...frames[1], ...frames[0]]), 3);
    const unasked = await predict(three);
    expect(unasked).toMatchObject({ frame: 1, frames: 3 });
    expectClose(unasked.probabilities, (await directly(onnx, prepared(frames[1]))).probabilities, 1e-6);
    const beyond = await ask("/predict?frame=2", { method: "POST", body: file });
    expect(beyond).toEqual({ status: 404, body: { error: expect.any(String), code: "imaging/frame-missing" } });
    for (const frame of ["-1", "1.5", "x", "99999999999"]) {
      expect((await ask(`/predict?frame=${frame}`, { method: "POST", body: file })).status).toBe(400);
    }
  });

  const png = pngFile(greyValues(2));
  const dicom = dicomFile(greyValues(2));
  const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 2654435761) >>> 13);
  const hostile: [string, Uint8Array<ArrayBuffer>, number][] = [
    ["nothing", new Uint8Array(0), 422],
    ["one byte", new Uint8Array(1), 415],
    ["noise", noise, 415],
    ["half a PNG", png.slice(0, png.length / 2), 422],
    ["a PNG's first bytes", png.slice(0, 8), 422],
    ["half a DICOM file", dicom.slice(0, dicom.length - 30), 422],
    ["a DICOM header alone", dicom.slice(0, 200), 422],
    ["a PNG that says it is enormous", enormous(png), 413],
    ["a PNG of more than 256 MB when unpacked", enormous(png, 16_385), 413],
    ["a JPEG's first bytes", Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46]), 422],
    ["a TIFF's first bytes", Uint8Array.from([0x49, 0x49, 42, 0, 255, 255, 255, 127]), 422],
    ["a program", Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, ...noise]), 415],
  ];
  test.each(hostile)("%s is refused by name and the next file is answered", async (_, bytes, status) => {
    const answer = await ask("/predict", { method: "POST", body: bytes });
    expect(answer.body).toEqual({
      error: expect.stringMatching(/^[A-Z].*\.$/),
      code: expect.stringMatching(/^imaging\//),
    });
    expect(answer.status).toBe(status);
    expect((await predict(png)).frames).toBe(1);
  });

  test("a form without a file and a form that is none are refused", async () => {
    const form = new FormData();
    form.append("file", "only words");
    expect((await ask("/predict", { method: "POST", body: form })).status).toBe(400);
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    expect((await ask("/predict", { method: "POST", body: "no form", headers })).status).toBe(400);
  });

  test("a body that says it is larger than 256 MB is refused before it is sent", async () => {
    const answer = await raw(`POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: ${300 * 2 ** 20}\r\n\r\nabc`);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('"code":"imaging/too-large"');
  });
});

describe("the rest", () => {
  test("what is no HTTP at all gets a JSON refusal", async () => {
    const answer = await raw("HELLO\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"code":"app/invalid-input"');
  });

  test("health answers while the model has a full queue, and more than the queue is told to come back", async () => {
    const big = blackPng(800);
    const asked = Array.from({ length: 80 }, () => fetch(`${server.origin}/predict`, { method: "POST", body: big }));
    const health = (await fetch(`${server.origin}/v2/health/live`)).status;
    const statuses = await Promise.all(asked.map(async (answer) => (await answer).status));
    expect(health).toBe(200);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(32);
    expect(statuses).toContain(503);
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
  });

  test("metrics count requests by route and predictions by class, and name no address that was asked", async () => {
    await predict(pngFile(greyValues(2)));
    const text = await (await fetch(`${server.origin}/metrics`)).text();
    expect(text).toMatch(/loupe_http_requests_total\{route="\/predict",method="POST",status="200"\} \d+/);
    expect(text).toMatch(/loupe_http_requests_total\{route="other",method="GET",status="404"\} \d+/);
    expect(text).toMatch(/loupe_http_request_duration_seconds_bucket\{le="\+Inf",route="\/predict"\} \d+/);
    expect(text).toMatch(/loupe_predictions_total\{class="其他"\} \d+/);
    expect(text).toMatch(/process_cpu_seconds_total \d/);
    expect(text).toMatch(/loupe_model_info\{name="chest",version="3"\} 1/);
    expect(text).not.toMatch(/nothing|passwd|brain/);
  });

  test("the page names the model, and its policy allows nothing from elsewhere and nothing inline", async () => {
    const page = await fetch(`${server.origin}/`);
    const html = await page.text();
    expect(html).toContain("<h1>chest</h1>");
    expect(html).not.toMatch(/\{\{|<style|style=|https?:\/\/(?!www\.w3\.org)/);
    const policy = page.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|http/);
    for (const [path, type] of [
      ["/page.css", "text/css; charset=utf-8"],
      ["/page.js", "text/javascript; charset=utf-8"],
    ]) {
      expect((await fetch(server.origin + path)).headers.get("content-type")).toBe(type);
    }
  });

  test("the log is JSON lines that hold neither patient, file name nor address", () => {
    expect(server.lines.length).toBeGreaterThan(20);
    for (const line of server.lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
    expect(server.lines.join("\n")).not.toMatch(/secret|Müller|张伟|passwd|brain/i);
  });
});

test("the program writes no file, and ONNX Runtime in it neither identifies the machine nor keeps a report to send", () => {
  expect(readdirSync(folder.path, { recursive: true }).sort()).toEqual(["model.json", "model.onnx"]);
});

describe("start and stop", () => {
  test("SIGTERM: what has begun is answered, new work is not taken, the program ends with 0", async () => {
    const own = await startServer(folder.path);
    await waitReady(own.origin);
    const big = blackPng(6000);
    const begun = fetch(`${own.origin}/predict`, { method: "POST", body: big });
    await new Promise((resolve) => setTimeout(resolve, 500));
    own.child.kill("SIGTERM");
    expect((await begun).status).toBe(200);
    expect(await own.exited).toEqual({ code: 0, signal: null });
    await expect(fetch(`${own.origin}/v2/health/live`)).rejects.toThrow();
  });

  test("a model whose numbers are not finite is never served: the program ends with 1 and says why", async () => {
    const bad = modelFolder(tinyModel(() => Number.NaN));
    const own = await startServer(bad.path);
    expect(await own.exited).toEqual({ code: 1, signal: null });
    expect(own.lines.join("\n")).toContain("finite numbers");
    expect(own.lines.join("\n")).not.toContain('"msg":"ready"');
    bad.remove();
  });

  test("a folder whose model is damaged, or has other classes than it says, is never served", async () => {
    const cases: [Uint8Array, ServedModel][] = [
      [onnx.slice(0, 100), servedModel],
      [onnx, { ...servedModel, classes: ["one", "two"] }],
    ];
    for (const [bytes, model] of cases) {
      const bad = modelFolder(bytes, model);
      const own = await startServer(bad.path);
      expect((await own.exited).code).toBe(1);
      bad.remove();
    }
  });
});

/** A PNG header that promises `side` × `side` pixels, with a right checksum. */
function enormous(file: Uint8Array, side = 60_000): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(file);
  bytes.writeUInt32BE(side, 16);
  bytes.writeUInt32BE(side, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return new Uint8Array(bytes);
}

/** Sends text as it is and returns all that comes back within a second. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(server.origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = "";
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (chunk) => (answer += chunk));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}
