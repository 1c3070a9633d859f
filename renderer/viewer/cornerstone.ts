// The only file that knows Cornerstone3D: one viewport that shows one image, frame by frame.
//
// The picture is drawn on the CPU on purpose (decision R3 in ../README.md): the same pixels on every machine, no dependence on
// a graphics driver, and Cornerstone3D would fall back to it silently where WebGL is missing. On that path world coordinates
// start at the outer corner of the first pixel, so with our metadata (origin 0, axes aligned) world = image pixel * spacing.
import {
  cache,
  Enums,
  eventTarget,
  imageLoader,
  init as initCore,
  metaData,
  RenderingEngine,
  type StackViewport,
  type Types,
  utilities,
} from "@cornerstonejs/core";
import {
  addTool,
  init as initTools,
  PanTool,
  Enums as ToolEnums,
  ToolGroupManager,
  WindowLevelTool,
} from "@cornerstonejs/tools";
import { PIXELS_PATH } from "../../preload/contract/images.ts";
import type { PixelDescription } from "../../preload/contract/index.ts";
import { cssPx, type ImageSize, type ViewTransform, viewTransform } from "./coordinates.ts";
import { type DisplayFrame, displayFrame } from "./pixels.ts";
import { rangeToWindow, type Window, windowToRange } from "./window.ts";
import { ZoomTool, zoomViewport } from "./ZoomTool.ts";

/** What the left mouse button does on the picture; with "box" it belongs to the box tool. */
export type PointerTool = "window" | "pan" | "zoom" | "box";

const SCHEME = "loupe";
const VIEWPORT_ID = "picture";
const TOOL_GROUP_ID = "picture";
const CACHE_BYTES = 512 * 1024 * 1024;
const TOOL_NAMES = { window: WindowLevelTool.toolName, pan: PanTool.toolName, zoom: ZoomTool.toolName } as const;

interface KnownImage {
  modality: string;
  pixels: PixelDescription;
}

/** Descriptions of the images that were opened, by image id. */
const known = new Map<string, KnownImage>();
const frames = new Map<string, DisplayFrame>();
let started = false;

const frameId = (imageId: string, frame: number) => `${SCHEME}:${encodeURIComponent(imageId)}/${frame}`;

function parseFrameId(id: string): { imageId: string; frame: number } {
  const [imageId, frame] = id.slice(SCHEME.length + 1).split("/");
  return { imageId: decodeURIComponent(imageId), frame: Number(frame) };
}

/** Once for the page. */
function startCornerstone(): void {
  if (started) return;
  started = true;
  initCore({ rendering: { useCPURendering: true }, debug: {} });
  initTools();
  cache.setMaxCacheSize(CACHE_BYTES);
  for (const tool of [WindowLevelTool, PanTool, ZoomTool]) addTool(tool);
  imageLoader.registerImageLoader(SCHEME, (id) => {
    const stop = new AbortController();
    return { promise: loadFrame(id, stop.signal), cancelFn: () => stop.abort() };
  });
  metaData.addProvider(describeFrame);
  eventTarget.addEventListener(Enums.Events.IMAGE_CACHE_IMAGE_REMOVED, (event: Event) => {
    const { imageId } = (event as CustomEvent<{ imageId: string }>).detail;
    frames.delete(imageId);
  });
}

async function loadFrame(id: string, signal: AbortSignal): Promise<Types.IImage> {
  const { imageId, frame } = parseFrameId(id);
  const image = known.get(imageId);
  if (!image) throw new Error("The image was not described before it was drawn.");
  const answer = await fetch(`${PIXELS_PATH}${encodeURIComponent(imageId)}/${frame}`, { signal });
  if (!answer.ok) throw await refusalOfAnswer(answer);
  const { pixels } = image;
  const display = displayFrame(await answer.arrayBuffer(), pixels);
  // The viewer may have been closed meanwhile; Cornerstone3D drops such an image too.
  if (known.has(imageId)) frames.set(id, display);
  return cornerstoneImage(id, pixels, display);
}

/** /pixels answers a refusal as `{error: {code, message}}`. */
async function refusalOfAnswer(answer: Response): Promise<Error> {
  let refusal: { code?: unknown; message?: unknown } = {};
  try {
    refusal = (await answer.json())?.error ?? {};
  } catch {
    // Not JSON: the status says it.
  }
  const message = typeof refusal.message === "string" ? refusal.message : `The studio answered ${answer.status}.`;
  return Object.assign(new Error(message), {
    code: typeof refusal.code === "string" ? refusal.code : "app/internal",
  });
}

