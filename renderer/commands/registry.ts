// Which commands exist at this moment: those of the app and those that the open view has registered.
//
// A later registration wins a shortcut (a view over the app), so a view never has to know what the app uses.
import { createStore } from "zustand/vanilla";
import { preferencesStore } from "../state/preferences.ts";
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

/** Keys of a class or a question are data of the project; all others are the person's to choose. */
export const isChangeable = ({ id, group }: Command): boolean => id !== "labels.give" && group !== "questions";

/** The shortcuts of a command: the person's own, or the studio's. */
export function shortcutsOf(command: Command): readonly string[] {
  const own = isChangeable(command) ? preferencesStore.getState().keys[command.id] : undefined;
  return own === undefined ? command.shortcuts : [own];
}

/** Another command that answers to a shortcut already; null where it is free. Commands that only make sense as a key give way. */
export function takenBy(shortcut: string, wanted: Command): Command | null {
  return (
    allCommands().find(
      (command) =>
        command.id !== wanted.id &&
        Boolean(command.keyOnly) === Boolean(wanted.keyOnly) &&
        shortcutsOf(command).some((other) => other.toLowerCase() === shortcut.toLowerCase()),
    ) ?? null
  );
}

/** The enabled command that a key press asks for, or null. */
export function commandForKey(press: KeyPress, options: { mac: boolean; characterKeys: boolean }): Command | null {
  for (const list of commandStore.getState().lists.toReversed()) {
    const found = list.find(
      (command) =>
        shortcutsOf(command).some(
          (shortcut) =>
            (options.characterKeys || !isCharacterKey(shortcut)) && matchesShortcut(shortcut, press, options.mac),
        ) && command.enabled(),
    );
    if (found) return found;
  }
  return null;
}
