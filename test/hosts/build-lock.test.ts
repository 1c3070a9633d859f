import { existsSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { alone } from "../../main/hosts/build-lock.ts";
import { temporaryFolder } from "../project/builder.ts";

const DEAD = 2 ** 22 + 1; // above the highest process number of Linux

test("two at once work one after the other, and leave no lock", async () => {
  const lock = join(temporaryFolder(), "dist", "page.lock");
  const said: string[] = [];
  const work = (name: string) =>
    alone(lock, async () => {
      said.push(`${name} begins`);
      await setTimeout(50);
      said.push(`${name} ends`);
    });
  await Promise.all([work("one"), work("two")]);
  expect(said).toHaveLength(4);
  expect(said[1]).toBe(said[0]!.replace("begins", "ends"));
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ["of a dead process", String(DEAD), 0],
  ["of a number that another process has by now", String(process.pid), 11],
  ["that a full disk left empty", "", 11],
])(
  "a lock %s is taken over",
  async (_, content, minutes) => {
    const lock = join(temporaryFolder(), "page.lock");
    writeFileSync(lock, content);
    const made = Date.now() / 1000 - 60 * minutes;
    utimesSync(lock, made, made);
    let done = false;
    await alone(lock, async () => {
      done = true;
    });
    expect(done).toBe(true);
  },
  5000,
);
