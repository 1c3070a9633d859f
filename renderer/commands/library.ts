// Commands of the library's grid. The grid moves by keys, digits label the focused image (or the selected ones).
import type { LabelClass } from "../../preload/contract/index.ts";
import type { Command, CommandId } from "./Command.ts";
import { labelCommands } from "./labels.ts";

export interface LibraryActions {
  mayImport(): boolean;
  openImport(): void;
  mayEditClasses(): boolean;
  openClasses(): void;
  focusSearch(): void;
  /** True when an image has the keyboard. */
  hasFocused(): boolean;
  openFocused(): void;
  toggleSelected(): void;
  move(columns: number, rows: number): void;
  /** readers label in their work lists, not here */
  mayLabel(): boolean;
  setClass(classId: string | null): void;
  undo(): void;
  redo(): void;
}

export function libraryCommands(actions: LibraryActions, classes: readonly LabelClass[]): Command[] {
  const always = (id: CommandId, shortcuts: string[], run: () => void): Command => ({
    id,
    group: "library",
    shortcuts,
    enabled: () => true,
    run,
  });
  const onImage = (id: CommandId, shortcut: string, run: () => void): Command => ({
    id,
    group: "library",
    shortcuts: [shortcut],
    enabled: actions.hasFocused,
    run,
  });
  const move = (id: CommandId, shortcut: string, columns: number, rows: number): Command => ({
    ...always(id, [shortcut], () => actions.move(columns, rows)),
    repeats: true,
    keyOnly: true,
  });
  return [
    { ...always("library.import", ["I"], actions.openImport), enabled: actions.mayImport },
    { ...always("library.classes", ["C"], actions.openClasses), enabled: actions.mayEditClasses },
    always("library.search", ["/"], actions.focusSearch),
    onImage("library.open", "Enter", actions.openFocused),
    onImage("library.select", " ", actions.toggleSelected),
    move("library.left", "ArrowLeft", -1, 0),
    move("library.right", "ArrowRight", 1, 0),
    move("library.up", "ArrowUp", 0, -1),
    move("library.down", "ArrowDown", 0, 1),
    ...labelCommands({ ...actions, hasImage: actions.hasFocused }, classes),
  ];
}
