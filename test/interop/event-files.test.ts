// Event files read back by somebody else: TensorBoard where python3 has it, else Google's protobuf library (Debian's python3-protobuf) with checksums by hand.
// LOUPE_PYTHON names a Python with TensorBoard in it; Debian has no package of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { crc32c, eventFile, eventFileName } from "../../main/comparison/tensorboard.ts";
import { createRandom } from "../../main/models/random.ts";
import type { RunPoint } from "../../preload/contract/index.ts";

const SCRIPT = fileURLToPath(new URL("./event-files.py", import.meta.url));
const python = process.env.LOUPE_PYTHON ?? "/usr/bin/python3";

test("a run's curves come back with their tags, steps, times and float32 values, every checksum right", () => {
  const seed = Date.now() % 2 ** 32;
  const random = createRandom(seed);
  const run = { createdAt: "2026-11-28T06:00:00.000Z", seconds: 500, step: 70_000 };
  const points = Array.from({ length: 300 }, (_, i): RunPoint[] => {
    const step = i * i + i;
    const epoch = step / 10;
    return [
      { step, epoch, part: "train", metric: "loss", value: random.normal() * 10 ** (random.below(12) - 6) },
      { step, epoch, part: "validation", metric: "auc", value: random.uniform() },
    ];
  }).flat();
  const folder = mkdtempSync(join(tmpdir(), "loupe-events-"));
  try {
    const path = join(folder, eventFileName(run));
    writeFileSync(path, eventFile(run, points));
    const answer = execFileSync(python, [SCRIPT, path], { maxBuffer: 2 ** 28 }).toString();
    const { reader, scalars } = JSON.parse(answer) as {
      reader: string;
      scalars: { tag: string; step: number; time: number; value: number }[][];
    };
    console.log(`read by ${reader}`);
    expect(scalars[0]).toHaveLength(points.length);
    for (const [i, { step, part, metric, value }] of points.entries()) {
      const { time, ...found } = scalars[0]![i]!;
      expect(found, `seed ${seed}`).toEqual({ tag: `${part}/${metric}`, step, value: Math.fround(value) });
      expect(time).toBeCloseTo(Date.parse(run.createdAt) / 1000 + (500 * step) / 70_000, 5);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("CRC32C of the digits is the published check value", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});
