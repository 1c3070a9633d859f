import { describe, expect, test, vi } from "vitest";
import { SaveQueue } from "../../../renderer/state/SaveQueue.ts";

describe("the save queue", () => {
  const queueOf = (isPassing = true) => {
    const refused: unknown[] = [];
    const waits: number[] = [];
    const queue = new SaveQueue({
      isPassing: () => isPassing,
      onRefused: (error) => refused.push(error),
      wait: async (ms) => void waits.push(ms),
    });
    return { queue, refused, waits };
  };

  test("changes go one after the other, in order", async () => {
    const { queue } = queueOf();
    const done: string[] = [];
    const slow = Promise.withResolvers<void>();
    queue.add(async () => {
      await slow.promise;
      done.push("first");
    });
    queue.add(async () => void done.push("second"));
    expect(queue.store.getState().waiting).toBe(2);
    slow.resolve();
    await queue.settled();
    expect(done).toEqual(["first", "second"]);
    expect(queue.store.getState()).toEqual({ waiting: 0, trouble: null, saved: true });
  });

  test("a change that could not be delivered is tried again with back-off until it is through, and says so meanwhile", async () => {
    const { queue, waits, refused } = queueOf();
    const states: boolean[] = [];
    queue.store.subscribe(({ trouble }) => states.push(trouble !== null));
    let tries = 0;
    queue.add(async () => {
      if (++tries < 4) throw new Error("no answer");
    });
    await queue.settled();
    expect(waits).toEqual([500, 1000, 2000]);
    expect(refused).toEqual([]);
    expect(states).toContain(true);
    expect(queue.store.getState()).toEqual({ waiting: 0, trouble: null, saved: true });
  });

  test("a change that the studio refuses is reported, and the next one goes on", async () => {
    const { queue, refused } = queueOf(false);
    const next = vi.fn(async () => {});
    queue.add(async () => {
      throw new Error("outside the image");
    });
    queue.add(next);
    await queue.settled();
    expect(refused).toHaveLength(1);
    expect(next).toHaveBeenCalledOnce();
  });

  test("undo is never sent twice", async () => {
    const { queue, refused } = queueOf();
    const undo = vi.fn(async () => {
      throw new Error("no answer");
    });
    queue.add(undo, { once: true });
    await queue.settled();
    expect(undo).toHaveBeenCalledOnce();
    expect(refused).toHaveLength(1);
  });
});
