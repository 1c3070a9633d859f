// Commands that give and take back image labels; the library and the viewer share them.
import type { LabelClass } from "../../preload/contract/index.ts";
import type { Command } from "./Command.ts";

export interface LabelActions {
  hasImage(): boolean;
  /** what is in sight may be labelled by whoever looks at it */
  mayLabel(): boolean;
  setClass(classId: string | null): void;
  undo(): void;
  redo(): void;
}

export function labelCommands(actions: LabelActions, classes: readonly LabelClass[]): Command[] {
  const onImage = () => actions.hasImage() && actions.mayLabel();
  return [
    ...classes.map(
      (labelClass): Command => ({
        id: "labels.give",
        group: "labels",
        shortcuts: labelClass.key === null ? [] : [String(labelClass.key)],
        className: labelClass.name,
        enabled: onImage,
        run: () => actions.setClass(labelClass.id),
      }),
    ),
    {
      id: "labels.clear",
      group: "labels",
      shortcuts: ["0"],
      enabled: onImage,
      run: () => actions.setClass(null),
    },
    { id: "labels.undo", group: "labels", shortcuts: ["Mod+Z"], enabled: actions.mayLabel, run: actions.undo },
    {
      id: "labels.redo",
      group: "labels",
      shortcuts: ["Mod+Shift+Z", "Mod+Y"],
      enabled: actions.mayLabel,
      run: actions.redo,
    },
  ];
}
