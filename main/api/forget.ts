// After locking: what JavaScript cannot wipe is made garbage, collected and overwritten.
//
// Strings and objects of a closed project (names of patients, a passphrase that was typed) are unreachable, but stay in the heap until their place is
// used again. So after a lock the heap is collected with V8's `--clear-free-memory`, which fills what is free with zeros, and what was kept by
// accident of the engine (the last match of a regular expression, what a promise of the call that locked still holds) is let go first. What native
// code frees is overwritten by the allocator where a door asked for that (main/hosts/process-memory.ts). Costs half a second of nobody's time. See decision 10 in README.md.

import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { overwriteHashed } from "../project/index.ts";

/**
 * Waits before each collection: for the answer to the call that locked, for idle connections, which hold their last request for five seconds, and for
 * whatever lets go late on a busy machine.
 */
const MOMENTS_MS = [0, 500, 2500, 6000, 20_000, 30_000];

// Node cuts small buffers, such as the bodies of calls with what was typed, from slabs that live as long as any of their parts. Here each is its own.
Buffer.poolSize = 0;

let turn = 0;

/** Returns at once; the heap is collected now and for a minute, unless there is another call meanwhile. */
export async function forgetUnreachable(): Promise<void> {
  turn += 1;
  const own = turn;
  for (const moment of MOMENTS_MS) {
    await wait(moment, undefined, { ref: false });
    if (own !== turn) return;
    await overwriteHashed();
    collect();
  }
}

function collect(): void {
  setFlagsFromString("--expose-gc");
  setFlagsFromString("--clear-free-memory"); // for good: other threads sweep on after `gc` has returned
  try {
    const gc = runInNewContext("gc") as (options: { type: "major"; execution: "sync"; flavor?: "last-resort" }) => void;
    / /.test(" "); // the last subject of a regular expression is kept until the next one
    gc({ type: "major", execution: "sync" });
    overwriteSparePages();
    // "last-resort" drops compiled code and gives pages back.
    gc({ type: "major", execution: "sync" });
    gc({ type: "major", execution: "sync", flavor: "last-resort" });
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}

/** More than both halves of the young generation and the pages that V8 keeps in reserve. */
const SPARE_BYTES = 2 ** 26;
/** The smallest object of the heap: a number that is no integer. Larger ones would leave a rest unwritten at the end of each stretch. */
const NUMBER_BYTES = 16;

/**
 * A collection copies what lives out of a page and keeps the page, unswept and with all that was in it, in the young generation's other half or in a
 * reserve. Numbers that live through several collections take all of them.
 */
function overwriteSparePages(): void {
  const numbers: unknown[] = [""]; // with a string, so that numbers are objects
  for (let bytes = 0; bytes < SPARE_BYTES; bytes += NUMBER_BYTES) numbers.push(bytes + 0.5);
}
