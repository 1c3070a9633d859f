// WADO-RS (PS3.18 10.4): objects as the archive keeps them, one by one.
//
// transfer-syntax=* asks for each object as it is stored, so pixels are not recoded on the way (PS3.18 8.7.3.5.2).

import { AppError } from "../../../preload/contract/errors.ts";
import type { OnObject } from "../incoming.ts";
import { Budget } from "../limits.ts";
import { splitPart10 } from "../part10.ts";
import { checkWanted, type Wanted } from "../retrieve.ts";
import { located } from "../words.ts";
import { boundaryOf, type Part, partsOf } from "./multipart.ts";
import { type DicomWebServer, getFrom, limitsOf, type WebAnswer, whereOf } from "./server.ts";

export interface WadoProgress {
  readonly objects: number;
  readonly bytes: number;
}

export interface WadoOptions {
  readonly onProgress?: (progress: WadoProgress) => void;
  readonly signal?: AbortSignal;
}

const ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*';

/**
 * Fetches a study, a series or an instance. Objects go to `onObject` as Part 10 files, byte for byte; an error of `onObject` ends the
 * transfer and is thrown. Errors otherwise: network/*, app/invalid-input, app/aborted.
 */
export async function wado(
  server: DicomWebServer,
  wanted: Omit<Wanted, "patient">,
  onObject: OnObject,
  { onProgress, signal }: WadoOptions = {},
): Promise<WadoProgress> {
  checkWanted(wanted);
  const { study, series, instance } = wanted;
  const path = `/studies/${study}${series ? `/series/${series}` : ""}${instance ? `/instances/${instance}` : ""}`;
  const answer = await getFrom(server, path, ACCEPT, signal);
  let progress: WadoProgress = { objects: 0, bytes: 0 };
  for await (const { bytes } of objectsOf(server, answer)) {
    const about = aboutOf(server, bytes);
    await onObject(bytes, about);
    progress = { objects: progress.objects + 1, bytes: progress.bytes + bytes.length };
    onProgress?.(progress);
  }
  return progress;
}

async function* objectsOf(
  server: DicomWebServer,
  { contentType, body }: WebAnswer,
): AsyncGenerator<Part, void, undefined> {
  const { maxObjectBytes, maxHeldBytes } = limitsOf(server);
  const boundary = boundaryOf(contentType);
  if (boundary === null) {
    await body.return();
    const kind = /^[\w.+-]+\/[\w.+-]+/.exec(contentType)?.[0] ?? "nothing that says its kind";
    const what = "was asked for DICOM objects in parts and answered with";
    throw new AppError("network/protocol", `${whereOf(server)} ${what} ${kind}. Check the address.`);
  }
  try {
    yield* partsOf(body, boundary, { maxPartBytes: maxObjectBytes, budget: new Budget(maxHeldBytes) });
  } catch (error) {
    throw located(whereOf(server), error);
  }
}

function aboutOf(server: DicomWebServer, bytes: Uint8Array) {
  try {
    const { sopClass, sopInstance, transferSyntax } = splitPart10(bytes);
    return { callingAe: "", sopClass, sopInstance, transferSyntax };
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError("network/protocol", `${whereOf(server)} sent an object that is no DICOM file.`, { cause });
  }
}
