// One picture on the page: a viewport of Cornerstone3D that shows a stack of slices, which are frames of one image or of several, or
// virtual slices of a plane. With loader.ts the only file that knows Cornerstone3D.
//
// The picture is drawn on the CPU on purpose (decision R3 in ../README.md): the same pixels on every machine, no dependence on
// a graphics driver, and Cornerstone3D would fall back to it silently where WebGL is missing. On that path world coordinates
// start at the outer corner of the first pixel, so with our metadata (origin 0, axes aligned) world = image pixel * spacing.
import { Enums, init as initCore, RenderingEngine, type StackViewport, type Types } from "@cornerstonejs/core";
import {
  addTool,
  init as initTools,
  PanTool,
  Enums as ToolEnums,
  ToolGroupManager,
  WindowLevelTool,
} from "@cornerstonejs/tools";
import type { PixelDescription } from "../../preload/contract/index.ts";
import {
  cssPx,
  type ImagePx,
  type ImageSize,
  scaleOf,
  toImage,
  type ViewTransform,
  viewTransform,
} from "./coordinates.ts";
import {
  describe,
  forgetAll,
  idOf,
  type KnownImage,
  load,
  loaded,
  pixelsOf,
  type Slice,
  startLoader,
} from "./loader.ts";
import type { DisplayFrame } from "./pixels.ts";
import { rangeToWindow, type Window, windowToRange } from "./window.ts";
import { ZoomTool, zoomViewport } from "./ZoomTool.ts";

export type { KnownImage, Slice } from "./loader.ts";

/** What the left mouse button does on the picture; with "label" it belongs to our own tools. */
export type PointerTool = "window" | "pan" | "zoom" | "label";

const TOOL_NAMES = { window: WindowLevelTool.toolName, pan: PanTool.toolName, zoom: ZoomTool.toolName } as const;

let started = false;

const openPictures = new Set<object>();

/** Once for the page. */
function startCornerstone(): void {
  if (started) return;
  started = true;
  initCore({ rendering: { useCPURendering: true }, debug: {} });
  initTools();
  for (const tool of [WindowLevelTool, PanTool, ZoomTool]) addTool(tool);
  startLoader();
}

export interface PictureEvents {
  /** Something about the view changed: zoom, pan, window, frame. */
  onView(view: PictureView): void;
  /** The wheel asks for another slice: 1 the next, -1 the one before. Only for stacks of several. */
  onScroll(step: 1 | -1): void;
}

/** Of the shown picture; while the next one is on its way that is still the one before. */
export interface PictureView extends Slice {
  size: ImageSize;
  /** [between rows, between columns] in mm; null: unknown */
  spacing: [number, number] | null;
  transform: ViewTransform;
  /** in modality values */
  window: Window;
  /** the reader turned dark and bright around */
  inverted: boolean;
  /** of the shown slice */
  display: DisplayFrame;
}

/** One picture on an element. Create it when the element has its size; dispose it when the element goes. */
export class Picture {
  private readonly engine: RenderingEngine;
  private readonly element: HTMLDivElement;
  private readonly events: PictureEvents;
  private readonly resizes: ResizeObserver;
  private readonly id = `picture-${crypto.randomUUID()}`;
  private slices: readonly Slice[] = [];
  /** of the slice in sight */
  private index = 0;
  private wanted = 0;
  private opening: Promise<void> | null = null;
  private window: Window | null = null;
  private kept: { slice: Slice; display: DisplayFrame } | null = null;
  private inverted = false;
  private disposed = false;

