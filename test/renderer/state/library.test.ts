import { expect, test } from "vitest";
import { libraryStore, narrowed } from "../../../renderer/state/library.ts";

test("another filter leaves no image focused or selected, so that no digit labels what is out of sight", () => {
  libraryStore.setState({ focused: "a", selected: new Set(["a", "b"]) });
  libraryStore.setState(narrowed({ labelled: false }));
  const { filter, focused, selected } = libraryStore.getState();
  expect(filter).toEqual({ labelled: false });
  expect(focused).toBeNull();
  expect([...selected]).toEqual([]);
});
