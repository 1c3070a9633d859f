// Commands that give and take back image labels; the library and the viewer share them.
import type { LabelClass } from "../../preload/contract/index.ts";
import type { Command } from "./Command.ts";

export interface LabelActions {
  hasImage(): boolean;
  setClass(classId: string | null): void;
  undo(): void;
  redo(): void;
}

export function labelCommands(actions: LabelActions, classes: readonly LabelClass[]): Command[] {
  return [
    ...classes.map(
      (labelClass): Command => ({
        id: "labels.give",
        group: "labels",
        shortcuts: labelClass.key === null ? [] : [String(labelClass.key)],
        className: labelClass.name,
        enabled: actions.hasImage,
        run: () => actions.setClass(labelClass.id),
      }),
    ),
    {
      id: "labels.clear",
      group: "labels",
      shortcuts: ["0"],
      enabled: actions.hasImage,
      run: () => actions.setClass(null),
    },
    { id: "labels.undo", group: "labels", shortcuts: ["Mod+Z"], enabled: () => true, run: actions.undo },
    { id: "labels.redo", group: "labels", shortcuts: ["Mod+Shift+Z", "Mod+Y"], enabled: () => true, run: actions.redo },
  ];
}
