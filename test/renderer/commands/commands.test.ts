import { afterEach, describe, expect, test } from "vitest";
import type { LabelClass } from "../../../preload/contract/index.ts";
import { appCommands } from "../../../renderer/commands/app.ts";
import type { Command } from "../../../renderer/commands/Command.ts";
import { libraryCommands } from "../../../renderer/commands/library.ts";
import { allCommands, commandForKey, registerCommands, takenBy } from "../../../renderer/commands/registry.ts";
import {
  isCharacterKey,
  matchesShortcut,
  parseShortcut,
  shortcutCaps,
  shortcutOf,
} from "../../../renderer/commands/shortcut.ts";
import { type ViewerActions, viewerCommands } from "../../../renderer/commands/viewer.ts";
import { preferencesStore } from "../../../renderer/state/preferences.ts";
import english from "../../../resources/locales/en/commands.json";

const press = (
  key: string,
  modifiers: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
});
const options = { mac: false, characterKeys: true };
const classes: LabelClass[] = [
  { id: "n", name: "normal", color: "#2563eb", key: 1 },
  { id: "l", name: "lesion", color: "#dc2626", key: 2 },
  { id: "u", name: "unsure", color: "#475569", key: null },
];

const said: string[] = [];
const say =
  (word: string) =>
  (...values: unknown[]) =>
    void said.push([word, ...values].join(" "));
let shapeActive = false;
let cursorOn = false;
let mayLabel = true;
const everywhere = () => true;
const viewer: ViewerActions = {
  hasImage: () => true,
  mayLabel: () => mayLabel,
  mayExplain: () => mayLabel,
  setClass: say("class"),
  undo: say("undo"),
  redo: say("redo"),
  next: say("next"),
  previous: say("previous"),
  slice: say("slice"),
  slices: () => 3,
  cine: say("cine"),
  copyToNext: say("copy"),
  fillBetween: say("fill"),
  rotate: say("rotate"),
  flip: say("flip"),
  brush: say("brush"),
  fit: say("fit"),
  zoom: say("zoom"),
  reset: say("reset"),
  invert: say("invert"),
  setTool: say("tool"),
  hasLayout: () => true,
  setLayout: say("layout"),
  magnify: say("lens"),
  toggleLinkScroll: say("link"),
  toggleLinkView: say("link view"),
  canReadHere: () => true,
  readHere: say("read here"),
  toggleMasks: say("masks"),
  toggleExplain: say("explain"),
  canCommit: () => false,
  commit: say("commit"),
  close: say("close"),
  shapes: {
    canDraw: () => true,
    active: () => shapeActive,
    open: () => shapeActive,
    any: () => true,
    start: say("start"),
    selectNext: say("select"),
    remove: say("remove"),
    complete: say("complete"),
    cancel: say("cancel"),
    nudge: say("nudge"),
    grow: say("grow"),
  },
  cursor: {
    on: () => cursorOn,
    toggle: say("cursor"),
    move: say("point"),
    click: say("click"),
    hold: say("hold"),
  },
};
const library = {
  mayImport: () => mayLabel,
  mayEditClasses: () => mayLabel,
  mayLabel: () => mayLabel,
  openImport: say("import"),
  openClasses: say("classes"),
  focusSearch: say("search"),
  hasFocused: () => true,
  openFocused: say("open"),
  toggleSelected: say("toggle"),
  move: say("move"),
  setClass: say("class"),
  undo: say("undo"),
  redo: say("redo"),
};
const app = {
  openPalette: say("palette"),
  openShortcuts: say("shortcuts"),
  lock: say("lock"),
  maySignOut: () => true,
  signOut: say("sign out"),
  switchLanguage: say("language"),
  switchTheme: say("theme"),
};

