import { afterEach, expect, test, vi } from "vitest";
import { newProject } from "./builder.ts";

afterEach(() => vi.useRealTimers());

test("a clock that goes backwards changes times, never the order: the log and undo go by number, and the chain holds", async () => {
  const { project } = await newProject();
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(new Date("2030-01-01T00:00:00Z"));
  project.labels.saveClass({ name: "first" });
  vi.setSystemTime(new Date("2020-01-01T00:00:00Z"));
  project.labels.saveClass({ name: "second" });
  const { entries, intact } = project.audit.list(0, 2);
  expect(intact).toBe(true);
  expect(entries.map(({ at }) => at.slice(0, 4))).toEqual(["2020", "2030"]);
  expect(entries[0]!.sequence).toBe(entries[1]!.sequence + 1);
  expect(project.labels.classes().map(({ name }) => name)).toEqual(["first", "second"]);
});
