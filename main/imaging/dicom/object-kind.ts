// What kind of object a file without pixels is, in words, from its SOP class (PS3.4 B.5, PS3.6 annex A).

const STORAGE = "1.2.840.10008.5.1.4.1.1.";

/** Longest prefix first. */
const KINDS: readonly (readonly [prefix: string, kind: string])[] = [
  [`${STORAGE}481.3`, "a radiotherapy structure set"],
  [`${STORAGE}481.5`, "a radiotherapy plan"],
  [`${STORAGE}481.8`, "a radiotherapy ion plan"],
  [`${STORAGE}481.2`, "a radiotherapy dose without a grid"],
  [`${STORAGE}481.`, "a radiotherapy object"],
  [`${STORAGE}88.59`, "a key object selection"],
  [`${STORAGE}88.`, "a structured report"],
  [`${STORAGE}104.`, "an encapsulated document"],
  [`${STORAGE}11.`, "a presentation state"],
  [`${STORAGE}9.`, "a waveform"],
  [`${STORAGE}66.1`, "a spatial registration"],
  [`${STORAGE}66`, "raw or derived data"],
  [STORAGE, "an image object whose pixel data are missing"],
];

const BY_MODALITY: Record<string, string> = {
  SR: "a structured report",
  RTPLAN: "a radiotherapy plan",
  RTSTRUCT: "a radiotherapy structure set",
  PR: "a presentation state",
  ECG: "a waveform",
};

/** A phrase with its article. */
export function kindOfObject(sopClass: string, modality: string): string {
  const known = KINDS.find(([prefix]) => sopClass.startsWith(prefix));
  return known?.[1] ?? BY_MODALITY[modality] ?? "a DICOM object of unknown kind";
}
