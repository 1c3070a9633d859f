// A study as real DICOM files, imported as anybody's: four oblique CT slices, a chest radiograph without a place in the patient, an enhanced MR of
// three frames.

import { basename } from "node:path";
import { writeDicom } from "../../../main/imaging/dicom/write.ts";
import { readImages } from "../../../main/imaging/read.ts";
import { newProject } from "../../project/builder.ts";
import { COLUMNS, type Fixture, ROWS } from "./round-trip.ts";

const ROOT = "1.2.826.0.1.3680043.10.1234";
export const STUDY = `${ROOT}.1`;
export const CT_SERIES = `${ROOT}.2`;
export const FRAME_OF_REFERENCE = `${ROOT}.3`;
/** mm between rows, between columns, between slices */
export const SPACING = [0.75, 0.5, 2.5] as const;
/** 30 degrees about z, then leant: unit vectors at right angles. */
const TURN = Math.PI / 6;
export const ROW = [Math.cos(TURN), Math.sin(TURN), 0] as const;
export const COLUMN = [-Math.sin(TURN) * 0.8, Math.cos(TURN) * 0.8, 0.6] as const;
const NORMAL = [
  ROW[1] * COLUMN[2] - ROW[2] * COLUMN[1],
  ROW[2] * COLUMN[0] - ROW[0] * COLUMN[2],
  ROW[0] * COLUMN[1] - ROW[1] * COLUMN[0],
] as const;
export const positionOf = (slice: number) => [-50, 20, 100].map((at, i) => at + NORMAL[i]! * SPACING[2] * slice);

const decimal = (value: number) => String(Number(value.toFixed(10))).slice(0, 16);
const pixels = Uint8Array.from({ length: ROWS * COLUMNS * 2 }, (_, i) => (i % 2 === 0 ? (i * 37) % 251 : 0));

const patient = {
  PatientName: "Fixture^One",
  PatientID: "FIX1",
  PatientBirthDate: "19600102",
  PatientSex: "F",
  StudyInstanceUID: STUDY,
  StudyDate: "20240105",
  StudyTime: "101112",
  StudyID: "S1",
  AccessionNumber: "A1",
  ReferringPhysicianName: "",
};
const grey = {
  SamplesPerPixel: 1,
  PhotometricInterpretation: "MONOCHROME2",
  Rows: ROWS,
  Columns: COLUMNS,
  BitsAllocated: 16,
  BitsStored: 12,
  HighBit: 11,
  PixelRepresentation: 0,
};

const ctSlice = (slice: number) =>
  writeDicom({
    attributes: {
      ...patient,
      ...grey,
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
      SOPInstanceUID: `${CT_SERIES}.${slice + 1}`,
      SeriesInstanceUID: CT_SERIES,
      SeriesNumber: "2",
      Modality: "CT",
      FrameOfReferenceUID: FRAME_OF_REFERENCE,
      PositionReferenceIndicator: "",
      InstanceNumber: String(slice + 1),
      ImagePositionPatient: positionOf(slice).map(decimal),
      ImageOrientationPatient: [...ROW, ...COLUMN].map(decimal),
      PixelSpacing: [String(SPACING[0]), String(SPACING[1])],
      SliceThickness: String(SPACING[2]),
      RescaleIntercept: "-1024",
      RescaleSlope: "1",
    },
    pixelData: pixels,
  });

const radiograph = () =>
  writeDicom({
    attributes: {
      ...patient,
      ...grey,
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.1",
      SOPInstanceUID: `${ROOT}.4.1`,
      SeriesInstanceUID: `${ROOT}.4`,
      SeriesNumber: "3",
      InstanceNumber: "1",
      Modality: "CR",
      ImagerPixelSpacing: ["0.2", "0.2"],
    },
    pixelData: pixels,
  });

const enhanced = () =>
  writeDicom({
    attributes: {
      ...patient,
      ...grey,
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.4.1",
      SOPInstanceUID: `${ROOT}.5.1`,
      SeriesInstanceUID: `${ROOT}.5`,
      SeriesNumber: "4",
      InstanceNumber: "1",
      Modality: "MR",
      FrameOfReferenceUID: FRAME_OF_REFERENCE,
      NumberOfFrames: "3",
      SharedFunctionalGroupsSequence: [
        {
          PlaneOrientationSequence: [{ ImageOrientationPatient: ["1", "0", "0", "0", "1", "0"] }],
          PixelMeasuresSequence: [{ PixelSpacing: ["1", "1"], SliceThickness: "3" }],
        },
      ],
      PerFrameFunctionalGroupsSequence: [0, 3, 6].map((z) => ({
        PlanePositionSequence: [{ ImagePositionPatient: ["0", "0", String(z)] }],
      })),
    },
    pixelData: Buffer.concat([pixels, pixels, pixels]),
  });

export interface DicomFixture extends Fixture {
  /** CT slices from the feet up, though imported in another order */
  readonly ct: readonly string[];
  readonly cr: string;
  readonly mr: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

export async function dicomFixture(): Promise<DicomFixture> {
  const { project } = await newProject();
  const files: Record<string, Uint8Array> = { "cr/chest.dcm": radiograph(), "mr/enhanced.dcm": enhanced() };
  for (const slice of [2, 0, 3, 1]) files[`ct/slice${slice}.dcm`] = ctSlice(slice);
  const ids = new Map<string, string>();
  for (const [name, bytes] of Object.entries(files)) {
    for (const image of readImages({ name, bytes })) ids.set(basename(name), project.images.add(image).id);
  }
  const id = (name: string) => ids.get(name)!;
  const ct = [0, 1, 2, 3].map((slice) => id(`slice${slice}.dcm`));
  const [cr, mr] = [id("chest.dcm"), id("enhanced.dcm")];
  const [lesion, node] = ["lesion", "Lymph node, left"].map((name) => project.labels.saveClass({ name }).id);
  return { project, images: [ct[1]!, cr, mr], classes: [lesion!, node!], ct, cr, mr, files };
}
