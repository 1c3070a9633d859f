// Text in the pixels of images that are in: looked for by the program, judged by a person, blanked, looked for again.
//
// A blanked frame is kept as its decoded samples, so that every other pixel has exactly the value it had; frames without a rectangle stay
// as they are. The program alone never blanks anything.

import { setImmediate } from "node:timers/promises";
import {
  AppError,
  type Deidentification,
  type TextLookReport,
  type TextRegion,
} from "../../../preload/contract/index.ts";
import { blankDecoded } from "../../imaging/deidentify/blank.ts";
import { type Look, suspectsInFrames } from "../../imaging/deidentify/suspects.ts";
import { decodeFrame } from "../../imaging/frame.ts";
import { drawThumbnail } from "../../imaging/thumbnail.ts";
import type { DecodedFrame, FrameEncoding } from "../../imaging/types.ts";
import type { Project } from "../../project/index.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { Pace } from "./pace.ts";

/**
 * Modalities whose devices or workflows write into the picture: ultrasound, plain and contrast X-ray, dental, endoscopy, photographs, secondary
 * captures and pictures of no modality (OT, HC). Slices of CT, MR and PET carry no text unless they are screenshots, which are OT or say so.
 */
const WITH_TEXT = new Set("US IVUS BDUS XA RF CR DX MG IO PX ES GM XC OP OPT EPS ECG HC OT SC DG SM".split(" "));

export async function lookForText(
  { filter }: TaskOf<"text-look">,
  { project, signal, progress, changed }: TaskContext,
): Promise<TextLookReport> {
  const report: TextLookReport = { looked: 0, suspected: 0, unreadable: 0 };
  const open = project.deidentification.notLookedAt();
  const named = filter.modality !== undefined || filter.ids !== undefined;
  const ids = project.images.ids(filter).filter((id) => open.has(id));
  const pace = new Pace();
  for (const [index, id] of ids.entries()) {
    await setImmediate();
    if (signal.aborted)
      throw new AppError("app/aborted", "The look for text was stopped; what was found so far is kept.");
    progress(pace.at(index, ids.length, "images", "looking-for-text"));
    const { modality, frames } = project.images.get(id);
    if (!named && !WITH_TEXT.has(modality)) continue;
    const look = lookAt(frames, (frame) => decoded(project, id, frame));
    if (look === null) {
      report.unreadable += 1;
      continue;
    }
    const suspects = look.suspects.map(withoutScore);
    project.deidentification.addLook(id, suspects, look.looked);
    report.looked += 1;
    if (suspects.length > 0) report.suspected += 1;
  }
  progress(pace.at(ids.length, ids.length, "images", "looking-for-text"));
  changed("images");
  return report;
}

export async function reviewText(
  { imageId, regions }: TaskOf<"text-review">,
  { project }: TaskContext,
): Promise<Deidentification> {
  const { pixels, frames: count } = project.images.get(imageId);
  const astray = regions.find(
    ({ frame, x, y, width, height }) =>
      (frame ?? 0) >= count || x >= pixels.columns || y >= pixels.rows || x + width <= 0 || y + height <= 0,
  );
  if (astray)
    throw new AppError("app/invalid-input", "A rectangle lies outside of the image or names a frame it does not have.");
  const blanked = new Map<number, DecodedFrame>();
  for (let index = 0; index < count; index++) {
    const here = regions.filter(({ frame }) => frame === null || frame === index);
    if (here.length > 0) blanked.set(index, blankDecoded(decoded(project, imageId, index), pixels.inverted, here));
  }
  const frameOf = (index: number): DecodedFrame => blanked.get(index) ?? decoded(project, imageId, index);
  const look = suspectsInFrames(count, frameOf);
  const shown = Math.floor(count / 2);
  project.deidentification.addReview(imageId, {
    blanked: regions,
    stillSuspected: look.suspects.map(withoutScore),
    framesLooked: look.looked,
    frames: [...blanked].map(([index, { values }]) => ({
      index,
      frame: {
        transferSyntax: "raw",
        bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      },
    })),
    thumbnail: blanked.has(shown) ? drawThumbnail(frameOf(shown), project.images.frame(imageId, shown).pixels) : null,
  });
  return project.deidentification.of(imageId);
}

function decoded(project: Project, id: string, index: number): DecodedFrame {
  const { frame, pixels, encoding } = project.images.frame(id, index);
  return decodeFrame(frame, pixels, encoding as FrameEncoding);
}

/** null: its frames cannot be decoded. */
function lookAt(frames: number, decode: (frame: number) => DecodedFrame): Look | null {
  try {
    return suspectsInFrames(frames, decode);
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith("imaging/")) return null;
    throw error;
  }
}

const withoutScore = ({ frame, x, y, width, height }: TextRegion): TextRegion => ({ frame, x, y, width, height });
