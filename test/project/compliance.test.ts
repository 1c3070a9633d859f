import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { type ComplianceFacts, type HostFacts, judge } from "../../main/project/compliance-checks.ts";
import { COMPLIANCE_CHECKS, type ComplianceCheckId, NOT_CHECKED } from "../../preload/contract/index.ts";
import en from "../../resources/locales/en/compliance.json" with { type: "json" };
import { addImages, newImage, newProject } from "./builder.ts";

const NOW = "2026-11-28T12:00:00.000Z";
const ago = (days: number) => new Date(Date.parse(NOW) - days * 86_400_000).toISOString();

/** A project that has nothing to be mended. */
const GOOD: ComplianceFacts = {
  cipher: { name: "AEGIS-256", ciphertext: true },
  kdf: { memoryKiB: 65_536, passes: 3, members: 2 },
  recoveryKey: { since: ago(100), used: 0 },
  backupAt: ago(1),
  checkedAt: ago(1),
  images: { total: 12, dicom: 10, deidentified: 10, textSuspected: 0, textLooked: 12 },
  members: [
    { role: "administrator", seenAt: ago(1) },
    { role: "administrator", seenAt: ago(2) },
  ],
  failedUnlocks: 0,
  audit: { entries: 100, broken: null, printedAt: ago(3) },
  exports: { labels: 0, images: 0, models: 0, notebooks: 0, runs: 0, parts: 0, logs: 0 },
  openSuggestions: 0,
  archives: ["https"],
  node: { enabled: false, network: true, onlyKnown: true },
};
const DESK: HostFacts = { host: "electron", idleLockMs: 15 * 60_000 };

function stateOf(id: ComplianceCheckId, facts: Partial<ComplianceFacts>, host: Partial<HostFacts> = {}) {
  return judge({ ...GOOD, ...facts }, { ...DESK, ...host }, NOW).find((check) => check.id === id)!;
}

test("a project with nothing to mend meets every check but the one that no program can tell", () => {
  const states = judge(GOOD, DESK, NOW);
  expect(states.map(({ id }) => id)).toEqual(Object.keys(COMPLIANCE_CHECKS));
  expect(states.filter(({ state }) => state !== "met").map(({ id, state }) => [id, state])).toEqual([
    ["recovery-key", "unknown"],
  ]);
});

const { images, audit, members, kdf, node, exports: nothingLeft } = GOOD;
const administrator = { role: "administrator", seenAt: ago(1) };
test.each<[ComplianceCheckId, string, Partial<ComplianceFacts>, Partial<HostFacts>?]>([
  ["encryption", "unmet", { cipher: { name: "", ciphertext: false } }],
  ["key-derivation", "look", { kdf: { ...kdf, memoryKiB: 19_456, passes: 2 } }],
  ["key-derivation", "look", { kdf: { ...kdf, passes: 2 } }],
  ["key-derivation", "unmet", { kdf: { ...kdf, memoryKiB: 8192 } }],
  ["recovery-key", "look", { recoveryKey: { since: ago(1), used: 1 } }],
  ["backup", "unmet", { backupAt: null }],
  ["backup", "met", { backupAt: ago(7) }],
  ["backup", "look", { backupAt: ago(8) }],
  ["backup", "look", { backupAt: ago(30) }],
  ["backup", "unmet", { backupAt: ago(31) }],
  ["backup", "met", { backupAt: ago(-1) }],
  ["integrity", "look", { checkedAt: null }],
  ["integrity", "look", { checkedAt: ago(31) }],
  ["deidentified", "look", { images: { ...images, deidentified: 9 } }],
  ["deidentified", "nothing", { images: { ...images, dicom: 0, deidentified: 0 } }],
  ["deidentified", "nothing", { images: { ...images, total: 0, dicom: 0, deidentified: 0, textLooked: 0 } }],
  ["burned-in-text", "nothing", { images: { ...images, total: 0, dicom: 0, deidentified: 0, textLooked: 0 } }],
  ["burned-in-text", "look", { images: { ...images, textSuspected: 1 } }],
  ["burned-in-text", "look", { images: { ...images, textLooked: 11 } }],
  ["idle-members", "look", { members: [...members, { role: "reader", seenAt: ago(91) }] }],
  ["idle-members", "met", { members: [...members, { role: "reader", seenAt: ago(90) }] }],
  ["administrators", "look", { members: [administrator] }],
  ["administrators", "look", { members: [administrator, administrator, administrator, administrator] }],
  ["failed-unlocks", "look", { failedUnlocks: 3 }],
  ["idle-lock", "unmet", {}, { idleLockMs: null }],
  ["idle-lock", "met", {}, { idleLockMs: 60 * 60_000 }],
  ["idle-lock", "look", {}, { idleLockMs: 61 * 60_000 }],
  ["idle-lock", "unknown", {}, { host: "cli", idleLockMs: null }],
  ["audit-chain", "unmet", { audit: { ...audit, broken: 17 } }],
  ["printed-head", "look", { audit: { ...audit, printedAt: null } }],
  ["printed-head", "look", { audit: { ...audit, printedAt: ago(31) } }],
  ["exports", "look", { exports: { ...nothingLeft, labels: 1 } }],
  ["exports", "look", { exports: { ...nothingLeft, parts: 1 } }],
  ["exports", "look", { exports: { ...nothingLeft, notebooks: 1 } }],
  ["exports", "look", { exports: { ...nothingLeft, runs: 1 } }],
  ["models-exported", "look", { exports: { ...nothingLeft, models: 1 } }],
  ["suggestions", "look", { openSuggestions: 1 }],
  ["archive-connections", "unmet", { archives: ["https", "http", "dimse"] }],
  ["archive-connections", "look", { archives: ["https", "dimse"] }],
  ["archive-connections", "nothing", { archives: [] }],
  ["receiving-node", "look", { node: { ...node, enabled: true } }],
  ["receiving-node", "unmet", { node: { ...node, enabled: true, onlyKnown: false } }],
  ["receiving-node", "met", { node: { enabled: true, network: false, onlyKnown: false } }],
  ["door", "look", {}, { host: "browser" }],
  ["door", "met", {}, { host: "cli" }],
])("%s is %s for %j %j", (id, state, facts, host) => {
  const check = stateOf(id, facts, host);
  expect(check.state).toBe(state);
  // The sentence that tells it is there, and every place in it is filled.
  const sentence = (en.figures as Record<string, string>)[check.figure];
  expect(sentence, check.figure).toBeDefined();
  for (const [, name] of sentence!.matchAll(/\{\{(\w+)\}\}/g)) expect(check.values, check.figure).toHaveProperty(name!);
});

