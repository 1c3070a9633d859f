// Words inside compressed frames: comment and application segments of JPEG files (T.81 B.2.4.5, B.2.4.6), comments of JPEG 2000 (T.800 A.9.2).
//
// They are overwritten in place: no byte moves, the image data stay as they are. Segments that say how to read the colours stay:
// JFIF, Adobe, and those of JPEG-LS (SPIFF, mrfx).

const KEPT_APPS = ["JFIF", "Adobe", "SPIFF", "mrfx"];
const SOI = 0xd8;
const SOS = 0xda;
const JPEG_COMMENT = 0xfe;
const SOC = 0x4f;
const SOT = 0x90;
const JPEG2000_COMMENT = 0x64;
const SPACE = 0x20;

/** The frame with its words overwritten; the same array where there are none. A frame of no known kind comes back as it is. */
export function withoutComments(frame: Uint8Array): Uint8Array {
  if (frame[0] !== 0xff || (frame[1] !== SOI && frame[1] !== SOC)) return frame;
  const jpeg = frame[1] === SOI;
  const out = new Uint8Array(frame);
  let changed = false;
  // Segments follow each other: marker, length of what follows including the length itself.
  for (let at = 2; at + 4 <= out.length && out[at] === 0xff; ) {
    const marker = out[at + 1];
    if (marker === (jpeg ? SOS : SOT)) break;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const end = Math.min(out.length, at + 2 + ((out[at + 2] << 8) | out[at + 3]));
    // Behind the length: two bytes of JPEG 2000 say how the comment is written.
    const words = out.subarray(at + (jpeg ? 4 : 6), Math.max(at + 4, end));
    if (holdsWords(marker, jpeg, words) && words.some((byte) => byte !== SPACE)) {
      words.fill(SPACE);
      changed = true;
    }
    if (end <= at + 2) break;
    at = end;
  }
  return changed ? out : frame;
}

function holdsWords(marker: number, jpeg: boolean, content: Uint8Array): boolean {
  if (!jpeg) return marker === JPEG2000_COMMENT;
  if (marker === JPEG_COMMENT) return true;
  const start = String.fromCharCode(...content.subarray(0, 5));
  return marker >= 0xe0 && marker <= 0xef && !KEPT_APPS.some((kept) => start.startsWith(kept));
}
