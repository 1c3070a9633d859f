// The audit log as a file, piece by piece: JSON that a reader can check, or CSV for a table program.
//
// How to check a JSON file (docs: `loupe audit export --help`, test/interop/audit-log.test.ts does it in Python): for each entry, SHA-256 over
// `previous`, a line feed, and the JSON of { action, at, detail, member, sequence, subject } with keys in this order and no spaces, is `hash`;
// where numbers follow each other, `previous` is the hash before; in a complete file numbers run from 1 and the last hash is the head's.
//
// In CSV a cell that a table program would take for a formula, and one that begins with an apostrophe, gets an apostrophe in front: whoever
// checks hashes takes one leading apostrophe off. The last row, numbered "head", is the head.

import type { AuditEntry, AuditFilter, AuditHead } from "../../preload/contract/index.ts";
import type { Audit } from "./audit.ts";

export interface AuditFileOptions {
  readonly format: "csv" | "json";
  readonly filter: AuditFilter;
  /** false: members are numbered and details left out */
  readonly names: boolean;
  readonly project: { readonly id: string; readonly name: string };
}

const COLUMNS = ["number", "time", "member", "action", "subject", "detail", "previous", "hash"] as const;
/** What spreadsheets take for the beginning of a formula (OWASP, CSV injection), and our own mark. */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;

type FileEntry = AuditEntry & { readonly previous: string };

/** Pieces of the file; `head` is the end that it goes up to. `onEntries` hears how many entries each piece brought. */
export function* auditFile(
  audit: Audit,
  { format, filter, names, project }: AuditFileOptions,
  head: AuditHead,
  onEntries: (count: number) => void,
): Generator<string> {
  const told = names ? (entry: FileEntry) => entry : withoutNames();
  const complete = names && Object.values(filter).every((value) => value === undefined || value === "");
  if (format === "json") {
    const about = {
      format: "loupe-audit",
      version: 1,
      project: names ? project : { id: project.id },
      filter,
      names,
      complete,
      head,
      check:
        'sha256(previous + "\\n" + JSON of {action, at, detail, member, sequence, subject}, keys in this order, no spaces) = hash',
    };
    yield `${JSON.stringify(about).slice(0, -1)},"entries":[`;
    let first = true;
    for (const entries of audit.every(filter, head.sequence)) {
      const lines = entries.map((entry) => JSON.stringify(told(entry)));
      yield `${first ? "\n" : ",\n"}${lines.join(",\n")}`;
      first = false;
      onEntries(entries.length);
    }
    yield "\n]}\n";
    return;
  }
  yield `\uFEFF${row(COLUMNS)}`;
  for (const entries of audit.every(filter, head.sequence)) {
    yield entries
      .map(told)
      .map(({ sequence, at, member, action, subject, detail, previous, hash }) =>
        row([String(sequence), at, member, action, subject, detail, previous, hash]),
      )
      .join("");
    onEntries(entries.length);
  }
  yield row(["head", head.at ?? "", "", "", names ? project.name : "", String(head.sequence), "", head.hash]);
}

/** RFC 4180, and nothing that a table program computes. */
function row(values: readonly string[]): string {
  return `${values.map(cell).join(",")}\r\n`;
}

function cell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function withoutNames(): (entry: FileEntry) => FileEntry {
  const numbers = new Map<string, number>();
  return (entry) => {
    const number = numbers.get(entry.member) ?? numbers.size + 1;
    numbers.set(entry.member, number);
    return { ...entry, member: `member ${number}`, detail: "" };
  };
}
