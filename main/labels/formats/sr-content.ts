// Content items of structured reports (PS3.3 C.17.3): small records that nest, and the codes of TID 1500 (PS3.16) that label files use.

import type { Attributes } from "../../imaging/dicom/write.ts";
import { type Code, code, decimalString, SCHEME } from "./dicom-object.ts";

type Relationship = "CONTAINS" | "HAS CONCEPT MOD" | "HAS OBS CONTEXT" | "INFERRED FROM" | "SELECTED FROM";

const dcm = (value: string, meaning: string) => code(value, "DCM", meaning);
const sct = (value: string, meaning: string) => code(value, "SCT", meaning);

export const CODES = {
  report: dcm("126000", "Imaging Measurement Report"),
  language: dcm("121049", "Language of Content Item and Descendants"),
  english: code("en", "RFC5646", "English"),
  observerType: dcm("121005", "Observer Type"),
  device: dcm("121007", "Device"),
  deviceUid: dcm("121012", "Device Observer UID"),
  deviceName: dcm("121013", "Device Observer Name"),
  procedure: dcm("121058", "Procedure reported"),
  imaging: sct("363679005", "Imaging procedure"),
  library: dcm("111028", "Image Library"),
  libraryGroup: dcm("126200", "Image Library Group"),
  measurements: dcm("126010", "Imaging Measurements"),
  group: dcm("125007", "Measurement Group"),
  trackingId: dcm("112039", "Tracking Identifier"),
  trackingUid: dcm("112040", "Tracking Unique Identifier"),
  finding: dcm("121071", "Finding"),
  region: dcm("111030", "Image Region"),
  source: dcm("121112", "Source of Measurement"),
  length: sct("410668003", "Length"),
  angle: sct("1483009", "Angle"),
  area: sct("42798000", "Area"),
  volume: sct("118565006", "Volume"),
  imageClass: code("image-class", SCHEME, "Class of the image"),
} as const;

/** Tracking identifiers of shapes that have no track begin so. */
export const UNTRACKED = "Loupe shape ";

export const UNITS = {
  mm: code("mm", "UCUM", "millimeter"),
  mm2: code("mm2", "UCUM", "square millimeter"),
  mm3: code("mm3", "UCUM", "cubic millimeter"),
  degree: code("deg", "UCUM", "degree"),
  pixel: code("{pixels}", "UCUM", "pixels"),
  pixel2: code("{squarepixels}", "UCUM", "square pixels"),
} as const;

export interface ContentItem extends Attributes {
  readonly ValueType: string;
}

function item(
  type: string,
  relationship: Relationship,
  name: Code | null,
  value: Attributes,
  children: readonly ContentItem[] = [],
): ContentItem {
  return {
    RelationshipType: relationship,
    ValueType: type,
    ...(name === null ? {} : { ConceptNameCodeSequence: [name] }),
    ...value,
    ...(children.length === 0 ? {} : { ContentSequence: children }),
  };
}

/** `template`: number of the template of DCMR that the container follows, where it follows one. */
export const container = (name: Code, children: readonly ContentItem[], template?: string): ContentItem =>
  item("CONTAINER", "CONTAINS", name, { ContinuityOfContent: "SEPARATE", ...templateOf(template) }, children);

const templateOf = (template?: string): Attributes =>
  template === undefined
    ? {}
    : { ContentTemplateSequence: [{ MappingResource: "DCMR", TemplateIdentifier: template }] };

export const codeItem = (relationship: Relationship, name: Code, value: Code): ContentItem =>
  item("CODE", relationship, name, { ConceptCodeSequence: [value] });
export const textItem = (relationship: Relationship, name: Code, value: string): ContentItem =>
  item("TEXT", relationship, name, { TextValue: value });
export const uidItem = (relationship: Relationship, name: Code, value: string): ContentItem =>
  item("UIDREF", relationship, name, { UID: value });
export const imageItem = (relationship: Relationship, name: Code | null, reference: Attributes): ContentItem =>
  item("IMAGE", relationship, name, { ReferencedSOPSequence: [reference] });

export interface Graphic {
  readonly type: "POINT" | "POLYLINE" | "ELLIPSE";
  /** x y x y … in image pixels, as DICOM counts them too: 0\0 is the outer corner of the first pixel (PS3.3 C.18.6.1.1) */
  readonly data: readonly number[];
}

/** A figure on an image: an Image Region of its own, or what a number was measured from. */
export const figureItem = (
  relationship: "CONTAINS" | "INFERRED FROM",
  name: Code,
  { type, data }: Graphic,
  image: Attributes,
): ContentItem =>
  item("SCOORD", relationship, name, { GraphicType: type, GraphicData: data }, [
    imageItem("SELECTED FROM", null, image),
  ]);

export const numberItem = (name: Code, value: number, unit: Code, children: readonly ContentItem[] = []): ContentItem =>
  item(
    "NUM",
    "CONTAINS",
    name,
    {
      MeasuredValueSequence: [
        { NumericValue: decimalString(value), FloatingPointValue: value, MeasurementUnitsCodeSequence: [unit] },
      ],
    },
    children,
  );
