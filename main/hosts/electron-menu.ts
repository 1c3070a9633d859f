// The menus: the page's own commands with their keys, between what every desktop program has.
//
// The page says which commands exist at this moment and in which language, so menu, palette, shortcut sheet and keys cannot disagree; the
// page also runs them. Keys are shown and, where the system allows it, not taken by the menu: the page hears them first.

import { Menu, type MenuItemConstructorOptions } from "electron";
import type { Menus } from "../../preload/contract/bridge.ts";
import type { RecentProject } from "../../preload/contract/index.ts";
import type { Texts } from "./electron-texts.ts";

export interface MenuActions {
  /** runs a command of the page */
  command(key: string): void;
  /** asks for a project folder */
  openProject(): void;
  offer(path: string): void;
}

export interface MenuFacts {
  texts: Texts["menu"];
  pageMenus: Menus;
  recent: readonly RecentProject[];
  platform: NodeJS.Platform;
  devTools: boolean;
}

export function setMenu(facts: MenuFacts, actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(facts, actions)));
}

export function menuTemplate(facts: MenuFacts, actions: MenuActions): MenuItemConstructorOptions[] {
  const { texts, pageMenus, recent, platform, devTools } = facts;
  const mac = platform === "darwin";
  const reload: MenuItemConstructorOptions[] = devTools ? [{ type: "separator" }, { role: "toggleDevTools" }] : [];
  return [
    ...(mac ? [{ role: "appMenu" } as const] : []),
    {
      label: texts.file,
      submenu: [
        { id: "open-project", label: texts.open, accelerator: "CommandOrControl+O", click: actions.openProject },
        {
          id: "recent",
          label: texts.recent,
          enabled: recent.length > 0,
          submenu: recent.map(({ name, path }) => ({
            label: name,
            sublabel: path,
            click: () => actions.offer(path),
          })),
        },
        { type: "separator" },
        mac ? { role: "close", label: texts.close } : { role: "quit", label: texts.quit },
      ],
    },
    {
      label: texts.edit,
      submenu: [
        { role: "undo", label: texts.undo },
        { role: "redo", label: texts.redo },
        { type: "separator" },
        { role: "cut", label: texts.cut },
        { role: "copy", label: texts.copy },
        { role: "paste", label: texts.paste },
        { role: "selectAll", label: texts.selectAll },
      ],
    },
    ...menusOf(pageMenus.filter(({ isHelp }) => !isHelp)),
    {
      label: texts.view,
      submenu: [
        { role: "resetZoom", label: texts.actualSize },
        { role: "zoomIn", label: texts.larger },
        { role: "zoomOut", label: texts.smaller },
        { type: "separator" },
        { role: "togglefullscreen", label: texts.fullScreen },
        ...reload,
      ],
    },
    {
      role: "window",
      label: texts.window,
      submenu: [
        { role: "minimize", label: texts.minimise },
        { role: "zoom", label: texts.zoom },
      ],
    },
    ...menusOf(pageMenus.filter(({ isHelp }) => isHelp)),
  ];

  function menusOf(menus: Menus): MenuItemConstructorOptions[] {
    return menus
      .filter(({ items }) => items.length > 0)
      .map(({ label, isHelp, items }) => ({
        label,
        ...(isHelp && { role: "help" }),
        submenu: items.map(({ key, label, shortcut }) => ({
          label,
          click: () => actions.command(key),
          ...acceleratorOf(shortcut, mac),
        })),
      }));
  }
}

const KEYS: Record<string, string> = {
  ArrowLeft: "Left",
  ArrowRight: "Right",
  ArrowUp: "Up",
  ArrowDown: "Down",
  "+": "Plus",
};
/** What a text field on a Mac needs from the Edit menu, which would lose it to a menu of ours. */
const OF_EDITING = new Set(["Mod+Z", "Mod+Shift+Z", "Mod+Y", "Mod+A", "Mod+C", "Mod+V", "Mod+X"]);

/** Keys with Ctrl, Cmd or Alt, and F1 to F24; those of one character belong to whatever has the focus. */
function acceleratorOf(shortcut: string | null, mac: boolean): MenuItemConstructorOptions {
  if (shortcut === null || (mac && OF_EDITING.has(shortcut))) return {};
  const found =
    /^((?:Mod\+|Shift\+|Alt\+)*)(\+|[^+\s]|F\d{1,2}|Arrow(?:Left|Right|Up|Down)|Enter|Delete|Backspace|Home|End|PageUp|PageDown)$/.exec(
      shortcut,
    );
  if (found === null) return {};
  const [, modifiers, key] = found;
  if (!/Mod|Alt/.test(modifiers!) && !/^F\d/.test(key!)) return {};
  return {
    accelerator: `${modifiers!.replace("Mod", "CommandOrControl")}${KEYS[key!] ?? key}`,
    registerAccelerator: false,
  };
}
