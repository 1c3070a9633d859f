// Images over plain GET: decoded samples and thumbnails.
//
// They are patient data, so every answer says `no-store`: a browser's cache is an unencrypted file.

import { AppError, PIXELS_PATH, THUMBNAILS_PATH } from "../../preload/contract/index.ts";
import { decodeFrame } from "../imaging/frame.ts";
import type { FrameEncoding } from "../imaging/types.ts";
import { assertMay } from "./access.ts";
import type { Session } from "./session.ts";

export function isImageRequest(pathname: string): boolean {
  return pathname.startsWith(PIXELS_PATH) || pathname.startsWith(THUMBNAILS_PATH);
}

/** @throws AppError project/locked, project/not-allowed, app/not-found, imaging/frame-missing, or what decoding refuses */
export function answerImageRequest(session: Session, request: Request, pathname: string): Response {
  assertMay(session, pathname.startsWith(THUMBNAILS_PATH) ? "thumbnails" : "pixels");
  if (request.method !== "GET") throw new AppError("app/invalid-input", "Images are read with GET.");
  if (pathname.startsWith(THUMBNAILS_PATH)) {
    const id = pathname.slice(THUMBNAILS_PATH.length);
    return dataResponse(session.project.images.thumbnail(id), "image/png");
  }
  const [id, index, ...rest] = pathname.slice(PIXELS_PATH.length).split("/");
  if (!id || !index || rest.length > 0 || !/^\d{1,6}$/.test(index)) {
    throw new AppError("app/not-found", "An address of pixels is /pixels/{image}/{frame}.");
  }
  const { frame, pixels, encoding } = session.project.images.frame(id, Number(index));
  // The project keeps the encoding as JSON that only imaging reads; imaging wrote it.
  const { values } = decodeFrame(frame, pixels, encoding as FrameEncoding);
  return dataResponse(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), "application/octet-stream");
}

function dataResponse(bytes: Uint8Array, type: string): Response {
  return new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: {
      "content-type": type,
      "content-length": String(bytes.byteLength),
      "cache-control": "no-store",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
    },
  });
}
