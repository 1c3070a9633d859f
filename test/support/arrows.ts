// Arrows between rooms, compiled rather than promised. The allowed arrows are the table in main/README.md: one place to change them.
import { readFileSync } from "node:fs";
import { cruise, type IForbiddenRuleType } from "dependency-cruiser";

const table = new Map<string, string[]>();
for (const line of readFileSync("main/README.md", "utf8").split("\n")) {
  const cells = line.split("|").map((cell) => cell.trim());
  if (cells.length < 4 || cells[1] === "room" || /^-+$/.test(cells[1] ?? "")) continue;
  table.set(cells[1]!, cells[2] === "" ? [] : cells[2]!.split(/,\s*/));
}

const forbidden: IForbiddenRuleType[] = [
  {
    name: "no-cycle",
    severity: "error",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "electron-only-in-its-host",
    severity: "error",
    from: { pathNot: "^(main/hosts/electron|preload/index\\.ts|test/electron/)" },
    to: { path: "^(node_modules/)?electron(/|$)" },
  },
  {
    name: "contract-imports-nothing-of-ours",
    severity: "error",
    from: { path: "^preload/contract/" },
    to: { path: "^(main|renderer|test)/" },
  },
  {
    name: "renderer-only-knows-the-contract",
    severity: "error",
    from: { path: "^renderer/" },
    to: { path: "^(main|test|preload/(?!contract/))" },
  },
  { name: "main-never-imports-pages", severity: "error", from: { path: "^main/" }, to: { path: "^(renderer|test)/" } },
  {
    name: "sql-only-in-project",
    severity: "error",
    from: { path: "^(main/(?!project/)|renderer/|preload/)" },
    to: { path: "better-sqlite3" },
  },
];
for (const [room, allowed] of table) {
  forbidden.push({
    name: `${room}-imports-only-its-neighbours`,
    severity: "error",
    from: { path: `^main/${room}/` },
    to: { path: "^main/", pathNot: `^main/(${[room, ...allowed].join("|")})/` },
  });
}
forbidden.push({
  name: "room-is-in-the-table",
  severity: "error",
  from: { path: "^main/", pathNot: `^main/(${[...table.keys()].join("|")})/` },
  to: { path: ".*" },
});

const { output } = await cruise(["main", "preload", "renderer", "test"], {
  ruleSet: { forbidden },
  validate: true,
  doNotFollow: { path: "node_modules" },
  exclude: { path: "(^|/)dist/" },
  tsPreCompilationDeps: true,
  enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "types"] },
});
if (typeof output === "string") throw new Error("dependency-cruiser answered text instead of a result");
const { summary } = output;
for (const violation of summary.violations) {
  console.error(`arrows: ${violation.rule.name}: ${violation.from} → ${violation.to}`);
}
// Without a TypeScript API the tool reads nothing and is content: a gate that sees no modules has not looked.
if (summary.totalCruised < 10) throw new Error(`arrows: only ${summary.totalCruised} modules were read`);
console.log(`arrows: ${summary.totalCruised} modules, ${summary.violations.length} wrong arrows`);
process.exit(summary.violations.length > 0 ? 1 : 0);
