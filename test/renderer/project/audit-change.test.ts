import { expect, test } from "vitest";
import { AUDIT_ACTIONS, type AuditAction } from "../../../preload/contract/index.ts";
import { changesOf, coversLabels, placeOf } from "../../../renderer/views/project/audit-change.ts";
import en from "../../../resources/locales/en/audit.json" with { type: "json" };
import zh from "../../../resources/locales/zh-CN/audit.json" with { type: "json" };

const entry = (action: string, subject: string, subjectName: string | null = "a name") => ({
  ...{ sequence: 1, at: "2026-11-28T00:00:00.000Z", member: "Ada", hash: "", detail: "{}" },
  ...{ action, subject, subjectName },
});

test("every action has a sentence in both languages, every sentence its action, and every group a name", () => {
  const actions = Object.keys(AUDIT_ACTIONS).sort();
  const groups = [...new Set(actions.map((action) => action.slice(0, action.indexOf("/"))))].sort();
  for (const words of [en, zh]) {
    expect(Object.keys(words.actions).sort()).toEqual(actions);
    expect(Object.keys(words.groups).sort()).toEqual(groups);
  }
});

test("only fields that changed are shown, what was made anew without a before, and counts of nothing not at all", () => {
  const of = (detail: object) => changesOf(JSON.stringify(detail));
  expect(of({ before: { name: "a", key: 1 }, after: { name: "b", key: 1 } })).toEqual([
    { field: "name", before: "a", after: "b" },
  ]);
  expect(of({ before: null, after: { name: "b" } })).toEqual([{ field: "name", after: "b" }]);
  expect(of({ before: { name: "a" }, after: null })).toEqual([{ field: "name", before: "a", after: "–" }]);
  expect(of({ before: "running", after: "done" })).toEqual([{ field: "", before: "running", after: "done" }]);
  expect(of({ classes: 1, shapes: 0, log: { first: 1, last: 1, digest: "" } })).toEqual([
    { field: "classes", after: "1" },
  ]);
  expect(of({ before: ["a"], after: ["a", "b"] })).toEqual([{ field: "", before: "a", after: "a, b" }]);
});

test("ids and hashes are shown by their beginning, and what is no JSON as it is", () => {
  expect(changesOf(JSON.stringify({ runId: "31c5a858-4881-4f67-b4dc-4639289edacb", sha256: "f".repeat(64) }))).toEqual([
    { field: "runId", after: "31c5a858…" },
    { field: "sha256", after: "ffffffff…" },
  ]);
  expect(changesOf("{ not json")).toEqual([{ field: "", after: "{ not json" }]);
});

test("an entry leads to its subject where that still exists", () => {
  expect(placeOf(entry("label/edit", "i"))).toEqual({ view: "viewer", imageId: "i", frame: 0 });
  expect(placeOf(entry("run/state", "r"))).toEqual({ view: "runs", runId: "r" });
  expect(placeOf(entry("model/export", "m"))).toEqual({ view: "models", modelId: "m" });
  expect(placeOf(entry("label/edit", "i", null))).toBeNull();
  expect(placeOf(entry("job/state", "j"))).toBeNull();
  expect(placeOf(entry("from/later", "x"))).toBeNull();
  for (const action of Object.keys(AUDIT_ACTIONS) as AuditAction[])
    expect(() => placeOf(entry(action, "x"))).not.toThrow();
});

test("an entry that covers label lines is told from one whose words only look like it", () => {
  expect(coversLabels('{"classes":1,"log":{"first":1,"last":2,"digest":"a"}}')).toBe(true);
  expect(coversLabels('{"log":{"first":1,"last":2,"digest":"a"}}')).toBe(true);
  expect(coversLabels('{"name":"a log"}')).toBe(false);
});
