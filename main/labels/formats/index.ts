// The formats, one row each. A new one is a row here and a file beside it.

import type { LabelFormatId, LabelFormatSummary } from "../../../preload/contract/index.ts";
import { coco } from "./coco.ts";
import { csv } from "./csv.ts";
import { dicomLabelmap, dicomSeg } from "./dicom-seg.ts";
import { dicomSr } from "./dicom-sr.ts";
import type { LabelFormat } from "./format.ts";
import { labelme } from "./labelme.ts";
import { niftiMasks } from "./nifti-masks.ts";
import { pngMasks } from "./png-masks.ts";
import { rtstruct } from "./rtstruct.ts";
import { voc } from "./voc.ts";
import { yolo, yoloSegment } from "./yolo.ts";

const FORMATS: Record<LabelFormatId, LabelFormat> = {
  coco,
  yolo,
  "yolo-segment": yoloSegment,
  voc,
  labelme,
  csv,
  nifti: niftiMasks,
  png: pngMasks,
  "dicom-seg": dicomSeg,
  "dicom-labelmap": dicomLabelmap,
  "dicom-sr": dicomSr,
  rtstruct,
};

export const formatOf = (id: LabelFormatId): LabelFormat => FORMATS[id];

export function listFormats(): LabelFormatSummary[] {
  return Object.values(FORMATS).map(({ id, extensions, carries, read }) => ({
    ...{ id, extensions: [...extensions] },
    ...{ reads: read !== null, carries },
  }));
}
