// The only file that knows Cornerstone3D: a viewport that shows a stack of slices, which are frames of one image or of several.
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

/** What the left mouse button does on the picture; with "label" it belongs to the tools that draw. */
export type PointerTool = "window" | "pan" | "zoom" | "label";

const SCHEME = "loupe";
const CACHE_BYTES = 512 * 1024 * 1024;
const TOOL_NAMES = { window: WindowLevelTool.toolName, pan: PanTool.toolName, zoom: ZoomTool.toolName } as const;

export interface KnownImage {
  modality: string;
  pixels: PixelDescription;
}

/** One picture of a stack. */
export interface Slice {
  readonly imageId: string;
  readonly frame: number;
}

/** Descriptions of the images that were opened, by image id. */
const known = new Map<string, KnownImage>();
const frames = new Map<string, DisplayFrame>();
let started = false;

const openPictures = new Set<object>();

const idOf = ({ imageId, frame }: Slice) => `${SCHEME}:${encodeURIComponent(imageId)}/${frame}`;

function parseFrameId(id: string): Slice {
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

  private get image(): KnownImage | undefined {
    const slice = this.slices[this.index];
    return slice && known.get(slice.imageId);
  }

  /** Shows a stack from a slice on, with its own window and fitted. Rejects with the studio's refusal. */
  show(slices: readonly Slice[], images: ReadonlyMap<string, KnownImage>, index: number): Promise<void> {
    this.opening = this.open(slices, images, index);
    return this.opening;
  }

  private async open(slices: readonly Slice[], images: ReadonlyMap<string, KnownImage>, index: number): Promise<void> {
    for (const [id, description] of images) known.set(id, description);
    this.slices = slices;
    this.index = index;
    this.wanted = index;
    this.window = this.image?.pixels.window ?? null;
    this.inverted = false;
    const ids = slices.map(idOf);
    // Loaded first by itself: a viewport reports failures only as an event without the reason.
    await imageLoader.loadAndCacheImage(ids[index]);
    if (this.disposed || this.slices !== slices) return;
    await this.viewport.setStack(ids, index);
    if (this.disposed || this.slices !== slices) return;
    this.viewport.resetProperties();
    this.applyWindow();
    this.fit();
  }

  /** Loads a slice into memory, so that showing it next takes no time. */
  static async prepare(slice: Slice, description: KnownImage): Promise<void> {
    startCornerstone();
    known.set(slice.imageId, description);
    await imageLoader.loadAndCacheImage(idOf(slice));
  }

  /** Another slice of the same stack; of several quick calls the last one counts. */
  async setIndex(index: number): Promise<void> {
    this.wanted = index;
    await this.opening?.catch(() => {}); // show() reports its own failure
    if (this.disposed || this.wanted !== index || index === this.index) return;
    const slice = this.slices[index];
    if (slice) await imageLoader.loadAndCacheImage(idOf(slice));
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

  invert(): void {
    this.inverted = !this.inverted;
    this.applyWindow();
  }

  /** The whole picture in the middle. */
  fit(): void {
    this.viewport.resetCamera();
    this.viewport.render();
  }

  /** As it was opened: fitted, its own window, not inverted, turned or mirrored. */
  reset(): void {
    this.window = this.image?.pixels.window ?? null;
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

  dispose(): void {
    this.disposed = true;
    this.resizes.disconnect();
    this.element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.onRendered);
    this.element.removeEventListener(Enums.Events.VOI_MODIFIED, this.onVoi);
    this.element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, this.onNewSlice);
    this.element.removeEventListener("wheel", this.onWheel, { capture: true });
    ToolGroupManager.destroyToolGroup(this.id);
    this.engine.destroy();
    openPictures.delete(this);
    if (openPictures.size > 0) return;
    // Pixels of patients stay in memory no longer than a picture is open.
    cache.purgeCache();
    frames.clear();
    known.clear();
  }

  private display(): DisplayFrame | undefined {
    const slice = this.slices[this.index];
    return slice && frames.get(idOf(slice));
  }

  private applyWindow(): void {
    const { image } = this;
    const display = this.display();
    if (!display || !image) return;
    const invert = this.inverted !== image.pixels.inverted;
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
    const { image } = this;
    const display = this.display();
    if (!image || !display || !this.window) return;
    const { columns, rows, spacing } = image.pixels;
    const [rowSpacing, columnSpacing] = spacing ?? [1, 1];
    const corner = this.toCss([0, 0, 0]);
    const right = this.toCss([columns * columnSpacing, 0, 0]);
    const below = this.toCss([0, rows * rowSpacing, 0]);
    this.events.onView({
      ...this.slices[this.index],
      size: { columns, rows },
      spacing,
      transform: viewTransform({ columns, rows }, corner, right, below),
      window: this.window,
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