/** Without getCanvas: the CPU path would draw that canvas instead of the pixels for colour at its natural window. */
function cornerstoneImage(id: string, pixels: PixelDescription, display: DisplayFrame): Types.IImage {
  const { rows, columns } = pixels;
  const [rowPixelSpacing, columnPixelSpacing] = pixels.spacing ?? [1, 1];
  const components = display.color ? 3 : 1;
  const range = windowToRange(pixels.window, display.scale);
  const { windowWidth, windowCenter } = utilities.windowLevel.toWindowLevel(range.lower, range.upper);
  return {
    imageId: id,
    minPixelValue: display.min,
    maxPixelValue: display.max,
    // Values are drawn as they are; window.ts converts windows (see pixels.ts).
    slope: 1,
    intercept: 0,
    windowCenter: display.color ? 128 : windowCenter,
    windowWidth: display.color ? 256 : windowWidth,
    voiLUTFunction: Enums.VOILUTFunctionType.LINEAR,
    getPixelData: () => display.values,
    rows,
    columns,
    height: rows,
    width: columns,
    color: display.color,
    rgba: false,
    numberOfComponents: components,
    columnPixelSpacing,
    rowPixelSpacing,
    invert: false,
    sizeInBytes: display.values.byteLength,
    dataType: display.values.constructor.name as Types.PixelDataTypedArrayString,
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      width: columns,
      height: rows,
      scalarData: display.values,
      numberOfComponents: components,
    }),
  } as Types.IImage;
}

/** Metadata that Cornerstone3D asks for by frame. */
function describeFrame(type: string, id: unknown): unknown {
  if (typeof id !== "string" || !id.startsWith(`${SCHEME}:`)) return undefined;
  const image = known.get(parseFrameId(id).imageId);
  if (!image) return undefined;
  const { pixels, modality } = image;
  const [rowPixelSpacing, columnPixelSpacing] = pixels.spacing ?? [1, 1];
  switch (type) {
    case "imagePlaneModule":
      return {
        rows: pixels.rows,
        columns: pixels.columns,
        imagePositionPatient: [0, 0, 0],
        imageOrientationPatient: [1, 0, 0, 0, 1, 0],
        rowCosines: [1, 0, 0],
        columnCosines: [0, 1, 0],
        rowPixelSpacing,
        columnPixelSpacing,
        usingDefaultValues: pixels.spacing === null,
        frameOfReferenceUID: id,
      };
    case "imagePixelModule":
      return {
        samplesPerPixel: pixels.samples,
        photometricInterpretation: pixels.samples === 3 ? "RGB" : "MONOCHROME2",
        bitsAllocated: pixels.samples === 3 ? 8 : 16,
        bitsStored: pixels.samples === 3 ? 8 : 16,
        highBit: pixels.samples === 3 ? 7 : 15,
        pixelRepresentation: 0,
      };
    case "generalSeriesModule":
      // Not the real one: "PT" and "CT" would switch on rules for scaled values, which these are not.
      return { modality: "OT", describedAs: modality };
    default:
      return undefined;
  }
}

export interface PictureEvents {
  /** Something about the view changed: zoom, pan, window, frame. */
  onView(view: PictureView): void;
  /** The wheel asks for another frame: 1 the next, -1 the one before. Only for images of several frames. */
  onScroll(step: 1 | -1): void;
}

export interface PictureView {
  /** of the shown picture; while the next one is on its way that is still the one before */
  imageId: string;
  size: ImageSize;
  transform: ViewTransform;
  /** in modality values */
  window: Window;
  frame: number;
  /** of the shown frame */
  display: DisplayFrame;
}

/** One picture on an element. Create it when the element has its size; dispose it when the element goes. */
export class Picture {
  private readonly engine: RenderingEngine;
  private readonly element: HTMLDivElement;
  private readonly events: PictureEvents;
  private readonly resizes: ResizeObserver;
  private image: (KnownImage & { imageId: string }) | null = null;
  private frame = 0;
  private wanted = 0;
  private opening: Promise<void> | null = null;
  private window: Window | null = null;
  private inverted = false;
  private disposed = false;

