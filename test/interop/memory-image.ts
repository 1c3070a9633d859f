// The memory of a living process, searched: every mapping that can be read, as a core dump would keep it and more (files that are mapped too).
//
// The process is stopped meanwhile, so that what is looked for cannot move from a place not yet read to one that was. Linux only: /proc.

import { closeSync, openSync, readFileSync, readSync } from "node:fs";

export interface Secret {
  readonly name: string;
  /** any of these bytes */
  readonly forms: readonly Buffer[];
}

/** UTF-8 (which V8's one-byte strings are too, for these texts), UTF-16 and base64. The text is ASCII. */
export function textSecret(name: string, value: string): Secret {
  const base64 = Buffer.from(value).toString("base64").slice(0, -4); // what follows would change its end
  return { name, forms: [Buffer.from(value, "latin1"), Buffer.from(value, "utf16le"), Buffer.from(base64)] };
}

/** The bytes themselves, hexadecimal and base64. */
export function keySecret(name: string, value: Uint8Array): Secret {
  const raw = Buffer.from(value);
  const hex = raw.toString("hex");
  const texts = [hex, hex.toUpperCase(), raw.toString("base64").slice(0, -4)];
  return { name, forms: [raw, ...texts.map((text) => Buffer.from(text))] };
}

const PIECE = 2 ** 26;

/** How often each secret is in the memory of a process; where it is, on `say`. */
export function countInMemory(
  pid: number,
  secrets: readonly Secret[],
  say?: (line: string) => void,
): Record<string, number> {
  const counts = Object.fromEntries(secrets.map(({ name }) => [name, 0]));
  const longest = Math.max(...secrets.flatMap(({ forms }) => forms.map(({ length }) => length)));
  process.kill(pid, "SIGSTOP");
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    const piece = Buffer.alloc(PIECE);
    for (const line of readFileSync(`/proc/${pid}/maps`, "latin1").split("\n")) {
      const [, from, to, what] = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \d+\s*(.*)$/.exec(line) ?? [];
      if (from === undefined || to === undefined || /^\[v/.test(what!)) continue; // the kernel's own pages
      const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
      // Pieces overlap, so that nothing is missed at a border; what lies wholly in the overlap is counted with the piece before.
      for (let at = start, kept = 0; at < end; at += PIECE - longest, kept = longest) {
        const length = readSync(memory, piece, 0, Math.min(PIECE, end - at), at);
        const part = piece.subarray(0, length);
        for (const { name, forms } of secrets) {
          for (const form of forms) {
            for (let found = part.indexOf(form); found >= 0; found = part.indexOf(form, found + 1)) {
              if (found + form.length <= kept) continue;
              counts[name]! += 1;
              say?.(`${name} at ${(at + found).toString(16)} in ${from}-${to} ${what}: ${around(part, found)}`);
            }
          }
        }
      }
    }
  } finally {
    closeSync(memory);
    process.kill(pid, "SIGCONT");
  }
  return counts;
}

function around(bytes: Buffer, at: number): string {
  return bytes
    .subarray(Math.max(0, at - 48), at + 80)
    .toString("latin1")
    .replace(/[^\x20-\x7e]/g, "·");
}
