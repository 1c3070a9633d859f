// A small real model and the real server around it: what the tests of serving and of the exported image ask.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { GraphBuilder } from "../../main/graph/builder.ts";
import { floatTensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { writeDicom } from "../../main/imaging/dicom/write.ts";
import type { ServedModel } from "../../preload/contract/serving.ts";

export const SIZE = 8;

export const servedModel: ServedModel = {
  name: "chest",
  version: "3",
  input: { size: SIZE, low: 0, high: 255 },
  classes: ["normal", "lesion", "其他"],
  threshold: 0.5,
};

/** Logistic regression with fixed weights: every pixel counts, so a wrong path to the input shows in the answer. */
export function tinyModel(weight = (index: number) => Math.sin(index * 12.9898) / 4): Uint8Array {
  const pixels = SIZE * SIZE;
  const classes = servedModel.classes.length;
  const b = new GraphBuilder("tiny");
  const image = b.input("image", "float32", ["N", 1, SIZE, SIZE]);
  const weights = b.initializer(
    "weights",
    floatTensor(
      [pixels, classes],
      Array.from({ length: pixels * classes }, (_, i) => weight(i)),
    ),
  );
  const bias = b.initializer("bias", floatTensor([classes], [0.25, -0.5, 0.125]));
  const flat = b.reshape(image, [-1, pixels]);
  const logits = b.as("logits").gemm(flat, weights, bias);
  b.output(logits);
  b.output(b.as("probabilities").softmax(logits));
  return writeOnnx(b.build());
}

/** What ONNX Runtime says without any server. It writes to the home folder and reports to its maker unless told not to. */
export async function directly(
  onnx: Uint8Array,
  input: Float32Array,
): Promise<{ probabilities: number[]; logits: number[] }> {
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const session = await InferenceSession.create(onnx);
  const feeds = { image: new Tensor("float32", input, [input.length / (SIZE * SIZE), 1, SIZE, SIZE]) };
  const { probabilities, logits } = await session.run(feeds);
  await session.release();
  return { probabilities: [...(probabilities.data as Float32Array)], logits: [...(logits.data as Float32Array)] };
}

/** 8-bit values of an image as large as the model's input, so that preparing it is dividing by 255. */
export function greyValues(seed = 1): Uint8Array {
  return Uint8Array.from({ length: SIZE * SIZE }, (_, i) => (i * 37 * seed + 11 * seed) % 256);
}

export function pngFile(values: Uint8Array, side = SIZE): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encode({ width: side, height: side, data: values, channels: 1, depth: 8 }));
}

/** A black PNG of `side` × `side` pixels, quickly made: to keep a decoder busy. */
export function blackPng(side: number): Uint8Array<ArrayBuffer> {
  const chunk = (type: string, data: Uint8Array) => {
    const bytes = Buffer.alloc(12 + data.length);
    bytes.writeUInt32BE(data.length, 0);
    bytes.write(type, 4, "latin1");
    bytes.set(data, 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
    return bytes;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 8;
  const pixels = deflateSync(Buffer.alloc(side * (side + 1)), { level: 1 });
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return new Uint8Array(
    Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", new Uint8Array(0))]),
  );
}

/** Secondary capture of `frames` frames, with a name in it that must not come out anywhere. */
export function dicomFile(
  values: Uint8Array,
  frames = 1,
  more: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const attributes = {
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.7.2",
    SOPInstanceUID: "2.25.1",
    StudyInstanceUID: "2.25.2",
    SeriesInstanceUID: "2.25.3",
    Modality: "OT",
    PatientName: "Secret^Marker",
    PatientID: "SECRET-7",
    NumberOfFrames: frames,
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    Rows: SIZE,
    Columns: SIZE,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    ...more,
  };
  return new Uint8Array(writeDicom({ attributes, pixelData: values }));
}

export interface RunningServer {
  readonly origin: string;
  readonly child: ChildProcess;
  /** every line it has written to stdout, as it came */
  readonly lines: string[];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  stop(): Promise<void>;
}

/** A folder with model.onnx and model.json, as the container has at /model. */
export function modelFolder(onnx: Uint8Array, model: ServedModel = servedModel): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "loupe-serving-"));
  writeFileSync(join(path, "model.onnx"), onnx);
  writeFileSync(join(path, "model.json"), JSON.stringify(model));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts the program with the model's folder as its home; `origin` once it listens. `program` is the source or a built server.mjs. */
export async function startServer(
  folder: string,
  program = fileURLToPath(new URL("../../main/serving/server.ts", import.meta.url)),
): Promise<RunningServer> {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, HOME: folder, MODEL_DIR: folder, PORT: "0", HOST: "127.0.0.1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      const entry: { msg?: string; port?: number } = JSON.parse(line);
      if (entry.msg === "listening" && entry.port) resolve(entry.port);
    });
    void exited.then(({ code }) => reject(new Error(`the server ended with ${code}: ${lines.join("\n")}`)));
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    child,
    lines,
    exited,
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

export async function waitReady(origin: string, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const response = await fetch(`${origin}/v2/health/ready`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not ready within ${seconds} s`);
}
