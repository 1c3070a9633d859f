// Binds commands to React: registering a view's list, running by key, and what is typed into fields stays there.
import { useEffect } from "react";
import { preferencesStore } from "../state/preferences.ts";
import type { Command } from "./Command.ts";
import { commandForKey, registerCommands } from "./registry.ts";

export const isMac = typeof navigator !== "undefined" && /mac/i.test(navigator.platform);

/** Registers commands while the calling view is mounted. Memoise the list. */
export function useCommands(list: readonly Command[]): void {
  useEffect(() => registerCommands(list), [list]);
}

/** True where keys belong to the focused control: text fields, and arrows and Enter in lists, sliders and menus. */
function belongsToControl(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  // The button that had the focus in a dialog may go (it was pressed, it waits): what is behind the dialog stays untouched.
  if (target === document.body && document.querySelector("[aria-modal=true]")) return true;
  if (target.dataset.commands !== undefined) return false; // a view's own surface: grid, picture
  if (target.isContentEditable || target.closest("textarea, select, [role=dialog], [role=menu], [role=listbox]"))
    return true;
  if (target instanceof HTMLInputElement) {
    if (target.type !== "checkbox" && target.type !== "radio") return true;
    return event.key === " " || event.key.startsWith("Arrow");
  }
  if (target.closest("[role=slider], [role=radiogroup], [role=tablist]")) return event.key.startsWith("Arrow");
  if (target.closest("button, a")) {
    return (event.key === "Enter" || event.key === " ") && !event.ctrlKey && !event.metaKey;
  }
  return false;
}

/** Listens for shortcuts on the window. Mount once. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const withMod = event.ctrlKey || event.metaKey;
      if (belongsToControl(event) && !(withMod && event.key.toLowerCase() === "k")) return;
      const command = commandForKey(event, {
        mac: isMac,
        characterKeys: preferencesStore.getState().characterKeys,
      });
      if (!command) return;
      event.preventDefault();
      if (event.repeat && !command.repeats) return;
      void command.run();
    };
    // In the capture phase: Cornerstone3D calls preventDefault on every key that its element sees.
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, []);
}