const stops: (() => void)[] = [];
const register = (list: readonly Command[]) => stops.push(registerCommands(list));
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  said.length = 0;
  shapeActive = false;
  cursorOn = false;
  mayLabel = true;
});
const type = async (...presses: ReturnType<typeof press>[]) => {
  for (const one of presses) await commandForKey(one, options)?.run();
  return said.join(", ");
};

describe("shortcuts", () => {
  test("a sign is what the key types, whether or not the layout needs Shift for it", () => {
    expect(matchesShortcut("?", press("?", { shiftKey: true }), false)).toBe(true);
    expect(matchesShortcut("?", press("?"), false)).toBe(true);
    expect(matchesShortcut("+", press("+", { shiftKey: true }), false)).toBe(true);
  });

  test("Shift counts together with Ctrl and for named keys", () => {
    expect(matchesShortcut("Mod+Z", press("z", { ctrlKey: true }), false)).toBe(true);
    expect(matchesShortcut("Mod+Z", press("Z", { ctrlKey: true, shiftKey: true }), false)).toBe(false);
    expect(matchesShortcut("ArrowLeft", press("ArrowLeft", { shiftKey: true }), false)).toBe(false);
  });

  test("Mod is Cmd on a Mac and Ctrl elsewhere, never the other one too", () => {
    expect(matchesShortcut("Mod+K", press("k", { metaKey: true }), true)).toBe(true);
    expect(matchesShortcut("Mod+K", press("k", { ctrlKey: true }), true)).toBe(false);
    expect(matchesShortcut("1", press("1", { ctrlKey: true }), false)).toBe(false);
  });

  test("what is no shortcut is refused when it is read", () => {
    expect(() => parseShortcut("Hyper+K")).toThrow("is not a shortcut");
    expect(shortcutCaps("Mod+Shift+Z", false)).toEqual(["Ctrl", "Shift", "Z"]);
    expect(shortcutCaps("Mod++", true)).toEqual(["⌘", "+"]);
  });
});

describe("keys of one's own", () => {
  afterEach(() => preferencesStore.setState({ keys: {} }));

  test("a key press is written as the shortcut that it matches again", () => {
    for (const one of [press("g"), press("G", { shiftKey: true }), press("F5"), press("ArrowUp", { shiftKey: true })]) {
      expect(matchesShortcut(shortcutOf(one, false)!, one, false)).toBe(true);
    }
    const withMod = press("s", { ctrlKey: true, shiftKey: true });
    expect(shortcutOf(withMod, false)).toBe("Mod+Shift+S");
    expect(matchesShortcut("Mod+Shift+S", withMod, false)).toBe(true);
    expect([shortcutOf(press("Shift", { shiftKey: true }), false), shortcutOf(press("Tab"), false)]).toEqual([
      null,
      null,
    ]);
  });

  test("a chosen key runs the command and the studio's own does not any more; class keys stay the project's", async () => {
    register(viewerCommands(viewer, classes));
    preferencesStore.setState({ keys: { "viewer.fit": "~", "labels.give": "9" } });
    expect(await type(press("f"), press("~"), press("9"), press("1"))).toBe("fit, class n");
  });

  test("a key that another command has is told", () => {
    register(viewerCommands(viewer, classes));
    const find = (id: string) => allCommands().find((command) => command.id === id)!;
    expect(takenBy("i", find("viewer.fit"))?.id).toBe("viewer.invert");
    expect(takenBy("~", find("viewer.fit"))).toBeNull();
    expect(takenBy("F", find("viewer.fit"))).toBeNull();
  });
});

