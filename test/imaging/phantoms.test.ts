import { describe, expect, test } from "vitest";
import { drawPhantom, type Phantom } from "../../main/imaging/phantoms/phantom.ts";
import { decode, readOne } from "./pictures.ts";

const COUNT = 40;
const phantoms = Array.from({ length: COUNT }, (_, index) => drawPhantom({ index, seed: 7 }));
const isLesion = (
  p: Phantom,
): p is Phantom & { mask: NonNullable<Phantom["mask"]>; box: NonNullable<Phantom["box"]> } => p.className === "lesion";

function pixelsOf(mask: NonNullable<Phantom["mask"]>): boolean[] {
  return mask.runs.flatMap((length, i) => new Array<boolean>(length).fill(i % 2 === 1));
}

describe("the chest phantoms", () => {
  test("the same seed and index give the same file, another seed another one", () => {
    expect(drawPhantom({ index: 3, seed: 7 })).toEqual(phantoms[3]);
    expect(drawPhantom({ index: 3, seed: 8 }).bytes).not.toEqual(phantoms[3].bytes);
  });

  test("patients have two or three images of one class, and plainly made-up names", () => {
    const byPatient = Map.groupBy(phantoms, (p) => p.patient);
    const whole = [...byPatient.values()].slice(0, -1);
    expect(new Set(whole.map((images) => images.length))).toEqual(new Set([2, 3]));
    for (const images of whole) expect(new Set(images.map((p) => p.className)).size).toBe(1);
    const image = readOne(phantoms[0].bytes);
    expect(image.tags.find(({ name }) => name === "PatientName")?.value).toBe("Phantom^0001");
    expect(image.patient).toBe(phantoms[0].patient);
  });

  test("classes are balanced", () => {
    const lesions = phantoms.filter(isLesion).length;
    expect(lesions).toBeGreaterThan(COUNT * 0.35);
    expect(lesions).toBeLessThan(COUNT * 0.65);
  });

  test("only a lesion has a mask and a box, and the box bounds the mask exactly", () => {
    for (const phantom of phantoms) {
      if (!isLesion(phantom)) {
        expect([phantom.mask, phantom.box]).toEqual([null, null]);
        continue;
      }
      const { mask, box } = phantom;
      expect(mask.runs.reduce((a, b) => a + b, 0)).toBe(mask.rows * mask.columns);
      const inside = pixelsOf(mask).flatMap((on, i) => (on ? [[i % mask.columns, Math.floor(i / mask.columns)]] : []));
      const xs = inside.map(([x]) => x);
      const ys = inside.map(([, y]) => y);
      expect(box).toEqual({
        kind: "box",
        x: Math.min(...xs),
        y: Math.min(...ys),
        width: Math.max(...xs) - Math.min(...xs) + 1,
        height: Math.max(...ys) - Math.min(...ys) + 1,
      });
    }
  });

  test("a lesion is brighter than the ring of lung around it", () => {
    for (const phantom of phantoms.filter(isLesion)) {
      const { values } = decode(readOne(phantom.bytes));
      const { mask, box } = phantom;
      const on = pixelsOf(mask);
      const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
      const core: number[] = [];
      const ring: number[] = [];
      values.forEach((value: number, i: number) => {
        const distance = Math.hypot((i % mask.columns) + 0.5 - cx, Math.floor(i / mask.columns) + 0.5 - cy);
        if (on[i] && distance < box.width / 4) core.push(value);
        if (!on[i] && distance < box.width * 0.85) ring.push(value);
      });
      const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
      expect(mean(core)).toBeGreaterThan(mean(ring) + 100);
    }
  });

  test("files are 12-bit CR images that the room reads like anybody's", () => {
    expect(readOne(phantoms[0].bytes)).toMatchObject({
      format: "dicom",
      modality: "CR",
      pixels: { rows: 256, columns: 256, bitsStored: 12, type: "uint16", spacing: [1.5, 1.5], inverted: false },
    });
  });

  test("every image has its own SOP instance, images of a patient share study and series", () => {
    const images = phantoms.map((p) => readOne(p.bytes));
    expect(new Set(images.map((i) => i.sopInstance)).size).toBe(COUNT);
    expect(new Set(images.map((i) => i.study)).size).toBe(new Set(images.map((i) => i.patient)).size);
  });
});
