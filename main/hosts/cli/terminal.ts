// What a command says: results on stdout, everything else on stderr, so that `loupe … --json | jq` always works.
//
// With --json exactly one document goes to stdout, whether the command succeeded or not. Progress is one line that is rewritten
// on a terminal; elsewhere it is a line every few seconds and whenever something else is done.

import type { Progress } from "../../../preload/contract/index.ts";

/** A refusal or failure as the outside sees it. */
export interface Failure {
  code: string;
  message: string;
}

const LINE_EVERY_MS = 5000;

export class Terminal {
  readonly json: boolean;
  #progressAt = Number.NEGATIVE_INFINITY;
  #progressNote = "";
  #openLine = false;

  constructor(json: boolean) {
    this.json = json;
  }

  /** The command's answer: `document` with --json, else `lines`. */
  answer(document: unknown, lines: readonly string[]): void {
    this.#endLine();
    const text = this.json ? JSON.stringify(document, null, 2) : lines.join("\n");
    if (text !== "") process.stdout.write(`${text}\n`);
  }

  /** Why there is no answer. `more`: what is known all the same. */
  fail(failure: Failure, more: Record<string, unknown> = {}): void {
    this.#endLine();
    if (this.json) process.stdout.write(`${JSON.stringify({ error: failure, ...more }, null, 2)}\n`);
    else process.stderr.write(`error [${failure.code}]: ${failure.message}\n`);
  }

  note(line: string): void {
    this.#endLine();
    process.stderr.write(`${line}\n`);
  }

  progress({ done, total, unit, secondsLeft, note }: Progress): void {
    const part =
      total > 0 ? `${Math.floor((100 * done) / total)} % (${amount(done, unit)} of ${amount(total, unit)})` : "";
    const left = secondsLeft === null ? "" : `, ${duration(secondsLeft)} left`;
    const line = `${note} ${part}${left}`.trimEnd();
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[2K${line}`);
      this.#openLine = true;
      return;
    }
    const now = performance.now();
    if (note === this.#progressNote && now - this.#progressAt < LINE_EVERY_MS) return;
    this.#progressAt = now;
    this.#progressNote = note;
    process.stderr.write(`${line}\n`);
  }

  #endLine(): void {
    if (this.#openLine) process.stderr.write("\n");
    this.#openLine = false;
  }
}

function amount(value: number, unit: Progress["unit"]): string {
  return unit === "bytes" ? `${(value / 1e6).toFixed(0)} MB` : `${Math.floor(value)} ${unit}`;
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 90 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Rows under a heading, in columns as wide as they need to be. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = heading.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  return [heading, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
