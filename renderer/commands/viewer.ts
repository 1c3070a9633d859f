// Commands of the viewer. Arrow keys move the selected box; without one they walk through images and frames.
import type { LabelClass } from "../../preload/contract/index.ts";
import type { Command, CommandGroup, CommandId } from "./Command.ts";
import { type LabelActions, labelCommands } from "./labels.ts";

export interface ViewerActions extends LabelActions {
  next(): void;
  previous(): void;
  frame(step: number): void;
  frames(): number;
  fit(): void;
  zoom(factor: number): void;
  reset(): void;
  invert(): void;
  setTool(tool: "window" | "pan" | "zoom" | "box"): void;
  toggleMasks(): void;
  toggleExplain(): void;
  close(): void;
  boxes: {
    canDraw(): boolean;
    /** a box is selected or being drawn by keyboard */
    active(): boolean;
    /** something is not kept yet */
    open(): boolean;
    any(): boolean;
    start(): void;
    selectNext(): void;
    remove(): void;
    complete(): void;
    cancel(): void;
    nudge(dx: number, dy: number): void;
    grow(dwidth: number, dheight: number): void;
  };
}

const ZOOM_STEP = 1.25;

export function viewerCommands(actions: ViewerActions, classes: readonly LabelClass[]): Command[] {
  const { boxes } = actions;
  const command = (
    group: CommandGroup,
    id: CommandId,
    shortcuts: string[],
    run: () => void,
    enabled: () => boolean = actions.hasImage,
    repeats = false,
  ): Command => ({ id, group, shortcuts, enabled, run, repeats });
  const view = (id: CommandId, shortcuts: string[], run: () => void, enabled?: () => boolean, repeats?: boolean) =>
    command("viewer", id, shortcuts, run, enabled, repeats);
  const arrow = (id: CommandId, shortcut: string, run: () => void): Command => ({
    ...command("boxes", id, [shortcut], run, boxes.active, true),
    keyOnly: true,
  });
  const manyFrames = () => actions.hasImage() && actions.frames() > 1;
  return [
    arrow("boxes.left", "ArrowLeft", () => boxes.nudge(-1, 0)),
    arrow("boxes.right", "ArrowRight", () => boxes.nudge(1, 0)),
    arrow("boxes.up", "ArrowUp", () => boxes.nudge(0, -1)),
    arrow("boxes.down", "ArrowDown", () => boxes.nudge(0, 1)),
    arrow("boxes.narrower", "Shift+ArrowLeft", () => boxes.grow(-1, 0)),
    arrow("boxes.wider", "Shift+ArrowRight", () => boxes.grow(1, 0)),
    arrow("boxes.shorter", "Shift+ArrowUp", () => boxes.grow(0, -1)),
    arrow("boxes.taller", "Shift+ArrowDown", () => boxes.grow(0, 1)),
    { ...command("boxes", "boxes.commit", ["Enter"], boxes.complete, boxes.open), keyOnly: true },
    { ...command("boxes", "boxes.cancel", ["Escape"], boxes.cancel, boxes.active), keyOnly: true },
    command("boxes", "boxes.draw", ["B"], boxes.start, boxes.canDraw),
    command("boxes", "boxes.next", ["N"], boxes.selectNext, boxes.any),
    command("boxes", "boxes.delete", ["Delete", "Backspace"], boxes.remove, boxes.active),
    ...labelCommands(actions, classes),
    view("viewer.previous", ["ArrowLeft", "PageUp"], actions.previous, undefined, true),
    view("viewer.next", ["ArrowRight", "PageDown"], actions.next, undefined, true),
    view("viewer.framePrevious", ["ArrowUp"], () => actions.frame(-1), manyFrames, true),
    view("viewer.frameNext", ["ArrowDown"], () => actions.frame(1), manyFrames, true),
    view("viewer.fit", ["F"], actions.fit),
    view("viewer.zoomIn", ["+", "="], () => actions.zoom(ZOOM_STEP), undefined, true),
    view("viewer.zoomOut", ["-"], () => actions.zoom(1 / ZOOM_STEP), undefined, true),
    view("viewer.reset", ["R"], actions.reset),
    view("viewer.invert", ["I"], actions.invert),
    view("viewer.window", ["W"], () => actions.setTool("window")),
    view("viewer.pan", ["P"], () => actions.setTool("pan")),
    view("viewer.zoom", ["Z"], () => actions.setTool("zoom")),
    view("viewer.box", ["D"], () => actions.setTool("box"), boxes.canDraw),
    view("viewer.masks", ["M"], actions.toggleMasks),
    view("viewer.explain", ["E"], actions.toggleExplain),
    { ...view("viewer.close", ["Escape"], actions.close), keyOnly: true },
  ];
}
