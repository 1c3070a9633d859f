// Transfer syntaxes (PS3.5 section 10 and annex A; UIDs in PS3.6 annex A) and the codec each needs.

export const IMPLICIT_LITTLE = "1.2.840.10008.1.2";
export const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";
export const DEFLATED = "1.2.840.10008.1.2.1.99";
export const EXPLICIT_BIG = "1.2.840.10008.1.2.2";
export const RLE = "1.2.840.10008.1.2.5";

/** Encapsulated although not compressed (PS3.5 A.4.11), and each frame deflated on its own (A.4.13). */
const ENCAPSULATED_NATIVE = "1.2.840.10008.1.2.1.98";
const DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1";

export type Codec =
  | "none"
  | "native-frame"
  | "deflated-frame"
  | "rle"
  | "jpeg"
  | "jpeg-extended"
  | "jpeg-lossless"
  | "jpeg-ls"
  | "jpeg-2000"
  | "htj2k";

/** A syntax that is not in this table is refused by its UID. */
const CODECS: Record<string, Codec> = {
  [IMPLICIT_LITTLE]: "none",
  [EXPLICIT_LITTLE]: "none",
  [DEFLATED]: "none",
  [EXPLICIT_BIG]: "none",
  [ENCAPSULATED_NATIVE]: "native-frame",
  [DEFLATED_FRAMES]: "deflated-frame",
  [RLE]: "rle",
  "1.2.840.10008.1.2.4.50": "jpeg",
  "1.2.840.10008.1.2.4.51": "jpeg-extended",
  "1.2.840.10008.1.2.4.57": "jpeg-lossless",
  "1.2.840.10008.1.2.4.70": "jpeg-lossless",
  "1.2.840.10008.1.2.4.80": "jpeg-ls",
  "1.2.840.10008.1.2.4.81": "jpeg-ls",
  "1.2.840.10008.1.2.4.90": "jpeg-2000",
  "1.2.840.10008.1.2.4.91": "jpeg-2000",
  "1.2.840.10008.1.2.4.201": "htj2k",
  "1.2.840.10008.1.2.4.202": "htj2k",
  "1.2.840.10008.1.2.4.203": "htj2k",
};

/** null where no codec of ours reads the syntax. */
export function codecOf(transferSyntax: string): Codec | null {
  return Object.hasOwn(CODECS, transferSyntax) ? CODECS[transferSyntax] : null;
}