test("every check and everything that is not checked has its words, and its rules are written as their sources write them", () => {
  expect(Object.keys(en.checks)).toEqual(Object.keys(COMPLIANCE_CHECKS));
  expect(Object.keys(en.notChecked)).toEqual(Object.keys(NOT_CHECKED));
  for (const { gdpr, hipaa, mlps, pipl } of [...Object.values(COMPLIANCE_CHECKS), ...Object.values(NOT_CHECKED)]) {
    for (const article of gdpr) expect(article).toMatch(/^[1-9]\d?(\(\d\)(\([a-f]\))?)?$/);
    for (const section of hipaa)
      expect(section).toMatch(/^164\.\d{3}(\([a-i]\)(\(\d\)(\([ivx]+\)(\([A-D]\))?)?|\([ivx]+\))?)?$/);
    for (const clause of mlps) expect(clause).toMatch(/^8\.1\.([1-9]|10)(\.\d{1,2})?$/);
    for (const article of pipl) expect(article).toMatch(/^[1-7]?\d$/);
  }
});

test("facts are counted in a real project: ciphertext on the disk, cheap keys of a test, exports of the period", async () => {
  const { project } = await newProject();
  addImages(project, 2);
  const { id } = project.transaction(() => project.images.add(newImage(7, { format: "dicom" })));
  project.audit.record("image/export", id, { form: "png" });
  project.audit.record("project/open", project.id, { host: "cli", failed: { count: 3 } });
  const now = new Date().toISOString();
  const period = { from: new Date(Date.now() - 60_000).toISOString(), to: now };
  const facts = await project.compliance.facts(period);
  expect(facts).toMatchObject({
    cipher: { ciphertext: true },
    kdf: { memoryKiB: 64, passes: 1, members: 1 },
    backupAt: null,
    images: { total: 3, dicom: 1, deidentified: 0, textLooked: 0 },
    members: [{ role: "administrator" }],
    failedUnlocks: 3,
    audit: { broken: null, printedAt: null },
    exports: { labels: 0, images: 1, models: 0, notebooks: 0, runs: 0, parts: 0, logs: 0 },
    openSuggestions: 0,
    archives: [],
    node: { enabled: false },
  });
  const before = { from: "2020-01-01T00:00:00.000Z", to: "2020-02-01T00:00:00.000Z" };
  expect(await project.compliance.facts(before)).toMatchObject({ failedUnlocks: 0, exports: { images: 0 } });
  await project.audit.printHead();
  expect((await project.compliance.facts(period)).audit.printedAt).not.toBeNull();
  const states = judge(facts, DESK, now);
  expect(states.find((check) => check.id === "key-derivation")?.state).toBe("unmet");
  expect(readdirSync(project.path)).toContain("project.db");
});
