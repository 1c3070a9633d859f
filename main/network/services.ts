// The services Loupe speaks by their UIDs (PS3.4 annexes A, B, C; PS3.6 annex A), and which transfer syntaxes objects may have.

import { DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE } from "../imaging/dicom/transfer-syntax.ts";
import type { Proposal } from "./connect.ts";

export const VERIFICATION = "1.2.840.10008.1.1";

/** Study root; the patient root is for queries that name a patient alone (PS3.4 C.6.1, C.6.2). */
export const QUERY_RETRIEVE = {
  patient: {
    find: "1.2.840.10008.5.1.4.1.2.1.1",
    move: "1.2.840.10008.5.1.4.1.2.1.2",
    get: "1.2.840.10008.5.1.4.1.2.1.3",
  },
  study: {
    find: "1.2.840.10008.5.1.4.1.2.2.1",
    move: "1.2.840.10008.5.1.4.1.2.2.2",
    get: "1.2.840.10008.5.1.4.1.2.2.3",
  },
} as const;

/** All storage SOP classes of the standard lie under this root (PS3.4 B.5). */
const STORAGE_ROOT = "1.2.840.10008.5.1.4.1.1.";

export const isStorageClass = (uid: string): boolean => uid.startsWith(STORAGE_ROOT);

/** PS3.5 9.1, but forgiving of zeros at the front of a component: such UIDs exist. */
export const isUid = (text: string): boolean => text.length <= 64 && /^\d+(\.\d+)*$/.test(text);

/** What a C-GET asks for where the caller does not know the classes: images, and what stands beside them. */
export const COMMON_STORAGE = [
  "1", // CR
  "1.1", // DX for presentation
  "1.1.1", // DX for processing
  "1.2", // mammography for presentation
  "1.2.1", // mammography for processing
  "2", // CT
  "2.1", // enhanced CT
  "4", // MR
  "4.1", // enhanced MR
  "6.1", // ultrasound
  "3.1", // ultrasound, multi-frame
  "7", // secondary capture
  "7.2", // secondary capture, multi-frame grey byte
  "7.3", // secondary capture, multi-frame grey word
  "7.4", // secondary capture, multi-frame colour
  "12.1", // angiography
  "12.2", // fluoroscopy
  "20", // nuclear medicine
  "128", // PET
  "13.1.3", // breast tomosynthesis
  "77.1.1", // endoscopy
  "77.1.4", // photography
  "77.1.5.1", // ophthalmic photography 8 bit
  "77.1.5.4", // ophthalmic tomography
  "77.1.6", // whole slide
  "66.4", // segmentation
  "88.22", // enhanced SR
  "88.33", // comprehensive SR
  "104.1", // encapsulated PDF
].map((end) => `${STORAGE_ROOT}${end}`);

const NATIVE = [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED];
/** Compressed syntaxes by family: an archive picks one syntax per context, so the more contexts, the fewer objects are recoded. */
const COMPRESSED = [
  ["1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.57"],
  ["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"],
  ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"],
  ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"],
  [RLE],
  ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"],
];

/** Transfer syntaxes that Loupe's imaging reads; a node of ours takes these unless told otherwise. */
export const TRANSFER_SYNTAXES: readonly string[] = [...NATIVE, ...COMPRESSED.flat()];

/**
 * Contexts for receiving objects by C-GET, within `room`. The archive accepts one syntax for each context and sends an object only in an accepted
 * one, so classes that are `known` to come get a context for each syntax while there is room, then for each family; classes that are
 * only `likely` share what is left. Classes beyond the room are left out.
 */
export function storageProposals(known: readonly string[], likely: readonly string[], room: number): Proposal[] {
  const first = [...new Set(known)];
  const second = [...new Set(likely)].filter((uid) => !first.includes(uid));
  // One context at the least for each likely class, if the known ones leave it.
  const spare = first.length === 0 ? 0 : Math.max(room - second.length, first.length);
  const sure = shared(first, Math.min(spare, room));
  return [...sure, ...shared(second, room - sure.length)];
}

function shared(classes: readonly string[], room: number): Proposal[] {
  const served = classes.slice(0, room);
  if (served.length === 0) return [];
  const each = Math.floor(room / served.length);
  const single = TRANSFER_SYNTAXES.map((uid) => [uid]);
  const families = [NATIVE, ...COMPRESSED];
  const groups = each >= single.length ? single : each >= families.length ? families : merged(families, each);
  return served.flatMap((abstractSyntax) => groups.map((transferSyntaxes) => ({ abstractSyntax, transferSyntaxes })));
}

/** The same syntaxes in at most `count` groups: the last takes all that are left. */
function merged(groups: readonly (readonly string[])[], count: number): string[][] {
  const kept = groups.slice(0, count - 1).map((group) => [...group]);
  return [...kept, groups.slice(count - 1).flat()];
}
