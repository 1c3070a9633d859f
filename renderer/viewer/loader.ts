// Where Cornerstone3D gets its pictures and their metadata from: slices of the studio ("loupe:"), decoded by pixels.ts, and virtual
// slices of a plane ("loupe-plane:"), which the page draws itself.
//
// Pixels of patients stay in memory no longer than a picture is open: the last one to close calls forgetAll().
import { cache, Enums, eventTarget, imageLoader, metaData, type Types, utilities } from "@cornerstonejs/core";
import { PIXELS_PATH } from "../../preload/contract/images.ts";
import type { PixelDescription } from "../../preload/contract/index.ts";
import { pixelsOfFrame } from "../../preload/contract/pixels.ts";
import { type DisplayFrame, displayFrame } from "./pixels.ts";
import { windowToRange } from "./window.ts";

const STUDIO_SCHEME = "loupe";
const PLANE_SCHEME = "loupe-plane";
const CACHE_BYTES = 512 * 1024 * 1024;

export interface KnownImage {
  modality: string;
  pixels: PixelDescription;
  /** of a plane: draws a virtual slice, instead of asking the studio for a frame */
  draw?(frame: number): DisplayFrame;
}

/** One picture of a stack. */
export interface Slice {
  readonly imageId: string;
  readonly frame: number;
}

/** Descriptions of the images that were opened, by image id. */
const known = new Map<string, KnownImage>();
const frames = new Map<string, DisplayFrame>();

/** Describe the image first. */
export function idOf({ imageId, frame }: Slice): string {
  const scheme = known.get(imageId)?.draw ? PLANE_SCHEME : STUDIO_SCHEME;
  return `${scheme}:${encodeURIComponent(imageId)}/${frame}`;
}

function parseId(id: string): Slice | null {
  const [scheme, rest = ""] = id.split(":");
  if (scheme !== STUDIO_SCHEME && scheme !== PLANE_SCHEME) return null;
  const [imageId, frame] = rest.split("/");
  return { imageId: decodeURIComponent(imageId), frame: Number(frame) };
}

export function startLoader(): void {
  cache.setMaxCacheSize(CACHE_BYTES);
  imageLoader.registerImageLoader(STUDIO_SCHEME, (id) => {
    const stop = new AbortController();
    // Cornerstone3D cancels what it drops from its cache, and then nobody hears the refusal: the promise stays open.
    const promise = loadFrame(id, stop.signal).catch((error: unknown) => {
      if (stop.signal.aborted) return new Promise<never>(() => {});
      throw error;
    });
    return { promise, cancelFn: () => stop.abort() };
  });
  imageLoader.registerImageLoader(PLANE_SCHEME, (id) => ({ promise: drawFrame(id) }));
  metaData.addProvider(describeFrame);
  eventTarget.addEventListener(Enums.Events.IMAGE_CACHE_IMAGE_REMOVED, (event: Event) => {
    const { imageId } = (event as CustomEvent<{ imageId: string }>).detail;
    frames.delete(imageId);
  });
}

export function describe(images: Iterable<readonly [id: string, image: KnownImage]>): void {
  for (const [id, image] of images) known.set(id, image);
}

/** As it holds for the slice's own frame. */
export function pixelsOf({ imageId, frame }: Slice): PixelDescription | undefined {
  const image = known.get(imageId);
  return image && pixelsOfFrame(image.pixels, frame);
}

/** Into memory. Rejects with the studio's refusal. */
export async function load(slice: Slice): Promise<void> {
  await imageLoader.loadAndCacheImage(idOf(slice));
}

/** What was loaded and not yet forgotten. */
export const loaded = (slice: Slice): DisplayFrame | undefined => frames.get(idOf(slice));

/** Drops an image: its planes' virtual slices go with the volume that they were drawn from. */
export function forget(imageId: string): void {
  const image = known.get(imageId);
  if (!image) return;
  for (let frame = 0; frame < image.pixels.frames; frame++) {
    const id = idOf({ imageId, frame });
    if (cache.getImageLoadObject(id)) cache.removeImageLoadObject(id, { force: true });
    frames.delete(id);
  }
  known.delete(imageId);
}

export function forgetAll(): void {
  cache.purgeCache();
  frames.clear();
  known.clear();
}

async function drawFrame(id: string): Promise<Types.IImage> {
  const slice = parseId(id);
  const image = slice ? known.get(slice.imageId) : undefined;
  if (!slice || !image?.draw) throw new Error("The plane was not described before it was drawn.");
  const display = image.draw(slice.frame);
  frames.set(id, display);
  return cornerstoneImage(id, image.pixels, display);
}

async function loadFrame(id: string, signal: AbortSignal): Promise<Types.IImage> {
  const slice = parseId(id);
  const pixels = slice ? pixelsOf(slice) : undefined;
  if (!slice || !pixels) throw new Error("The image was not described before it was drawn.");
  const { imageId, frame } = slice;
  const answer = await fetch(`${PIXELS_PATH}${encodeURIComponent(imageId)}/${frame}`, { signal });
  if (!answer.ok) throw await refusalOfAnswer(answer);
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
  const slice = typeof id === "string" ? parseId(id) : null;
  const pixels = slice && pixelsOf(slice);
  if (!pixels) return undefined;
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
      return { modality: "OT" };
    default:
      return undefined;
  }
}
