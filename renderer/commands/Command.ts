// A user command is an object. Menus, toolbars, the palette, the shortcut sheet and the tests read the same list.
import type commandTexts from "../../resources/locales/en/commands.json";

/** Keys of commands.json under `names`: a command without a name in both languages does not compile or fails the locale test. */
export type CommandId = keyof (typeof commandTexts)["names"];
export type CommandGroup = keyof (typeof commandTexts)["groups"];

export interface Command {
  id: CommandId;
  group: CommandGroup;
  /** Any of these runs it; see shortcut.ts. The first is shown. */
  shortcuts: readonly string[];
  /** Of `labels.give`: the class that it gives. */
  className?: string;
  /** Of `questions.answer`: what is asked and the answer that it gives. */
  answer?: { question: string; option: string };
  enabled(): boolean;
  run(): void | Promise<void>;
  /** Runs again while the key is held (moving, scrolling). */
  repeats?: boolean;
  /** Left out of the palette: only makes sense as a key (arrow keys of a grid). */
  keyOnly?: boolean;
}
