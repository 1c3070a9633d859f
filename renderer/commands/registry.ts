// Which commands exist at this moment: those of the app and those that the open view has registered.
//
// A later registration wins a shortcut (a view over the app), so a view never has to know what the app uses.
import { createStore } from "zustand/vanilla";
import type { Command } from "./Command.ts";
import { isCharacterKey, type KeyPress, matchesShortcut } from "./shortcut.ts";

export const commandStore = createStore<{ lists: readonly (readonly Command[])[] }>(() => ({ lists: [] }));

/** Adds a list; returns the way to take it out again. */
export function registerCommands(list: readonly Command[]): () => void {
  commandStore.setState(({ lists }) => ({ lists: [...lists, list] }));
  return () => commandStore.setState(({ lists }) => ({ lists: lists.filter((other) => other !== list) }));
}

export function allCommands(): Command[] {
  return commandStore.getState().lists.flat();
}

/** The enabled command that a key press asks for, or null. */
export function commandForKey(press: KeyPress, options: { mac: boolean; characterKeys: boolean }): Command | null {
  for (const list of commandStore.getState().lists.toReversed()) {
    const found = list.find(
      (command) =>
        command.shortcuts.some(
          (shortcut) =>
            (options.characterKeys || !isCharacterKey(shortcut)) && matchesShortcut(shortcut, press, options.mac),
        ) && command.enabled(),
    );
    if (found) return found;
  }
  return null;
}
