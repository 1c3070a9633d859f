// Suspected burned-in text in a whole file: the finder over its frames, joined to places that a person is shown.
//
// Text stands still over the frames of a film more often than not, so of long films frames at equal distances are looked at, and a place
// found in several of them is one place of every frame. The same call after blanking is the second look.

import { AppError } from "../../../preload/contract/errors.ts";
import { dicom } from "../formats/dicom.ts";
import { decodeFrame } from "../frame.ts";
import { MAX_DECODED_BYTES } from "../limits.ts";
import type { DecodedFrame, OpenedImage } from "../types.ts";
import type { Region } from "./blank.ts";
import { findBurnedIn, type Suspect } from "./burned-in.ts";

export interface SuspectedRegion extends Region {
  readonly score: number;
}

export interface Look {
  readonly suspects: readonly SuspectedRegion[];
  /** frames that were looked at, and that the file has; 0 of 0 for a file without pixels */
  readonly looked: number;
  readonly frames: number;
}

/** Frames of one file that are looked at; a place found in two of them counts for all. */
const MOST_FRAMES = 16;
/** Share of the smaller place that two places have in common when they are one. */
const SAME_PLACE = 0.5;

/** Throws what decoding throws; a file without pixels has no suspects. */
export function suspectsIn(file: Uint8Array, maxBytes = MAX_DECODED_BYTES): Look {
  const image = openImage(file, maxBytes);
  if (!image) return { suspects: [], looked: 0, frames: 0 };
  return suspectsInFrames(image.frames.length, (frame) =>
    decodeFrame(image.frames[frame], image.pixels, image.encoding),
  );
}

/** The same for an image whose frames lie elsewhere: `decode` is asked for one frame after the other. */
export function suspectsInFrames(frames: number, decode: (frame: number) => DecodedFrame): Look {
  const step = Math.max(1, frames / MOST_FRAMES);
  const chosen = new Set(Array.from({ length: Math.min(frames, MOST_FRAMES) }, (_, i) => Math.floor(i * step)));
  const places: SuspectedRegion[] = [];
  for (const frame of chosen) {
    for (const suspect of findBurnedIn(decode(frame))) add(places, suspect, frames === 1 ? null : frame);
  }
  return { suspects: places.sort((a, b) => b.score - a.score), looked: chosen.size, frames };
}

function openImage(file: Uint8Array, maxBytes: number): OpenedImage | null {
  try {
    return dicom.open({ name: "", bytes: file }, maxBytes)[0];
  } catch (error) {
    if (error instanceof AppError && error.code === "imaging/pixel-data-missing") return null;
    throw error;
  }
}

function add(places: SuspectedRegion[], { x, y, width, height, score }: Suspect, frame: number | null): void {
  const at = places.findIndex((place) => {
    const across = Math.min(place.x + place.width, x + width) - Math.max(place.x, x);
    const down = Math.min(place.y + place.height, y + height) - Math.max(place.y, y);
    const smaller = Math.min(place.width * place.height, width * height);
    return across > 0 && down > 0 && across * down >= SAME_PLACE * smaller && place.frame !== frame;
  });
  if (at < 0) {
    places.push({ frame, x, y, width, height, score });
    return;
  }
  const place = places[at];
  const [left, top] = [Math.min(place.x, x), Math.min(place.y, y)];
  places[at] = {
    frame: null,
    x: left,
    y: top,
    width: Math.max(place.x + place.width, x + width) - left,
    height: Math.max(place.y + place.height, y + height) - top,
    score: Math.max(place.score, score),
  };
}
