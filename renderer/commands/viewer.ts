// Commands of the viewer. Arrow keys move the keyboard's pointer or the selected shape; without either they walk through images and slices.
import type { LabelClass } from "../../preload/contract/index.ts";
import type { Layout, ToolName, ViewTool } from "../state/viewer.ts";
import type { Command, CommandGroup, CommandId } from "./Command.ts";
import { type LabelActions, labelCommands } from "./labels.ts";

export interface ViewerActions extends LabelActions {
  next(): void;
  previous(): void;
  slices(): number;
  /** so many slices on, at most to the first or last */
  slice(step: number): void;
  /** plays the slices, or stops */
  cine(): void;
  copyToNext(): void;
  /** labels on the slices between the two nearest that are labelled by hand */
  fillBetween(): void;
  fit(): void;
  zoom(factor: number): void;
  reset(): void;
  invert(): void;
  rotate(): void;
  flip(): void;
  setTool(tool: ToolName): void;
  /** the pictures in hand can be laid out so */
  hasLayout(layout: Layout): boolean;
  setLayout(layout: Layout): void;
  /** a stronger lens; behind the strongest comes none */
  magnify(): void;
  toggleLinkScroll(): void;
  toggleLinkView(): void;
  /** the pane in hand can become the main picture */
  canReadHere(): boolean;
  readHere(): void;
  toggleMasks(): void;
  mayExplain(): boolean;
  toggleExplain(): void;
  /** 1: a larger brush, -1: a smaller one */
  brush(direction: 1 | -1): void;
  /** a read of a work list is open and not committed */
  canCommit(): boolean;
  commit(): void;
  close(): void;
  shapes: {
    canDraw(): boolean;
    /** a shape is selected or being drawn */
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
  /** the pointer moved by keys */
  cursor: {
    on(): boolean;
    toggle(): void;
    move(dx: number, dy: number, fine: boolean): void;
    click(): void;
    hold(): void;
  };
}

/** Tools that draw, with the key of each. */
export const DRAWING_TOOLS: readonly { tool: Exclude<ToolName, ViewTool>; id: CommandId; key: string }[] = [
  { tool: "box", id: "tools.box", key: "D" },
  { tool: "ellipse", id: "tools.ellipse", key: "O" },
  { tool: "polygon", id: "tools.polygon", key: "G" },
  { tool: "freehand", id: "tools.freehand", key: "H" },
  { tool: "polyline", id: "tools.polyline", key: "Y" },
  { tool: "point", id: "tools.point", key: "T" },
  { tool: "length", id: "tools.length", key: "L" },
  { tool: "angle", id: "tools.angle", key: "A" },
  { tool: "brush", id: "tools.brush", key: "Q" },
  { tool: "eraser", id: "tools.eraser", key: "X" },
  { tool: "grow", id: "tools.grow", key: "V" },
  { tool: "fill", id: "tools.fill", key: "U" },
  { tool: "scissors", id: "tools.scissors", key: "C" },
  { tool: "smart", id: "tools.smart", key: "S" },
];

/** Ways to lay out the pictures, with the key of each: as many as there are pictures. */
export const LAYOUTS: readonly { layout: Layout; id: CommandId; key: string }[] = [
  { layout: "1x1", id: "viewer.single", key: "Mod+1" },
  { layout: "1x2", id: "viewer.two", key: "Mod+2" },
  { layout: "planes", id: "viewer.planes", key: "Mod+3" },
  { layout: "2x2", id: "viewer.four", key: "Mod+4" },
  { layout: "3x3", id: "viewer.nine", key: "Mod+9" },
];

const ZOOM_STEP = 1.25;

export function viewerCommands(actions: ViewerActions, classes: readonly LabelClass[]): Command[] {
  const { shapes, cursor } = actions;
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
    ...command("shapes", id, [shortcut], run, shapes.active, true),
    keyOnly: true,
  });
  const point = (id: CommandId, shortcut: string, run: () => void, repeats = true): Command => ({
    ...command("cursor", id, [shortcut], run, cursor.on, repeats),
    keyOnly: true,
  });
  const manySlices = () => actions.hasImage() && actions.slices() > 1;
  return [
    point("cursor.left", "ArrowLeft", () => cursor.move(-1, 0, false)),
    point("cursor.right", "ArrowRight", () => cursor.move(1, 0, false)),
    point("cursor.up", "ArrowUp", () => cursor.move(0, -1, false)),
    point("cursor.down", "ArrowDown", () => cursor.move(0, 1, false)),
    point("cursor.leftFine", "Shift+ArrowLeft", () => cursor.move(-1, 0, true)),
    point("cursor.rightFine", "Shift+ArrowRight", () => cursor.move(1, 0, true)),
    point("cursor.upFine", "Shift+ArrowUp", () => cursor.move(0, -1, true)),
    point("cursor.downFine", "Shift+ArrowDown", () => cursor.move(0, 1, true)),
    point("cursor.hold", " ", cursor.hold, false),
    point("cursor.click", "Enter", cursor.click, false),
    command("cursor", "cursor.toggle", ["K"], cursor.toggle),
    arrow("shapes.left", "ArrowLeft", () => shapes.nudge(-1, 0)),
    arrow("shapes.right", "ArrowRight", () => shapes.nudge(1, 0)),
    arrow("shapes.up", "ArrowUp", () => shapes.nudge(0, -1)),
    arrow("shapes.down", "ArrowDown", () => shapes.nudge(0, 1)),
    arrow("shapes.narrower", "Shift+ArrowLeft", () => shapes.grow(-1, 0)),
    arrow("shapes.wider", "Shift+ArrowRight", () => shapes.grow(1, 0)),
    arrow("shapes.shorter", "Shift+ArrowUp", () => shapes.grow(0, -1)),
    arrow("shapes.taller", "Shift+ArrowDown", () => shapes.grow(0, 1)),
    { ...command("shapes", "shapes.commit", ["Mod+Enter", "Enter"], shapes.complete, shapes.open), keyOnly: true },
    { ...command("shapes", "shapes.cancel", ["Escape"], shapes.cancel, shapes.active), keyOnly: true },
    command("shapes", "shapes.draw", ["B"], shapes.start, shapes.canDraw),
    command("shapes", "shapes.next", ["N"], shapes.selectNext, shapes.any),
    command("shapes", "shapes.delete", ["Delete", "Backspace"], shapes.remove, shapes.active),
    command("shapes", "shapes.copyToNext", ["J"], actions.copyToNext, manySlices),
    command("shapes", "shapes.fillBetween", ["Mod+I"], actions.fillBetween, () => manySlices() && shapes.canDraw()),
    command("labels", "reading.commit", ["Mod+Enter"], actions.commit, actions.canCommit),
    ...labelCommands(actions, classes),
    view("viewer.previous", ["ArrowLeft", "PageUp"], actions.previous, undefined, true),
    view("viewer.next", ["ArrowRight", "PageDown"], actions.next, undefined, true),
    view("viewer.slicePrevious", ["ArrowUp"], () => actions.slice(-1), manySlices, true),
    view("viewer.sliceNext", ["ArrowDown"], () => actions.slice(1), manySlices, true),
    view("viewer.sliceFirst", ["Home"], () => actions.slice(Number.NEGATIVE_INFINITY), manySlices),
    view("viewer.sliceLast", ["End"], () => actions.slice(Number.POSITIVE_INFINITY), manySlices),
    view("viewer.cine", ["."], actions.cine, manySlices),
    view("viewer.fit", ["F"], actions.fit),
    view("viewer.zoomIn", ["+", "="], () => actions.zoom(ZOOM_STEP), undefined, true),
    view("viewer.zoomOut", ["-"], () => actions.zoom(1 / ZOOM_STEP), undefined, true),
    view("viewer.reset", ["R"], actions.reset),
    view("viewer.invert", ["I"], actions.invert),
    view("viewer.rotate", ["/"], actions.rotate),
    view("viewer.flip", ["\\"], actions.flip),
    view("viewer.window", ["W"], () => actions.setTool("window")),
    view("viewer.pan", ["P"], () => actions.setTool("pan")),
    view("viewer.zoom", ["Z"], () => actions.setTool("zoom")),
    view(
      "viewer.crosshair",
      [";"],
      () => actions.setTool("crosshair"),
      () => actions.hasLayout("planes"),
    ),
    view("viewer.magnifier", [","], actions.magnify),
    view("viewer.linkScroll", ["'"], actions.toggleLinkScroll),
    view("viewer.linkView", [":"], actions.toggleLinkView),
    view("viewer.readHere", ["Shift+Enter"], actions.readHere, actions.canReadHere),
    ...LAYOUTS.map(({ layout, id, key }) =>
      view(
        id,
        [key],
        () => actions.setLayout(layout),
        () => actions.hasLayout(layout),
      ),
    ),
    ...DRAWING_TOOLS.map(({ tool, id, key }) =>
      command(
        "tools",
        id,
        [key],
        () => actions.setTool(tool),
        () => shapes.canDraw() || (actions.mayLabel() && (tool === "length" || tool === "angle")),
      ),
    ),
    command("tools", "tools.smaller", ["["], () => actions.brush(-1), undefined, true),
    command("tools", "tools.larger", ["]"], () => actions.brush(1), undefined, true),
    view("viewer.masks", ["M"], actions.toggleMasks),
    view("viewer.explain", ["E"], actions.toggleExplain, actions.mayExplain),
    { ...view("viewer.close", ["Escape"], actions.close), keyOnly: true },
  ];
}