  constructor(element: HTMLDivElement, events: PictureEvents) {
    startCornerstone();
    this.element = element;
    this.events = events;
    this.engine = new RenderingEngine(`picture-${crypto.randomUUID()}`);
    this.engine.enableElement({
      viewportId: VIEWPORT_ID,
      type: Enums.ViewportType.STACK,
      element,
      defaultOptions: { background: [0, 0, 0] },
    });
    const tools = ToolGroupManager.createToolGroup(TOOL_GROUP_ID);
    if (!tools) throw new Error("The viewer was opened twice.");
    for (const name of Object.values(TOOL_NAMES)) tools.addTool(name);
    tools.addViewport(VIEWPORT_ID, this.engine.id);
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.onRendered);
    element.addEventListener(Enums.Events.VOI_MODIFIED, this.onVoi);
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, this.onNewFrame);
    element.addEventListener("wheel", this.onWheel, { capture: true, passive: false });
    this.resizes = new ResizeObserver(() => this.resize());
    this.resizes.observe(element);
  }

  private get viewport(): StackViewport {
    return this.engine.getViewport(VIEWPORT_ID) as StackViewport;
  }

  /** Shows an image from a frame on, with its own window and fitted. Rejects with the studio's refusal. */
  show(imageId: string, description: KnownImage, frame: number): Promise<void> {
    this.opening = this.open(imageId, description, frame);
    return this.opening;
  }

  private async open(imageId: string, description: KnownImage, frame: number): Promise<void> {
    known.set(imageId, description);
    const { modality, pixels } = description;
    this.image = { imageId, modality, pixels };
    this.frame = frame;
    this.wanted = frame;
    this.window = description.pixels.window;
    this.inverted = false;
    const ids = Array.from({ length: description.pixels.frames }, (_, index) => frameId(imageId, index));
    // Loaded first by itself: a viewport reports failures only as an event without the reason.
    await imageLoader.loadAndCacheImage(ids[frame]);
    if (this.disposed || this.image.imageId !== imageId) return;
    await this.viewport.setStack(ids, frame);
    if (this.disposed || this.image.imageId !== imageId) return;
    this.applyWindow();
    this.fit();
  }

  /** Loads a frame into memory, so that showing it next takes no time. */
  static async prepare(imageId: string, description: KnownImage): Promise<void> {
    startCornerstone();
    known.set(imageId, description);
    await imageLoader.loadAndCacheImage(frameId(imageId, 0));
  }

  /** Another frame of the same image; of several quick calls the last one counts. */
  async setFrame(frame: number): Promise<void> {
    this.wanted = frame;
    await this.opening?.catch(() => {}); // show() reports its own failure
    if (this.disposed || this.wanted !== frame || frame === this.frame) return;
    if (this.image) await imageLoader.loadAndCacheImage(frameId(this.image.imageId, frame));
    if (!this.disposed && this.wanted === frame) await this.viewport.setImageIdIndex(frame);
  }

  setTool(tool: PointerTool): void {
    const tools = ToolGroupManager.getToolGroup(TOOL_GROUP_ID);
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

  invert(): void {
    this.inverted = !this.inverted;
    this.applyWindow();
  }

  /** The whole picture in the middle. */
  fit(): void {
    this.viewport.resetCamera();
    this.viewport.render();
  }

  /** As it was opened: fitted, its own window, not inverted. */
  reset(): void {
    this.window = this.image?.pixels.window ?? null;
    this.inverted = false;
    this.applyWindow();
    this.fit();
  }

  /** Around the middle of the view; above 1 is larger. */
  zoomBy(factor: number): void {
    zoomViewport(this.viewport, factor);
  }

  dispose(): void {
    this.disposed = true;
    this.resizes.disconnect();
    this.element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.onRendered);
    this.element.removeEventListener(Enums.Events.VOI_MODIFIED, this.onVoi);
    this.element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, this.onNewFrame);
    this.element.removeEventListener("wheel", this.onWheel, { capture: true });
    ToolGroupManager.destroyToolGroup(TOOL_GROUP_ID);
    this.engine.destroy();
    // Pixels of patients stay in memory no longer than the viewer is open.
    cache.purgeCache();
    frames.clear();
    known.clear();
  }

  private display(): DisplayFrame | undefined {
    return this.image ? frames.get(frameId(this.image.imageId, this.frame)) : undefined;
  }

  private applyWindow(): void {
    const display = this.display();
    if (!display || !this.image) return;
    const invert = this.inverted !== this.image.pixels.inverted;
    const voiRange =
      display.color || !this.window ? { lower: 0, upper: 255 } : windowToRange(this.window, display.scale);
    this.viewport.setProperties({ voiRange, invert }, true);
    this.viewport.render();
  }

  /** Through the frames of a stack; a single frame, or with Ctrl, is zoomed (by Cornerstone's tool, further on). */
  private readonly onWheel = (event: WheelEvent) => {
    if ((this.image?.pixels.frames ?? 1) === 1 || event.ctrlKey || event.deltaY === 0) return;
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

  private readonly onNewFrame = (event: Event) => {
    const { imageId } = (event as CustomEvent<{ imageId: string }>).detail;
    if (this.image?.imageId !== parseFrameId(imageId).imageId) return;
    this.frame = parseFrameId(imageId).frame;
    // The CPU path forgets the window when it goes to another frame, and frames of real numbers have scales of their own.
    queueMicrotask(() => !this.disposed && this.applyWindow());
  };

  private readonly onRendered = () => {
    const display = this.display();
    if (!this.image || !display || !this.window) return;
    const { columns, rows, spacing } = this.image.pixels;
    const [rowSpacing, columnSpacing] = spacing ?? [1, 1];
    this.events.onView({
      imageId: this.image.imageId,
      size: { columns, rows },
      transform: viewTransform(
        { columns, rows },
        this.toCss([0, 0, 0]),
        this.toCss([columns * columnSpacing, rows * rowSpacing, 0]),
      ),
      window: this.window,
      frame: this.frame,
      display,
    });
  };

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
