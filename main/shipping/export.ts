// Model → OCI image archive: one file that `podman load` and `docker load` take, written without either.
//
// The image is addressed as localhost/loupe/<name>:<version>. A name without a host would mean docker.io to Docker, which would fetch a
// stranger's image of that name where ours was not loaded; localhost never leaves the machine.
// Nothing about images or people goes in: only the graph, the names of the classes and the input's range.

import { statSync } from "node:fs";
import { AppError } from "../../preload/contract/errors.ts";
import type { ExportReport } from "../../preload/contract/models.ts";
import { type ServedModel, servedModelSchema } from "../../preload/contract/serving.ts";
import {
  baseEntries,
  MODEL_PATH,
  modelEntries,
  NODE_PATH,
  nodeEntries,
  onnxruntimeEntries,
  preparedBase,
  SERVER_PATH,
  serverEntries,
  USER_ID,
} from "./content.ts";
import { imageArchive, type RunConfig } from "./oci/image.ts";
import { buildLayer, type Layer, type LayerEntry } from "./oci/layer.ts";
import { findSources, type ImageSources } from "./sources.ts";
import { named, refuseExisting, writeWhole } from "./whole-files.ts";

/** Inside the container; the host's side is the user's choice. */
const PORT = 8080;
const SECOND = 1_000_000_000;

export interface ExportRequest {
  readonly onnx: Uint8Array;
  readonly manifest: ServedModel;
  /** path of the archive to write */
  readonly target: string;
  /** last part of the image's name: lower-case letters, digits and . _ - */
  readonly name: string;
  /** false: shipping/target-exists when there is a file already */
  readonly overwrite?: boolean;
  /** RFC 3339; the model's own time, since it is part of the digest. Default 1970. */
  readonly created?: string;
  /** default: what `findSources()` finds on this machine */
  readonly sources?: ImageSources;
  readonly signal?: AbortSignal;
  /** bytes read and packed so far, of all */
  readonly onProgress?: (done: number, total: number) => void;
}

const imageName = (name: string): string => `localhost/loupe/${name}`;

/** One more than this name was given before, whatever model was in it: no image may take the tag of another that is loaded somewhere. */
export function nextVersion(name: string, before: readonly Pick<ExportReport, "reference">[]): string {
  return String(before.filter(({ reference }) => reference.startsWith(`${imageName(name)}:`)).length + 1);
}

/**
 * Errors: shipping/base-missing, shipping/target-exists, project/disk-full, project/read-only, app/aborted, app/invalid-input.
 * Whatever happens, `target` is either the complete new archive or as it was before.
 */
export async function exportImage(request: ExportRequest): Promise<Omit<ExportReport, "id" | "modelId" | "createdAt">> {
  const { target, name, signal, overwrite = false } = request;
  const model = servedModelSchema.safeParse(request.manifest);
  if (!model.success || !/^[a-z0-9]+([._-][a-z0-9]+)*$/.test(name)) {
    throw new AppError("app/invalid-input", "The model's description or the image's name is not valid.");
  }
  refuseExisting(target, overwrite);
  const sources = request.sources ?? (await findSources());
  const reference = `${imageName(name)}:${model.data.version}`;
  try {
    const layers = await buildLayers(request, model.data, sources);
    const archive = imageArchive({
      layers,
      config: runConfig(model.data),
      architecture: sources.architecture,
      created: request.created ?? "1970-01-01T00:00:00Z",
      reference,
    });
    await writeWhole([{ path: target, bytes: archive.stream() }], { overwrite, signal });
    return {
      path: target,
      reference,
      digest: archive.digest,
      bytes: archive.size,
      platform: `linux/${sources.architecture}`,
      layers: layers.map((layer) => ({ name: layer.name, bytes: layer.bytes.length, digest: layer.digest })),
      commands: commands(target, reference),
    };
  } catch (error) {
    throw named(error, signal);
  }
}

async function buildLayers(request: ExportRequest, model: ServedModel, sources: ImageSources): Promise<Layer[]> {
  const prepared = await preparedBase(sources);
  const plan: { name: string; entries: LayerEntry[] }[] = [
    ...(prepared ? [] : [{ name: "base", entries: await baseEntries(sources) }]),
    { name: "runtime", entries: [...(prepared ? [] : nodeEntries(sources)), ...onnxruntimeEntries(sources)] },
    { name: "server", entries: serverEntries(sources) },
    { name: "model", entries: modelEntries(request.onnx, model) },
  ];
  const total = plan.flatMap(({ entries }) => entries).reduce((sum, entry) => sum + sizeOf(entry), 0);
  let done = 0;
  const layers: Layer[] = prepared ? [prepared] : [];
  for (const { name, entries } of plan) {
    layers.push(
      await buildLayer(name, entries, {
        signal: request.signal,
        onBytes: (bytes) => request.onProgress?.((done += bytes), total),
      }),
    );
  }
  return layers;
}

/** Loader, libraries and Node in one layer, as `resources/base` holds it for machines that are not Linux. */
export async function prepareBase(sources: ImageSources): Promise<Layer> {
  return buildLayer("base", [...(await baseEntries(sources)), ...nodeEntries(sources)]);
}

function runConfig(model: ServedModel): RunConfig {
  const ready = `fetch("http://127.0.0.1:"+(process.env.PORT||${PORT})+"/v2/health/ready").then(r=>process.exit(r.ok?0:1),()=>process.exit(1))`;
  return {
    User: `${USER_ID}:${USER_ID}`,
    ExposedPorts: { [`${PORT}/tcp`]: {} },
    Env: [
      "PATH=/usr/bin",
      "NODE_ENV=production",
      `MODEL_DIR=/${MODEL_PATH}`,
      `PORT=${PORT}`,
      "ORT_DISABLE_TELEMETRY=1",
    ],
    Entrypoint: [`/${NODE_PATH}`, `/${SERVER_PATH}`],
    WorkingDir: "/srv",
    StopSignal: "SIGTERM",
    Labels: {
      "org.opencontainers.image.title": model.name,
      "org.opencontainers.image.version": model.version,
      "org.opencontainers.image.description": "An image classifier made with Loupe, served over HTTP.",
    },
    Healthcheck: {
      Test: ["CMD", `/${NODE_PATH}`, "-e", ready],
      Interval: 30 * SECOND,
      Timeout: 5 * SECOND,
      StartPeriod: 30 * SECOND,
    },
  };
}

/** For any shell: the container gets no rights and no writable file, and answers on this machine alone. */
function commands(target: string, reference: string): string[] {
  const file = `"${target}"`;
  const limits = `--rm --read-only --cap-drop=ALL --security-opt=no-new-privileges -p 127.0.0.1:${PORT}:${PORT}`;
  return ["podman", "docker"].flatMap((tool) => [`${tool} load -i ${file}`, `${tool} run ${limits} ${reference}`]);
}

function sizeOf(entry: LayerEntry): number {
  if (entry.kind === "file") return statSync(entry.from).size;
  return entry.kind === "bytes" ? entry.bytes.length : 0;
}
