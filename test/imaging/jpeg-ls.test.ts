// Our JPEG-LS against CharLS, whose encoder makes the frames and whose decoder says what is in them.

import { describe, expect, test } from "vitest";
import { decodeJpegLs } from "../../main/imaging/jpeg-ls.ts";
import { decodeCharls, encodeWasm } from "./encoders.ts";
import { bytesOf, ramp, refusal } from "./pictures.ts";

const KINDS = {
  noise: (top: number, i: number) => Math.floor((((i * 2654435761) % 4294967296) / 4294967296) * top),
  waves: (top: number, i: number) => Math.floor((top / 2) * (1 + Math.sin(i / 41) * Math.cos(i / 997))),
  plateaus: (top: number, i: number) => (Math.floor(i / 37) * 13) % top,
  flat: (top: number, i: number) => (i % 401 === 400 ? top - 1 : top >> 1),
};

describe("frames that CharLS made are read as CharLS reads them", () => {
  for (const bits of [2, 5, 8, 10, 12, 16]) {
    for (const [kind, draw] of Object.entries(KINDS)) {
      test(`${kind} of ${bits} bits, grey and colour, exact and near`, async () => {
        for (const [samples, interleave] of [
          [1, 0],
          [3, 0],
          [3, 1],
          [3, 2],
        ]) {
          for (const near of bits > 2 ? [0, 1, 3] : [0]) {
            for (const [rows, columns] of [
              [1, 1],
              [1, 90],
              [33, 47],
            ]) {
              const drawn = Array.from({ length: rows * columns * samples }, (_, i) => draw(2 ** bits, i));
              const bytes = bits > 8 ? bytesOf(Uint16Array.from(drawn)) : Uint8Array.from(drawn);
              const picture = { rows, columns, samples, bits, signed: false, bytes };
              const frame = await encodeWasm("jpeg-ls", picture, interleave, near);
              const theirs = await decodeCharls(frame);
              const ours = decodeJpegLs(frame, { rows, columns });
              expect(ours).toMatchObject({ rows, columns, samples, bits });
              expect(bytesOf(byPlane(ours.values, samples, interleave === 0))).toEqual(theirs);
            }
          }
        }
      });
    }
  }
});

/** Interleaved samples as CharLS gives those of planes. */
function byPlane(values: Uint8Array | Uint16Array, samples: number, planes: boolean): Uint8Array | Uint16Array {
  if (!planes || samples === 1) return values;
  const pixels = values.length / samples;
  return values.map((_, i) => values[(i % pixels) * samples + Math.floor(i / pixels)]);
}

describe("frames that are refused", () => {
  const size = { rows: 12, columns: 17 };
  const frameOf = () =>
    encodeWasm("jpeg-ls", { ...size, samples: 1, bits: 16, signed: false, bytes: bytesOf(ramp(16)) });
  const code = (bytes: Uint8Array) => refusal(() => decodeJpegLs(bytes, size)).code;

  test("cut off in their bits or before them", async () => {
    const frame = await frameOf();
    for (const length of [frame.length - 20, 100, 45])
      expect(code(frame.subarray(0, length))).toBe("imaging/frame-truncated");
    expect(code(frame.subarray(0, 12))).toBe("imaging/unreadable");
    expect(code(new Uint8Array(4))).toBe("imaging/unreadable");
  });

  test("of another size than the image", async () => {
    const frame = await frameOf();
    expect(refusal(() => decodeJpegLs(frame, { rows: 12, columns: 18 })).code).toBe("imaging/unreadable");
  });

  test("with what nobody uses: named", async () => {
    const frame = await frameOf();
    const withSegment = (...segment: number[]) =>
      new Uint8Array(Buffer.concat([frame.subarray(0, 2), Uint8Array.from(segment), frame.subarray(2)]));
    expect(code(withSegment(0xff, 0xdd, 0, 4, 0, 5))).toBe("imaging/codec-missing");
    expect(code(withSegment(0xff, 0xe8, 0, 7, ...Buffer.from("mrfx"), 1))).toBe("imaging/codec-missing");
    expect(code(withSegment(0xff, 0xf8, 0, 5, 2, 1, 1))).toBe("imaging/codec-missing");
    expect(decodeJpegLs(withSegment(0xff, 0xdd, 0, 4, 0, 0), size).values).toEqual(ramp(16));
  });
});
