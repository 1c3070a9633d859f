// The sample set: synthetic patients with two or three chest radiographs each, as DICOM files, with the truth beside them.
//
// Everything follows from (seed, index): the same pair gives the same file, byte for byte. Patients come in pairs, one of
// each class, so classes stay balanced and all images of a patient agree. Names, IDs and dates are plainly made up.
// The object is a Computed Radiography image (PS3.3 A.2), the smallest IOD that a chest radiograph may have.

import { createHash } from "node:crypto";
import type { Geometry, MaskGeometry } from "../../../preload/contract/index.ts";
import { writeDicom } from "../dicom/write.ts";
import { drawChest, PHANTOM_BITS, PHANTOM_SIDE } from "./chest.ts";
import { random } from "./random.ts";

const CR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.1";
/** 384 mm over the image, the width of a chest cassette. */
const SPACING_MM = 1.5;

export interface Phantom {
  readonly fileName: string;
  /** a DICOM Part 10 file */
  readonly bytes: Uint8Array;
  readonly className: "normal" | "lesion";
  /** the lesion's exact pixels; null for a normal image */
  readonly mask: MaskGeometry | null;
  /** the mask's bounding box in image pixels; null for a normal image */
  readonly box: Extract<Geometry, { kind: "box" }> | null;
  /** patient ID */
  readonly patient: string;
}

/** Image `index` (from 0) of the set that `seed` names. */
export function drawPhantom({ index, seed }: { index: number; seed: number }): Phantom {
  const { patient, exposure } = whose(index, seed);
  const facts = random(seed, patient, 6);
  const lesion = (patient % 2 === 0) === random(seed, patient >> 1, 7).chance(0.5);
  const female = facts.chance(0.5);
  const age = Math.floor(facts.uniform(20, 90));
  const chest = drawChest({ seed, patient, exposure, female, lesion });
  const number = String(patient + 1).padStart(4, "0");
  const id = `PHANTOM-${seed}-${number}`;
  const date = `2020${String(1 + (patient % 12)).padStart(2, "0")}${String(1 + (patient % 28)).padStart(2, "0")}`;
  const bytes = writeDicom({
    attributes: {
      ImageType: ["DERIVED", "PRIMARY"],
      SOPClassUID: CR_IMAGE_STORAGE,
      SOPInstanceUID: uid("image", seed, index),
      StudyDate: date,
      SeriesDate: date,
      AcquisitionDate: date,
      ContentDate: date,
      StudyTime: "120000",
      AcquisitionTime: `1200${String(exposure).padStart(2, "0")}`,
      ContentTime: `1200${String(exposure).padStart(2, "0")}`,
      AccessionNumber: "",
      Modality: "CR",
      Manufacturer: "Loupe",
      ManufacturerModelName: "Chest phantom",
      StudyDescription: "Synthetic chest phantom",
      SeriesDescription: "PA",
      ReferringPhysicianName: "",
      PatientName: `Phantom^${number}`,
      PatientID: id,
      PatientBirthDate: "",
      PatientSex: female ? "F" : "M",
      PatientAge: `${String(age).padStart(3, "0")}Y`,
      PatientComments: "Drawn by a program. Not a person.",
      BodyPartExamined: "CHEST",
      ViewPosition: "PA",
      StudyInstanceUID: uid("study", seed, patient),
      SeriesInstanceUID: uid("series", seed, patient),
      StudyID: number,
      SeriesNumber: 1,
      InstanceNumber: exposure + 1,
      PatientOrientation: ["L", "F"],
      SamplesPerPixel: 1,
      PhotometricInterpretation: "MONOCHROME2",
      Rows: PHANTOM_SIDE,
      Columns: PHANTOM_SIDE,
      ImagerPixelSpacing: [SPACING_MM, SPACING_MM],
      BitsAllocated: 16,
      BitsStored: PHANTOM_BITS,
      HighBit: PHANTOM_BITS - 1,
      PixelRepresentation: 0,
      BurnedInAnnotation: "NO",
      WindowCenter: 1900,
      WindowWidth: 3400,
      LossyImageCompression: "00",
    },
    pixelData: new Uint8Array(littleEndian(chest.pixels)),
  });
  return {
    fileName: `${id}-${exposure + 1}.dcm`,
    bytes,
    className: lesion ? "lesion" : "normal",
    mask: chest.nodule && { kind: "mask", rows: PHANTOM_SIDE, columns: PHANTOM_SIDE, runs: runsOf(chest.nodule) },
    box: chest.nodule && boundingBox(chest.nodule),
    patient: id,
  };
}

/** Patients have two or three images, as their seed says. */
function whose(index: number, seed: number): { patient: number; exposure: number } {
  let first = 0;
  for (let patient = 0; ; patient++) {
    const images = random(seed, patient, 8).chance(0.5) ? 2 : 3;
    if (index < first + images) return { patient, exposure: index - first };
    first += images;
  }
}

/** A UID under 2.25 (PS3.5 B.2) from a hash, with the version bits of a UUID left as they fall. */
function uid(what: string, seed: number, number: number): string {
  const hash = createHash("sha256").update(`loupe phantom ${what} ${seed} ${number}`).digest("hex");
  return `2.25.${BigInt(`0x${hash.slice(0, 32)}`)}`;
}

function littleEndian(pixels: Uint16Array): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(pixels.length * 2));
  pixels.forEach((value, i) => {
    view.setUint16(2 * i, value, true);
  });
  return view.buffer;
}

/** Lengths of alternating runs, background first, as the contract's masks have them. */
function runsOf(mask: Uint8Array): number[] {
  const runs: number[] = [];
  let value = 0;
  let length = 0;
  for (const pixel of mask) {
    if (pixel !== value) {
      runs.push(length);
      value = pixel;
      length = 0;
    }
    length++;
  }
  return [...runs, length];
}

function boundingBox(mask: Uint8Array): Phantom["box"] {
  let [left, top, right, bottom] = [PHANTOM_SIDE, PHANTOM_SIDE, -1, -1];
  mask.forEach((pixel, i) => {
    if (pixel === 0) return;
    const [x, y] = [i % PHANTOM_SIDE, Math.floor(i / PHANTOM_SIDE)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  return { kind: "box", x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
