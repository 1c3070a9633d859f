// What encryption costs: the product's own import, labelling and reading on an encrypted project and on a plain file, one after the other.
//
// Two processes run the same code. One of them resolves main/project/cipher.ts to a module that encrypts nothing (encryption/plain.ts); the
// product itself has no way to open a plain file. They take turns, each turn a new project, and the figures are ratios of medians.
// `write` and `read` are ratios of processor time, which other programs on the machine disturb least and which waiting for the disk does
// not hide; the same ratios by the clock stand beside them. `read` is every frame of a snapshot as pixels;
// `bytes`, which is not judged, is the same without decoding: there is hardly anything but copying to compare a cipher with.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import type { BenchResult } from "../support/bench.ts";
import { ctSeries } from "../support/ct-series.ts";
import { type Cost, type Costs, type Order, PARTS } from "./encryption/round.ts";

export const title = "Encryption: import, labelling and reading of a snapshot against the same code on a plain file";

const WRITE_ROUNDS = 5;
const READ_ROUNDS = 15;
/** Radiographs of 128 kB and slices of 512 kB, 45 MB in all. */
const PHANTOMS = 40;
const SLICES = 80;
const MOST = 1.15;

const KINDS = ["encrypted", "plain"] as const;
type Kind = (typeof KINDS)[number];
type Measured = Record<Kind, Costs[]>;

export default async function encryption(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "loupe-encryption-"));
  const processes: Record<Kind, ChildProcess> = { encrypted: start([]), plain: start(["./encryption/plain.ts"]) };
  try {
    const images = join(folder, "images");
    await draw(images);
    for (const kind of KINDS) await mkdir(join(folder, kind));
    const takeTurns = async (work: Order["work"], rounds: number): Promise<Measured> => {
      const measured: Measured = { encrypted: [], plain: [] };
      // The first turn of each warms up and is not counted.
      for (let round = -1; round < rounds; round++) {
        for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
          const costs = await ask(processes[kind], { work, images, folder: join(folder, kind) });
          if (round >= 0) measured[kind].push(costs);
        }
      }
      return measured;
    };
    const written = await takeTurns("write", WRITE_ROUNDS);
    await assertKinds(folder);
    return judge(written, await takeTurns("read", READ_ROUNDS));
  } finally {
    for (const child of Object.values(processes)) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One file is plain and the other is not: otherwise nothing was compared. */
async function assertKinds(folder: string): Promise<void> {
  for (const kind of KINDS) {
    const file = await open(join(folder, kind, "Bench.loupe", "project.db"));
    const { buffer } = await file.read(Buffer.alloc(15), 0, 15, 0);
    await file.close();
    const isPlain = buffer.toString("latin1") === "SQLite format 3";
    if (isPlain !== (kind === "plain")) throw new Error(`the ${kind} project is ${isPlain ? "plain" : "encrypted"}`);
  }
}

function start(loaded: string[]): ChildProcess {
  const imports = loaded.flatMap((module) => ["--import", new URL(module, import.meta.url).href]);
  return fork(fileURLToPath(new URL("./encryption/worker.ts", import.meta.url)), [], { execArgv: imports });
}

async function ask(child: ChildProcess, order: Order): Promise<Costs> {
  child.send(order);
  const [answer] = (await once(child, "message")) as [{ costs?: Costs; failed?: string }];
  if (answer.costs === undefined) throw new Error(answer.failed);
  return answer.costs;
}

/** Two classes by folder, so that there is a snapshot to make. */
async function draw(folder: string): Promise<void> {
  const put = async (className: string, name: string, bytes: Uint8Array) => {
    await mkdir(join(folder, className), { recursive: true });
    await writeFile(join(folder, className, name), bytes);
  };
  for (let index = 0; index < PHANTOMS; index++) {
    const { className, fileName, bytes } = drawPhantom({ index, seed: 3 });
    await put(className, fileName, bytes);
  }
  // Several short series: a split is by patient.
  for (let patient = 0; patient < 8; patient++) {
    const series = {
      slices: SLICES / 8,
      side: 512,
      patient: `CT ${patient}`,
      uid: `1.2.826.0.1.3680043.10.9.${patient}`,
    };
    for (const { name, bytes } of ctSeries(series)) {
      await put(patient % 2 === 0 ? "normal" : "lesion", `${patient}-${name}`, bytes);
    }
  }
}

function judge(written: Measured, read: Measured): BenchResult {
  const costs: Measured = {
    encrypted: written.encrypted.concat(read.encrypted),
    plain: written.plain.concat(read.plain),
  };
  const typical = (kind: Kind, part: keyof Costs, unit: keyof Cost) =>
    median(costs[kind].flatMap((round) => round[part]?.[unit] ?? []));
  const ratio = (unit: keyof Cost, ...parts: (keyof Costs)[]) => {
    const [encrypted, plain] = KINDS.map((kind) => parts.reduce((sum, part) => sum + typical(kind, part, unit), 0));
    return encrypted! / plain!;
  };
  for (const part of PARTS) {
    const line = KINDS.map((kind) => {
      const [processors, clock] = [typical(kind, part, "processorMs"), typical(kind, part, "wallMs")];
      return `${kind} ${processors.toFixed(1)} ms of processors, ${clock.toFixed(1)} ms by the clock`;
    });
    console.error(`${part.padEnd(8)} ${line.join("; ")}`);
  }
  const figures = {
    write: ratio("processorMs", "import", "label"),
    read: ratio("processorMs", "frames"),
    writeClock: ratio("wallMs", "import", "label"),
    readClock: ratio("wallMs", "frames"),
    import: ratio("processorMs", "import"),
    label: ratio("processorMs", "label"),
    prepare: ratio("processorMs", "prepare"),
    bytes: ratio("processorMs", "bytes"),
  };
  const required = { write: `<= ${MOST}`, read: `<= ${MOST}` };
  return { figures, required, ok: figures.write <= MOST && figures.read <= MOST };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