describe("the registry", () => {
  test("digits give classes, 0 takes the label back, a class without a digit has no key", async () => {
    register(viewerCommands(viewer, classes));
    expect(await type(press("1"), press("2"), press("0"), press("3"))).toBe("class n, class l, class ");
  });

  test("arrows walk through images, and move the shape while one is selected", async () => {
    register(viewerCommands(viewer, classes));
    await type(press("ArrowRight"), press("ArrowDown"));
    shapeActive = true;
    expect(await type(press("ArrowRight"), press("ArrowRight", { shiftKey: true }), press("Escape"))).toBe(
      "next, slice 1, nudge 1 0, grow 1 0, cancel",
    );
  });

  test("the keyboard's pointer has the arrows, Enter and the space bar while it is out", async () => {
    register(viewerCommands(viewer, classes));
    shapeActive = true;
    cursorOn = true;
    const keys = [press("ArrowUp"), press("ArrowUp", { shiftKey: true }), press(" "), press("Enter")];
    expect(await type(...keys)).toBe("point 0 -1 false, point 0 -1 true, hold, click");
  });

  test("no two commands of the viewer share a key unless one gives way to the other", () => {
    const taken = new Map<string, string[]>();
    for (const { id, shortcuts, keyOnly } of viewerCommands(viewer, classes)) {
      if (keyOnly) continue;
      for (const shortcut of shortcuts) taken.set(shortcut, [...(taken.get(shortcut) ?? []), id]);
    }
    expect([...taken].filter(([, ids]) => ids.length > 1)).toEqual([]);
  });

  test("a view's command wins over one of the app, and is gone with the view", async () => {
    register(appCommands(app, everywhere));
    const stop = registerCommands([
      { id: "viewer.fit", group: "viewer", shortcuts: ["?"], enabled: () => true, run: say("mine") },
    ]);
    await type(press("?", { shiftKey: true }));
    stop();
    expect(await type(press("?", { shiftKey: true }))).toBe("mine, shortcuts");
  });

  test("what the member's role may not do has no key: labels, classes, import, explanation, rooms", () => {
    const rooms: string[] = [];
    register([
      ...appCommands(app, (view) => rooms.push(view) > 0 && view === "library"),
      ...libraryCommands(library, classes),
      ...viewerCommands(viewer, classes),
    ]);
    const ids = () => allCommands().flatMap(({ id, enabled }) => (enabled() ? [id] : []));
    const before = ids();
    expect(before).not.toContain("go.runs");
    expect(before).toContain("go.library");
    mayLabel = false;
    const kept = new Set<string>(ids());
    const gone = new Set(before.filter((id) => !kept.has(id)));
    expect([...gone].toSorted()).toEqual([
      ...["labels.clear", "labels.give", "labels.redo", "labels.undo", "library.classes", "library.import"],
      "viewer.explain",
    ]);
  });

  test("keys of one character are silent when a person turned them off; others still work", () => {
    register([...appCommands(app, everywhere), ...libraryCommands(library, classes)]);
    const off = { mac: false, characterKeys: false };
    expect(commandForKey(press("1"), off)).toBeNull();
    expect(commandForKey(press("?"), off)).toBeNull();
    expect(commandForKey(press("k", { ctrlKey: true }), off)?.id).toBe("app.palette");
    expect(isCharacterKey("1") && !isCharacterKey("Alt+1") && !isCharacterKey("Enter")).toBe(true);
  });
});

describe.each([
  ["library", () => [...appCommands(app, everywhere), ...libraryCommands(library, classes)]],
  ["viewer", () => [...appCommands(app, everywhere), ...viewerCommands(viewer, classes)]],
])("the commands of the %s", (_, list) => {
  test("each has a name, a group and readable shortcuts", () => {
    for (const command of list()) {
      expect(english.names).toHaveProperty([command.id]);
      expect(english.groups).toHaveProperty([command.group]);
      for (const shortcut of command.shortcuts) expect(() => parseShortcut(shortcut)).not.toThrow();
    }
  });

  test("no two that are enabled together want the same key", () => {
    register(list());
    const taken = new Map<string, string>();
    for (const command of allCommands().filter(({ enabled }) => enabled())) {
      for (const shortcut of command.shortcuts) {
        expect(taken.get(shortcut), `${shortcut}: ${command.id}`).toBeUndefined();
        taken.set(shortcut, command.id);
      }
    }
  });
});
