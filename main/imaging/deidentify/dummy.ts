// Values that stand where something identifying stood: valid for their representation, and plainly nobody's.

import { type EditableElement, leaf, textLeaf } from "../dicom/encode.ts";

export const REMOVED = "Removed";

const TEXT: Record<string, string> = {
  AE: "REMOVED",
  AS: "000Y",
  CS: "REMOVED",
  DA: "19000101",
  DS: "0",
  DT: "19000101000000",
  IS: "0",
  PN: "Anonymous",
  TM: "000000",
  UR: "urn:removed",
};
const BYTES: Record<string, number> = {
  US: 2,
  SS: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  AT: 4,
  OF: 4,
  OL: 4,
  OW: 2,
  FD: 8,
  OD: 8,
  SV: 8,
  UV: 8,
  OV: 8,
};
const BINARY = new Set([...Object.keys(BYTES), "OB", "UN"]);

/** The element with a dummy value; binary values keep their length and become zeros, an enclosed PDF becomes an empty page. */
export function dummyOf({ tag, vr, value }: EditableElement): EditableElement {
  if (value.length >= 4 && String.fromCharCode(...value.subarray(0, 4)) === "%PDF") {
    return leaf(tag, vr, new TextEncoder().encode(emptyPdf()));
  }
  if (vr === "OB" || vr === "UN") return leaf(tag, vr, new Uint8Array(2));
  if (BINARY.has(vr)) return leaf(tag, vr, new Uint8Array(Math.max(value.length, BYTES[vr])));
  return textLeaf(tag, vr, TEXT[vr] ?? REMOVED);
}

/** A PDF 1.4 file of one empty page (A4). */
function emptyPdf(): string {
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
  ];
  let text = "%PDF-1.4\n";
  const offsets = objects.map((object, i) => {
    const offset = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = text.length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  text += `xref\n0 4\n0000000000 65535 f \n${entries}trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return text;
}
