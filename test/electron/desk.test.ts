import { expect, test, vi } from "vitest";
import { placeWindow, SMALLEST_WINDOW } from "../../main/hosts/electron-desk.ts";
import { type MenuFacts, menuTemplate } from "../../main/hosts/electron-menu.ts";
import { textsIn } from "../../main/hosts/electron-texts.ts";

vi.mock("electron", () => import("./stand-in/electron.ts"));

const PRIMARY = { x: 0, y: 25, width: 1920, height: 1055 };
const BESIDE = { x: 1920, y: 0, width: 1280, height: 1024 };
const stood = { x: 2000, y: 60, width: 1100, height: 800 };

test("the first window stands in the middle of the first display", () => {
  expect(placeWindow(null, [PRIMARY])).toEqual({ x: 240, y: 103, width: 1440, height: 900 });
});

test("a window comes back where it stood, on the second display too", () => {
  expect(placeWindow(stood, [PRIMARY, BESIDE])).toEqual(stood);
});

test.each([
  ["its display is gone", stood, [PRIMARY]],
  ["its title bar would lie above every display", { ...stood, x: 100, y: -40 }, [PRIMARY]],
  ["only a sliver of it would be in sight", { ...stood, x: 1850, y: 60 }, [PRIMARY]],
])("a window is put back in the middle when %s", (_when, where, areas) => {
  const { x, y, width, height } = placeWindow(where, areas);
  expect([width, height]).toEqual([where.width, where.height]);
  expect(x).toBe((PRIMARY.width - width) / 2);
  expect(y).toBeGreaterThanOrEqual(PRIMARY.y);
});

test("a window larger than its display is made to fit, never smaller than can be worked in", () => {
  expect(placeWindow({ ...stood, width: 4000, height: 3000 }, [PRIMARY, BESIDE])).toMatchObject({
    width: BESIDE.width,
    height: BESIDE.height,
  });
  expect(placeWindow({ x: 0, y: 0, width: 10, height: 10 }, [PRIMARY])).toMatchObject(SMALLEST_WINDOW);
});

const facts = (platform: NodeJS.Platform, shortcuts: (string | null)[]): MenuFacts => ({
  texts: textsIn("en").menu,
  pageMenus: [
    {
      label: "Labels",
      isHelp: false,
      items: shortcuts.map((shortcut, index) => ({ key: `${index}`, label: `Item ${index}`, shortcut })),
    },
  ],
  recent: [],
  platform,
  devTools: false,
});
const actions = { command() {}, openProject() {}, offer() {} };
const keysOf = (platform: NodeJS.Platform, shortcuts: (string | null)[]) => {
  const labels = menuTemplate(facts(platform, shortcuts), actions).find(({ label }) => label === "Labels")!;
  return (labels.submenu as Electron.MenuItemConstructorOptions[]).map(({ accelerator }) => accelerator ?? null);
};

test("keys with Ctrl or Alt and function keys are shown; keys of one character belong to the page", () => {
  expect(
    keysOf("linux", ["Mod+Shift+L", "Alt+1", "F1", "Mod++", "Alt+ArrowDown", "B", "?", "Shift+Enter", null]),
  ).toEqual([
    ...["CommandOrControl+Shift+L", "Alt+1", "F1", "CommandOrControl+Plus", "Alt+Down"],
    ...[null, null, null, null],
  ]);
});

test("what is no shortcut never reaches the system, which would refuse the whole menu", () => {
  expect(keysOf("linux", ["Mod+Nonsense", "Hyper+K", "Mod+", "", "Mod+K+L", "F123"])).toEqual(Array(6).fill(null));
});

test("on a Mac the keys of text fields stay with the Edit menu, and the program has a menu of its own", () => {
  expect(keysOf("darwin", ["Mod+Z", "Mod+Shift+Z", "Mod+K"])).toEqual([null, null, "CommandOrControl+K"]);
  expect(keysOf("win32", ["Mod+Z"])).toEqual(["CommandOrControl+Z"]);
  expect(menuTemplate(facts("darwin", []), actions)[0]).toEqual({ role: "appMenu" });
});

test("an installed program has no developer tools in its menus", () => {
  expect(JSON.stringify(menuTemplate(facts("linux", []), actions))).not.toContain("toggleDevTools");
  expect(JSON.stringify(menuTemplate({ ...facts("linux", []), devTools: true }, actions))).toContain("toggleDevTools");
});
