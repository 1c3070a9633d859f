// A CT series drawn for tests: a body ellipse in air with a bright ball, slice by slice, as DICOM files in a mixed-up order.

import { writeDicom } from "../../main/imaging/dicom/write.ts";

export interface CtSeries {
  readonly slices: number;
  readonly side: number;
  /** patient ID and name */
  readonly patient: string;
  readonly uid: string;
  /** its study and frame of reference, where it shares them with another series */
  readonly with?: string;
  /** other than axial: ImageOrientationPatient, and where a slice lies */
  readonly orientation?: readonly number[];
  readonly position?: (slice: number) => readonly [number, number, number];
}

/** mm between slices, and between pixels. */
const SPACING = { slice: 2.5, pixel: 0.8 };

/** Whether a pixel of a slice is in the ball, which lies in the middle of the series. */
export function inBall(
  { slices, side }: Pick<CtSeries, "slices" | "side">,
  slice: number,
  column: number,
  row: number,
): boolean {
  const radius = side / 8;
  const z = ((slice - slices / 2) * SPACING.slice) / SPACING.pixel;
  return Math.hypot(column + 0.5 - side * 0.6, row + 0.5 - side * 0.45, z) < radius;
}

/** Files by name; the names say nothing of the order in the patient. */
export function ctSeries(series: CtSeries): { name: string; bytes: Uint8Array }[] {
  const { slices, side, patient, uid } = series;
  const shared = series.with ?? uid;
  return Array.from({ length: slices }, (_, slice) => {
    const values = new Int16Array(side * side);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const inBody = Math.hypot((column - side / 2) / (side * 0.45), (row - side / 2) / (side * 0.35)) < 1;
        const texture = ((column * 7 + row * 13 + slice * 5) % 17) - 8;
        const value = inBall(series, slice, column, row) ? 180 : inBody ? 40 : -1000;
        values[row * side + column] = value + texture;
      }
    }
    const bytes = writeDicom({
      attributes: {
        SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
        SOPInstanceUID: `${uid}.${slice + 1}`,
        StudyInstanceUID: `${shared}.0.1`,
        SeriesInstanceUID: `${uid}.0.2`,
        FrameOfReferenceUID: `${shared}.0.3`,
        Modality: "CT",
        PatientID: patient,
        PatientName: patient,
        ImageType: ["ORIGINAL", "PRIMARY", "AXIAL"],
        InstanceNumber: slices - slice,
        ImagePositionPatient: [...(series.position?.(slice) ?? [-100, -100, slice * SPACING.slice])],
        ImageOrientationPatient: [...(series.orientation ?? [1, 0, 0, 0, 1, 0])],
        PixelSpacing: [SPACING.pixel, SPACING.pixel],
        SliceThickness: SPACING.slice,
        SamplesPerPixel: 1,
        PhotometricInterpretation: "MONOCHROME2",
        Rows: side,
        Columns: side,
        BitsAllocated: 16,
        BitsStored: 16,
        HighBit: 15,
        PixelRepresentation: 1,
        RescaleIntercept: 0,
        RescaleSlope: 1,
        RescaleType: "HU",
        WindowCenter: 40,
        WindowWidth: 400,
      },
      pixelData: new Uint8Array(values.buffer),
    });
    return { name: `IM${String((slice * 37) % slices).padStart(4, "0")}.dcm`, bytes };
  });
}
