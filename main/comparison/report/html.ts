// Tables and paragraphs of the report. Every text goes in through these, escaped.
import { escaped } from "./svg.ts";

export type Fact = readonly [name: string, value: string];

/** Two columns: what, and what it is. */
export function facts(rows: readonly Fact[]): string {
  const lines = rows.map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`);
  return `<table class="facts"><tbody>${lines.join("")}</tbody></table>`;
}

/** The first column names the row; `numbers` are set to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { numbers = true }: { numbers?: boolean } = {},
): string {
  const cell = (text: string, i: number): string =>
    i === 0 ? `<th scope="row">${escaped(text)}</th>` : `<td${numbers ? ' class="n"' : ""}>${escaped(text)}</td>`;
  return `<table><thead><tr>${head.map((name, i) => `<th scope="col"${numbers && i > 0 ? ' class="n"' : ""}>${escaped(name)}</th>`).join("")}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}</tbody></table>`;
}

/** What people wrote, with its line breaks; `none` where they wrote nothing. */
export function written(text: string, none: string): string {
  const own = text.trim();
  return own === "" ? `<p class="quiet">${escaped(none)}</p>` : `<p class="pre">${escaped(own)}</p>`;
}

export const paragraph = (text: string): string => `<p>${escaped(text)}</p>`;
export const quiet = (text: string): string => `<p class="quiet">${escaped(text)}</p>`;
export const note = (text: string): string => `<p class="note">${escaped(text)}</p>`;
/** A heading that stays with what follows it on the sheet. */
export const heading = (level: 2 | 3, text: string): string => `<h${level}>${escaped(text)}</h${level}>`;
