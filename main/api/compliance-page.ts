// The compliance report as a page of its own: no script, no address of another place, readable without Loupe.

import { COMPLIANCE_CHECKS, type ComplianceReport, NOT_CHECKED } from "../../preload/contract/index.ts";
import en from "../../resources/locales/en/compliance.json" with { type: "json" };
import zh from "../../resources/locales/zh-CN/compliance.json" with { type: "json" };

type Words = typeof en;
type Refs = Readonly<Record<keyof Words["laws"], readonly string[]>>;

const LANGUAGES: Record<"en" | "zh-CN", Words> = { en, "zh-CN": zh };

const STYLE = `body{font:11pt/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111;background:#fff}
h1{font-size:18pt}h2{font-size:13pt;margin:1.4em 0 .2em}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #999;padding:.35em .5em;text-align:left;vertical-align:top}tr{break-inside:avoid}
td.state{font-weight:600;white-space:nowrap}p{margin:.3em 0}`;

const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[one] ?? one);

/** Fills the places of a sentence as the page's i18next does. */
function fill(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => String(values[name] ?? ""));
}

function refsOf(words: Words, refs: Refs): string {
  return (Object.keys(words.laws) as (keyof Words["laws"])[])
    .filter((law) => refs[law].length > 0)
    .map((law) => fill(words.laws[law], { refs: refs[law].join(", ") }))
    .join("; ");
}

export function compliancePage(report: ComplianceReport, language: "en" | "zh-CN"): string {
  const words = LANGUAGES[language];
  const figures: Readonly<Record<string, string>> = words.figures;
  const rows = report.checks.map(({ id, state, figure, values }) => {
    const { title, next } = words.checks[id];
    const cells = [
      `<th scope="row">${escaped(title)}</th>`,
      `<td class="state">${escaped(words.states[state])}</td>`,
      `<td>${escaped(fill(figures[figure] ?? figure, values))}</td>`,
      `<td>${state === "met" || state === "nothing" ? "" : escaped(next)}</td>`,
      `<td>${escaped(refsOf(words, COMPLIANCE_CHECKS[id]))}</td>`,
    ];
    return `<tr>${cells.join("")}</tr>`;
  });
  const others = (Object.keys(NOT_CHECKED) as (keyof typeof NOT_CHECKED)[]).map(
    (id) => `<tr><td>${escaped(words.notChecked[id])}</td><td>${escaped(refsOf(words, NOT_CHECKED[id]))}</td></tr>`,
  );
  const { columns } = words;
  const head = [columns.check, columns.state, columns.found, columns.next, columns.rules];
  const about = fill(words.madeBy, {
    project: report.project.name,
    member: report.member,
    at: report.at,
    version: report.version,
    from: report.period.from.slice(0, 10),
    to: report.period.to.slice(0, 10),
  });
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><title>${escaped(`${words.title}: ${report.project.name}`)}</title><style>${STYLE}</style></head>
<body>
<h1>${escaped(words.title)}</h1>
<p>${escaped(about)}</p>
<p>${escaped(words.about)}</p>
<table><thead><tr>${head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table>
<h2>${escaped(words.notCheckedTitle)}</h2>
<p>${escaped(words.notCheckedAbout)}</p>
<table><tbody>
${others.join("\n")}
</tbody></table>
</body>
</html>
`;
}
