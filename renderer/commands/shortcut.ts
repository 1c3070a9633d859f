// Keyboard shortcuts as data: "Mod+Shift+Z", "ArrowLeft", "?", "1". Mod is Ctrl, or Cmd on a Mac.
//
// A letter or sign is compared with what the key types (`event.key`), so it follows the keyboard layout; Shift counts only for
// named keys and together with Mod, because typing "?" already needs Shift on some layouts and not on others.

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

interface Shortcut {
  mod: boolean;
  shift: boolean;
  alt: boolean;
  key: string;
}

export function parseShortcut(text: string): Shortcut {
  const parts = shortcutParts(text);
  const key = parts.at(-1) ?? "";
  const known = new Set(["Mod", "Shift", "Alt"]);
  const modifiers = parts.slice(0, -1);
  if (key === "" || modifiers.some((part) => !known.has(part))) throw new Error(`"${text}" is not a shortcut.`);
  return { mod: modifiers.includes("Mod"), shift: modifiers.includes("Shift"), alt: modifiers.includes("Alt"), key };
}

/** The key "+" is written as itself: "+", "Mod++". */
function shortcutParts(text: string): string[] {
  return text.endsWith("+") ? [...text.slice(0, -1).split("+").filter(Boolean), "+"] : text.split("+");
}

export function matchesShortcut(text: string, press: KeyPress, mac: boolean): boolean {
  const { mod, shift, alt, key } = parseShortcut(text);
  if (mod !== (mac ? press.metaKey : press.ctrlKey)) return false;
  if (mac ? press.ctrlKey : press.metaKey) return false;
  if (alt !== press.altKey) return false;
  const typed = key.length === 1;
  if ((!typed || mod) && shift !== press.shiftKey) return false;
  return typed ? press.key.toLowerCase() === key.toLowerCase() : press.key === key;
}

const MODIFIERS = new Set(["Control", "Meta", "Alt", "Shift", "AltGraph", "CapsLock", "Dead", "Unidentified", "Tab"]);

/** The shortcut that a key press is; null for a modifier alone, and for Tab, which moves the focus. */
export function shortcutOf(press: KeyPress, mac: boolean): string | null {
  if (MODIFIERS.has(press.key)) return null;
  const typed = press.key.length === 1;
  const mod = mac ? press.metaKey : press.ctrlKey;
  const parts = [mod && "Mod", press.shiftKey && (!typed || mod) && "Shift", press.altKey && "Alt"];
  return [...parts.filter(Boolean), typed ? press.key.toUpperCase() : press.key].join("+");
}

/** True for shortcuts of one typed character without Ctrl, Cmd or Alt: those a person may turn off. */
export function isCharacterKey(text: string): boolean {
  const { mod, alt, key } = parseShortcut(text);
  return key.length === 1 && !mod && !alt;
}

const MAC_SIGNS: Record<string, string> = { Mod: "⌘", Shift: "⇧", Alt: "⌥" };
const KEY_SIGNS: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  " ": "Space",
  Delete: "Del",
  Escape: "Esc",
  Enter: "↵",
};

/** The caps to draw, for example ["Ctrl", "Shift", "Z"]. */
export function shortcutCaps(text: string, mac: boolean): string[] {
  return shortcutParts(text).map((part) => {
    if (mac && MAC_SIGNS[part]) return MAC_SIGNS[part];
    if (part === "Mod") return "Ctrl";
    return KEY_SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part);
  });
}
