// The volume of a stack, put together while its planes are wanted: refused at once, loading with a way out, or ready.
import { useEffect, useState } from "react";
import type { ImageStack } from "../../../preload/contract/index.ts";
import { type KnownImage, Picture } from "../../viewer/cornerstone.ts";
import { forget } from "../../viewer/loader.ts";
import type { VolumeRefusal } from "../../viewer/volume/geometry.ts";
import { type Plane, planesOf } from "../../viewer/volume/planes.ts";
import { Volume } from "../../viewer/volume/Volume.ts";

/** Slices loaded at the same time. */
const AT_ONCE = 4;

/** A plane that is drawn by the page, as a stack of virtual slices. */
export interface DrawnPlane {
  readonly plane: Plane;
  readonly slices: readonly { imageId: string; frame: number }[];
  readonly images: ReadonlyMap<string, KnownImage>;
}

export type VolumeState =
  | { readonly state: "off" }
  | { readonly state: "refused"; readonly reason: VolumeRefusal }
  | { readonly state: "failed"; readonly error: unknown }
  | { readonly state: "loading"; readonly done: number; readonly of: number }
  | {
      readonly state: "ready";
      readonly volume: Volume;
      readonly acquired: Plane;
      readonly drawn: readonly [DrawnPlane, DrawnPlane];
    };

const OFF: VolumeState = { state: "off" };

export function useVolume(stack: ImageStack, wanted: boolean): VolumeState {
  const [held, setHeld] = useState<{ stack: ImageStack; state: VolumeState } | null>(null);
  useEffect(() => {
    if (!wanted) return;
    const told = new AbortController();
    const { signal } = told;
    const tell = (state: VolumeState) => !signal.aborted && setHeld({ stack, state });
    let drawn: readonly DrawnPlane[] = [];
    const build = async () => {
      const volume = emptyVolume(stack);
      if (typeof volume === "string") return void tell({ state: "refused", reason: volume });
      await fill(volume, stack, signal, (done) => tell({ state: "loading", done, of: stack.slices.length }));
      if (signal.aborted) return;
      const [acquired, ...reformatted] = planesOf(volume.geometry);
      const [first, second] = reformatted.map((plane) => drawnPlane(volume, plane, stack));
      drawn = [first, second];
      tell({ state: "ready", volume, acquired, drawn: [first, second] });
    };
    build().catch((error: unknown) => tell({ state: "failed", error }));
    return () => {
      told.abort();
      setHeld(null);
      for (const { images } of drawn) for (const id of images.keys()) forget(id);
    };
  }, [stack, wanted]);
  if (!wanted) return OFF;
  return held?.stack === stack ? held.state : { state: "loading", done: 0, of: stack.slices.length };
}

function emptyVolume(stack: ImageStack): Volume | VolumeRefusal {
  try {
    return Volume.for(stack);
  } catch (error) {
    if (error instanceof RangeError) return "large"; // this machine has not even the memory that is allowed
    throw error;
  }
}

/** Slices as they come; rejects with the studio's refusal of the first that does not. */
async function fill(
  volume: Volume,
  { slices, images }: ImageStack,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<void> {
  const described = new Map(images.map((image) => [image.id, image]));
  let [next, done] = [0, 0];
  const work = async () => {
    while (next < slices.length && !signal.aborted) {
      const at = next++;
      const image = described.get(slices[at].imageId);
      const frame = image && (await Picture.prepare(slices[at], image));
      if (signal.aborted || !frame) return;
      volume.add(at, frame);
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

function drawnPlane(volume: Volume, plane: Plane, stack: ImageStack): DrawnPlane {
  const imageId = `${plane.name}-${crypto.randomUUID()}`;
  const [{ modality, pixels }] = stack.images;
  const { perFrame: _, modalityLut: __, ...common } = pixels;
  const { columns, rows } = plane.size;
  const image: KnownImage = {
    modality,
    pixels: { ...common, columns, rows, frames: plane.slices, spacing: plane.spacing },
    draw: (frame) => volume.draw(plane, frame),
  };
  return {
    plane,
    slices: Array.from({ length: plane.slices }, (_, frame) => ({ imageId, frame })),
    images: new Map([[imageId, image]]),
  };
}
