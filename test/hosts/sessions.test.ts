import { beforeEach, describe, expect, test, vi } from "vitest";
import { IDLE_LIFE_MS, LINK_LIFE_MS, LONGEST_LIFE_MS, Sessions } from "../../main/hosts/sessions.ts";

const MINUTE = 60_000;
let now: number;
let sessions: Sessions;
beforeEach(() => {
  now = 0;
  sessions = new Sessions(() => now);
});

describe("a link's token", () => {
  test("works once", () => {
    const token = sessions.newLinkToken();
    expect(sessions.redeem(`${token}x`)).toBe(false);
    expect(sessions.redeem("")).toBe(false);
    expect(sessions.redeem(token)).toBe(true);
    expect(sessions.redeem(token)).toBe(false);
  });

  test("works for ten minutes, and not once a newer one is there", () => {
    const late = sessions.newLinkToken();
    now += LINK_LIFE_MS;
    expect(sessions.redeem(late)).toBe(false);
    const [old, newer] = [sessions.newLinkToken(), sessions.newLinkToken()];
    now += LINK_LIFE_MS - 1;
    expect(sessions.redeem(old)).toBe(false);
    expect(sessions.redeem(newer)).toBe(true);
  });
});

describe("a session", () => {
  test("ends after twelve hours without a request, and tells what is still being sent to it", () => {
    const secret = sessions.start();
    now += IDLE_LIFE_MS - 1;
    const { ended } = sessions.find(secret)!;
    now += IDLE_LIFE_MS - 1;
    expect(sessions.find(secret)).not.toBeNull();
    now += IDLE_LIFE_MS;
    expect(ended.aborted).toBe(false);
    expect(sessions.find(secret)).toBeNull();
    expect(ended.aborted).toBe(true);
    now -= IDLE_LIFE_MS;
    expect(sessions.find(secret)).toBeNull();
  });

  test("ends after seven days, however busy", () => {
    const secret = sessions.start();
    for (; now < LONGEST_LIFE_MS; now += IDLE_LIFE_MS / 2) expect(sessions.find(secret)).not.toBeNull();
    expect(sessions.find(secret)).toBeNull();
  });

  test("that nobody asks for any more is ended all the same, within a minute", () => {
    vi.useFakeTimers();
    try {
      const secret = sessions.start();
      const { ended } = sessions.find(secret)!;
      now += IDLE_LIFE_MS;
      vi.advanceTimersByTime(MINUTE);
      expect(ended.aborted).toBe(true);
      sessions.endAll();
    } finally {
      vi.useRealTimers();
    }
  });

  test("ends when its browser signs out; others go on", () => {
    const [mine, other] = [sessions.start(), sessions.start()];
    const { ended, name } = sessions.find(mine)!;
    expect(sessions.find(other)!.name).not.toBe(name);
    sessions.end(mine);
    sessions.end("nobody's");
    expect([ended.aborted, sessions.find(mine)]).toEqual([true, null]);
    expect(sessions.find(other)).not.toBeNull();
  });

  test("gives way to the sixty-fifth when it was used longest ago, so memory is bounded", () => {
    const first = sessions.start();
    const second = sessions.start();
    const { ended } = sessions.find(second)!;
    for (let index = 2; index < 64; index++) sessions.start();
    expect(sessions.find(first)).not.toBeNull();
    const last = sessions.start();
    expect([ended.aborted, sessions.find(second)]).toEqual([true, null]);
    expect(sessions.find(first)).not.toBeNull();
    expect(sessions.find(last)).not.toBeNull();
  });

  test("is found by its secret alone: 256 random bits of which only a hash is kept", () => {
    const secret = sessions.start();
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect(sessions.find(secret.slice(0, -1))).toBeNull();
    expect(sessions.find("")).toBeNull();
  });
});
