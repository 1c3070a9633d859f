import { beforeEach, expect, test } from "vitest";
import { BoxTool } from "../../../renderer/viewer/boxes/BoxTool.ts";
import type { Draft } from "../../../renderer/viewer/boxes/state.ts";
import { type ImageRect, imagePx } from "../../../renderer/viewer/coordinates.ts";

/** Speaks like a reader; the boxes are what the studio would keep. */
let boxes: Map<string, ImageRect>;
let saves: Draft[];
let tool: BoxTool;

beforeEach(() => {
  boxes = new Map([["a", { x: 10, y: 20, width: 30, height: 40 }]]);
  saves = [];
  tool = new BoxTool({
    imageSize: () => ({ columns: 200, rows: 100 }),
    rectOf: (id) => boxes.get(id) ?? null,
    save: (draft) => {
      saves.push(draft);
      const id = draft.id ?? `b${boxes.size}`;
      boxes.set(id, draft.rect);
      return id;
    },
    remove: (id) => boxes.delete(id),
  });
});

const drag = (...points: [number, number][]) => {
  for (const [x, y] of points) tool.pointerMove(imagePx(x, y));
  tool.complete();
};

test("a drag draws a box and selects it", () => {
  tool.startDrawing(imagePx(50, 60));
  drag([55, 61], [40, 90]);
  expect(saves).toEqual([{ id: null, rect: { x: 40, y: 60, width: 10, height: 30 } }]);
  expect(tool.selected).toBe("b1");
});

test("a click without a drag keeps nothing and takes the selection away", () => {
  tool.select("a");
  tool.startDrawing(imagePx(50, 60));
  drag([50.4, 60.2]);
  expect(saves).toEqual([]);
  expect(tool.selected).toBeNull();
});

test("a box drawn over the edge ends at the edge", () => {
  tool.startDrawing(imagePx(150, 50));
  drag([900, -300]);
  expect(saves[0].rect).toEqual({ x: 150, y: 0, width: 50, height: 50 });
});

test("moving keeps the size and stops at the edge; the draft shows it before it is kept", () => {
  tool.startMoving("a", imagePx(15, 25));
  tool.pointerMove(imagePx(25, 30));
  expect(tool.state.draft).toEqual({ id: "a", rect: { x: 20, y: 25, width: 30, height: 40 } });
  expect(boxes.get("a")).toEqual({ x: 10, y: 20, width: 30, height: 40 });
  drag([-900, 900]);
  expect(boxes.get("a")).toEqual({ x: 0, y: 60, width: 30, height: 40 });
});

test("a box put back where it was is no change", () => {
  tool.startMoving("a", imagePx(15, 25));
  drag([80, 60], [15, 25]);
  expect(saves).toEqual([]);
});

test("a handle moves its own edges only, and over the opposite edge it turns the box round", () => {
  tool.startResizing("a", { dx: 1, dy: 0 });
  drag([70, 99]);
  expect(boxes.get("a")).toEqual({ x: 10, y: 20, width: 60, height: 40 });
  tool.startResizing("a", { dx: -1, dy: -1 });
  drag([90, 30]);
  expect(boxes.get("a")).toEqual({ x: 70, y: 30, width: 20, height: 30 });
});

test("Escape while dragging gives back the mark; a second time deselects", () => {
  tool.startMoving("a", imagePx(15, 25));
  tool.pointerMove(imagePx(60, 50));
  tool.cancel();
  expect(saves).toEqual([]);
  expect(tool.selected).toBe("a");
  tool.cancel();
  expect(tool.selected).toBeNull();
});

test("a box is drawn, moved, resized and kept by keyboard alone", () => {
  tool.startKeyboard();
  expect(tool.state.draft?.rect).toEqual({ x: 75, y: 38, width: 50, height: 25 });
  tool.nudge(1, 0);
  tool.grow(0, 2);
  tool.keysReleased();
  expect(saves).toEqual([]); // a new box waits for Enter
  tool.complete();
  expect(saves).toEqual([{ id: null, rect: { x: 77, y: 38, width: 50, height: 29 } }]);
});

test("a new box that was not moved is kept too", () => {
  tool.startKeyboard();
  tool.complete();
  expect(saves).toHaveLength(1);
});

test("arrows held on a selected box are one change, made when they are let go", () => {
  tool.select("a");
  for (let i = 0; i < 5; i++) tool.nudge(0, 1);
  expect(saves).toEqual([]);
  tool.keysReleased();
  expect(saves).toEqual([{ id: "a", rect: { x: 10, y: 30, width: 30, height: 40 } }]);
});

test("a box cannot be made smaller than a pixel or larger than the picture by keyboard", () => {
  tool.select("a");
  for (let i = 0; i < 200; i++) tool.grow(-1, -1);
  expect(tool.state.draft?.rect).toMatchObject({ width: 1, height: 1 });
  for (let i = 0; i < 200; i++) tool.grow(1, 1);
  expect(tool.state.draft?.rect).toEqual({ x: 10, y: 20, width: 190, height: 80 });
});

test("starting something else keeps what was going on", () => {
  tool.startKeyboard();
  tool.select("a");
  expect(saves).toHaveLength(1);
  expect(tool.selected).toBe("a");
});

test("deleting while dragging deletes, and keeps nothing of the drag", () => {
  tool.startMoving("a", imagePx(15, 25));
  tool.pointerMove(imagePx(60, 50));
  tool.removeSelected();
  expect(boxes.has("a")).toBe(false);
  expect(saves).toEqual([]);
  expect(tool.state.name).toBe("idle");
});