  constructor(element: HTMLDivElement, events: PictureEvents) {
    startCornerstone();
    this.element = element;
    this.events = events;
    this.engine = new RenderingEngine(this.id);
    this.engine.enableElement({
      viewportId: this.id,
      type: Enums.ViewportType.STACK,
      element,
      defaultOptions: { background: [0, 0, 0] },
    });
    const tools = ToolGroupManager.createToolGroup(this.id);
    if (!tools) throw new Error("The viewer was opened twice.");
    for (const name of Object.values(TOOL_NAMES)) tools.addTool(name);
    tools.addViewport(this.id, this.engine.id);
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.onRendered);
    element.addEventListener(Enums.Events.VOI_MODIFIED, this.onVoi);
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, this.onNewSlice);
    element.addEventListener("wheel", this.onWheel, { capture: true, passive: false });
    this.resizes = new ResizeObserver(() => this.resize());
    this.resizes.observe(element);
    openPictures.add(this);
  }

  private get viewport(): StackViewport {
    return this.engine.getViewport(this.id) as StackViewport;
  }

  private get pixels(): PixelDescription | undefined {
    const slice = this.slices[this.index];
    return slice && pixelsOf(slice);
  }

  /** Shows a stack from a slice on, with its own window and fitted. Rejects with the studio's refusal. */
  show(slices: readonly Slice[], images: ReadonlyMap<string, KnownImage>, index: number): Promise<void> {
    this.opening = this.open(slices, images, index);
    return this.opening;
  }

  private async open(slices: readonly Slice[], images: ReadonlyMap<string, KnownImage>, index: number): Promise<void> {
    describe(images);
    this.slices = slices;
    this.index = index;
    this.wanted = index;
    this.window = this.pixels?.window ?? null;
    this.inverted = false;
    const ids = slices.map(idOf);
    // Loaded first by itself: a viewport reports failures only as an event without the reason.
    await load(slices[index]);
    if (this.disposed || this.slices !== slices) return;
    await this.viewport.setStack(ids, index);
    if (this.disposed || this.slices !== slices) return;
    this.viewport.resetProperties();
    this.applyWindow();
    this.fit();
  }

  /** Loads a slice into memory, so that showing it next takes no time. undefined: the viewer was closed meanwhile. */
  static async prepare(slice: Slice, description: KnownImage): Promise<DisplayFrame | undefined> {
    startCornerstone();
    describe([[slice.imageId, description]]);
    await load(slice);
    return loaded(slice);
  }

  /** Another slice of the same stack; of several quick calls the last one counts. */
  async setIndex(index: number): Promise<void> {
    this.wanted = index;
    await this.opening?.catch(() => {}); // show() reports its own failure
    if (this.disposed || this.wanted !== index || index === this.index) return;
    const slice = this.slices[index];
    if (slice) await load(slice);
    if (!this.disposed && this.wanted === index) await this.viewport.setImageIdIndex(index);
  }

  /** Turns the picture clockwise by a quarter. */
  rotate(): void {
    const { rotation = 0 } = this.viewport.getViewPresentation();
    this.viewport.setViewPresentation({ rotation: (rotation + 90) % 360 });
    this.viewport.render();
  }

  flip(): void {
    const { flipHorizontal } = this.viewport.getCamera();
    this.viewport.setCamera({ flipHorizontal: !flipHorizontal });
    this.viewport.render();
  }

  /** Takes the keyboard, so that Enter and the space bar reach no button. */
  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  setTool(tool: PointerTool): void {
    const tools = ToolGroupManager.getToolGroup(this.id);
    if (!tools) return;
    const { Primary, Auxiliary, Secondary, Wheel } = ToolEnums.MouseBindings;
    for (const [name, toolName] of Object.entries(TOOL_NAMES)) {
      const bindings = [
        ...(name === tool ? [{ mouseButton: Primary }] : []),
        ...(name === "pan" ? [{ mouseButton: Auxiliary }] : []),
        ...(name === "zoom" ? [{ mouseButton: Secondary }, { mouseButton: Wheel }] : []),
      ];
      tools.setToolPassive(toolName, { removeAllBindings: true });
      if (bindings.length > 0) tools.setToolActive(toolName, { bindings });
    }
  }

  setWindow(window: Window): void {
    this.window = window;
    this.applyWindow();
  }

  setInverted(inverted: boolean): void {
    this.inverted = inverted;
    this.applyWindow();
  }

  invert(): void {
    this.setInverted(!this.inverted);
  }

  /** The whole picture in the middle. */
  fit(): void {
    this.viewport.resetCamera();
    this.viewport.render();
  }

  /** As it was opened: fitted, its own window, not inverted, turned or mirrored. */
  reset(): void {
    this.window = this.pixels?.window ?? null;
    this.inverted = false;
    this.viewport.setCamera({ flipHorizontal: false });
    this.viewport.setViewPresentation({ rotation: 0 });
    this.applyWindow();
    this.fit();
  }

  /** Around the middle of the view; above 1 is larger. */
  zoomBy(factor: number): void {
    zoomViewport(this.viewport, factor);
  }

  /** Puts a point of the picture into the middle of the view, at a scale of CSS pixels per image pixel along a row. */
  lookAt(center: ImagePx, scale: number): void {
    const before = this.measure();
    if (!before) return;
    zoomViewport(this.viewport, scale / scaleOf(before.transform));
    const { focalPoint } = this.viewport.getCamera();
    const after = this.measure();
    if (!focalPoint || !after) return;
    const now = toImage(after.transform, cssPx(this.element.clientWidth / 2, this.element.clientHeight / 2));
    const [rowSpacing, columnSpacing] = after.spacing ?? [1, 1];
    const [x, y] = [(center.x - now.x) * columnSpacing, (center.y - now.y) * rowSpacing];
    this.viewport.setCamera({ focalPoint: [focalPoint[0] + x, focalPoint[1] + y, focalPoint[2]] });
    this.viewport.render();
  }

  /** What is drawn, in the screen's pixels. */
  get canvas(): HTMLCanvasElement {
    return this.viewport.canvas;
  }

  dispose(): void {
    this.disposed = true;
    this.kept = null;
    this.resizes.disconnect();
    this.element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.onRendered);
    this.element.removeEventListener(Enums.Events.VOI_MODIFIED, this.onVoi);
    this.element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, this.onNewSlice);
    this.element.removeEventListener("wheel", this.onWheel, { capture: true });
    ToolGroupManager.destroyToolGroup(this.id);
    this.engine.destroy();
    openPictures.delete(this);
    if (openPictures.size > 0) return;
    forgetAll();
  }

  private display(): DisplayFrame | undefined {
    const slice = this.slices[this.index];
    if (!slice) return undefined;
    // A full cache may drop the slice in sight, which is still on the screen.
    const display = loaded(slice) ?? (this.kept?.slice === slice ? this.kept.display : undefined);
    this.kept = display ? { slice, display } : null;
    return display;
  }

  private applyWindow(): void {
    const { pixels } = this;
    const display = this.display();
    if (!display || !pixels) return;
    const invert = this.inverted !== pixels.inverted;
    const voiRange =
      display.color || !this.window ? { lower: 0, upper: 255 } : windowToRange(this.window, display.scale);
    this.viewport.setProperties({ voiRange, invert }, true);
    this.viewport.render();
  }

  /** Through the slices of a stack; a single one, or with Ctrl, is zoomed (by Cornerstone's tool, further on). */
  private readonly onWheel = (event: WheelEvent) => {
    if (this.slices.length <= 1 || event.ctrlKey || event.deltaY === 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.events.onScroll(event.deltaY > 0 ? 1 : -1);
  };

  private readonly onVoi = (event: Event) => {
    const { range } = (event as CustomEvent<{ range: { lower: number; upper: number } }>).detail;
    const display = this.display();
    // A drag of the window tool; our own changes suppress the event.
    if (display && !display.color) this.window = rangeToWindow(range, display.scale);
  };

  private readonly onNewSlice = (event: Event) => {
    const { imageId } = (event as CustomEvent<{ imageId: string }>).detail;
    const index = this.slices.findIndex((slice) => idOf(slice) === imageId);
    if (index < 0) return;
    this.index = index;
    // The CPU path forgets the window when it goes to another slice, and slices of real numbers have scales of their own.
    queueMicrotask(() => !this.disposed && this.applyWindow());
  };

  private readonly onRendered = () => {
    const view = this.measure();
    if (view) this.events.onView(view);
  };

  private measure(): PictureView | null {
    const { pixels } = this;
    const display = this.display();
    if (!pixels || !display || !this.window) return null;
    const { columns, rows, spacing } = pixels;
    const [rowSpacing, columnSpacing] = spacing ?? [1, 1];
    const corner = this.toCss([0, 0, 0]);
    const right = this.toCss([columns * columnSpacing, 0, 0]);
    const below = this.toCss([0, rows * rowSpacing, 0]);
    return {
      ...this.slices[this.index],
      size: { columns, rows },
      spacing,
      transform: viewTransform({ columns, rows }, corner, right, below),
      window: this.window,
      inverted: this.inverted,
      display,
    };
  }

  /**
   * World to the page. Cornerstone3D divides canvas pixels by the device's pixel ratio, but its CPU canvas has not always that
   * many pixels (it is sized in CSS pixels after a resize), so the canvas itself says how it is scaled.
   */
  private toCss(world: Types.Point3) {
    const { canvas } = this.viewport;
    const [x, y] = this.viewport.worldToCanvas(world);
    const ratio = window.devicePixelRatio || 1;
    return cssPx((x * ratio * canvas.clientWidth) / canvas.width, (y * ratio * canvas.clientHeight) / canvas.height);
  }

  private resize(): void {
    if (this.element.clientWidth === 0 || this.element.clientHeight === 0) return;
    this.engine.resize(true, false);
    // The CPU path sizes its canvas in CSS pixels; give it the screen's own, or pictures blur and tools lag on dense screens.
    const { canvas } = this.viewport;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    if (this.display()) this.fit();
  }
}
