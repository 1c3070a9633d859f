import { describe, expect, test } from "vitest";
import { formatRoute, parseRoute, type Route } from "../../../renderer/state/route.ts";

describe("routes", () => {
  test.each<Route>([
    { view: "library" },
    { view: "viewer", imageId: null, frame: 0 },
    { view: "viewer", imageId: "ä/b#c 7", frame: 12 },
    { view: "viewer", imageId: "i/1", frame: 0, read: { listId: "l 1", readId: "r" } },
    { view: "reading", listId: null, position: null },
    { view: "reading", listId: "l1", position: null },
    { view: "reading", listId: "l1", position: 0 },
    { view: "data" },
    { view: "schema" },
    { view: "pacs" },
    { view: "project", section: "health" },
    { view: "project", section: "audit" },
    { view: "runs", runId: "r1" },
    { view: "models", modelId: null },
    { view: "compare", runIds: ["a", "b"] },
    { view: "search", searchId: null },
    { view: "search", searchId: "new" },
  ])("%j survives the address bar", (route) => {
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  test("an address that nobody knows, or that is broken, is the library or its nearest sense", () => {
    expect(parseRoute("#/nowhere/else")).toEqual({ view: "library" });
    expect(parseRoute("")).toEqual({ view: "library" });
    expect(parseRoute("#/viewer/%E0%A4%A/x")).toEqual({ view: "viewer", imageId: "%E0%A4%A", frame: 0 });
  });
});
