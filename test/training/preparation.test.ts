import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../main/models/random.ts";
import { type Kept, prepareAll, prepareFrame } from "../../main/training/preparation.ts";

const INPUT = { size: 24, low: 0, high: 60_000 };
const COUNT = 96;

/** Grey PNG frames of 16 bit, each with numbers of its own. */
const frames: readonly Kept[] = Array.from({ length: COUNT }, (_, index) => {
  const random = createRandom(index, 1);
  const [rows, columns] = [40 + (index % 7), 30 + (index % 5)];
  const data = Uint16Array.from({ length: rows * columns }, () => random.below(60_000));
  const pixels = {
    rows,
    columns,
    samples: 1 as const,
    type: "uint16" as const,
    frames: 1,
    slope: 1,
    intercept: 0,
    inverted: index % 2 === 1,
    window: { center: 30_000, width: 60_000 },
    spacing: null,
    color: false,
  };
  const bytes = encode({ width: columns, height: rows, data, channels: 1, depth: 16 });
  return { frame: { transferSyntax: "png", bytes }, pixels, encoding: {} } as unknown as Kept;
});

interface Changes {
  readonly threads?: number;
  readonly read?: (index: number) => Kept;
  readonly proceed?: (index: number) => Promise<void>;
}

async function prepared(changes: Changes): Promise<Map<number, Float32Array>> {
  const found = new Map<number, Float32Array>();
  await prepareAll({
    count: COUNT,
    input: INPUT,
    read: (index) => frames[index]!,
    take: (index, values) => found.set(index, values),
    proceed: () => Promise.resolve(),
    aloneMs: 0,
    ...changes,
  });
  return found;
}

describe.each([1, 2, 4])("on %i threads", (threads) => {
  test("every image comes out as it does alone", async () => {
    const found = await prepared({ threads });
    expect(found.size).toBe(COUNT);
    for (const [index, values] of found) expect(values).toEqual(prepareFrame({ ...frames[index]!, input: INPUT }));
  });

  test("a frame that is cut off stops the work with the codec's refusal", async () => {
    const cut = (index: number): Kept => {
      const kept = frames[index]!;
      const bytes = kept.frame.bytes.subarray(0, 100);
      return index === 50 ? { ...kept, frame: { ...kept.frame, bytes } } : kept;
    };
    await expect(prepared({ threads, read: cut })).rejects.toMatchObject({ code: "imaging/unreadable" });
  });

  test("who asks to stop is heard between two images", async () => {
    const asked = new Set<number>();
    const proceed = (index: number): Promise<void> => {
      asked.add(index);
      return index === 30 ? Promise.reject(new Error("stopped")) : Promise.resolve();
    };
    await expect(prepared({ threads, proceed })).rejects.toThrow("stopped");
    expect(asked.size).toBeLessThan(COUNT);
  });

  test("a fault that ends a thread is met by the thread that asked", async () => {
    const broken = (index: number): Kept =>
      index === 40 ? ({ ...frames[index]!, frame: null } as never) : frames[index]!;
    await expect(prepared({ threads, read: broken })).rejects.toThrow(TypeError);
  });
});
