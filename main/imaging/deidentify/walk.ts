// One data set after the other, element by element: asks profile.ts what to do and does it.
//
// Text is decoded with the character set that holds where it stands and written as UTF-8; `nonAscii` says whether that makes a
// difference, so that the caller can say so in Specific Character Set. What was done is told by tag and path, never by value.

import { textDecoder } from "../dicom/charset.ts";
import { dictionaryEntry, tagOf, tagText } from "../dicom/dictionary.ts";
import { type EditableElement, sequence, textLeaf } from "../dicom/encode.ts";
import { dummyOf } from "./dummy.ts";
import { type Mapping, shiftDates } from "./mapping.ts";
import { type Action, actionFor, basicAction, type Option, rowOf } from "./profile.ts";
import { identifyingWords, WORD_VRS, withoutIdentity, withoutWords } from "./words.ts";

export type Done = "removed" | "emptied" | "replaced" | "mapped" | "shifted" | "cleaned" | "kept";

export interface Change {
  /** keywords of the sequences around it and its own, separated by slashes; a tag in hexadecimal where there is no keyword */
  readonly path: string;
  /** eight hexadecimal digits */
  readonly tag: string;
  readonly done: Done;
  /** how often: a sequence has many items */
  readonly count: number;
}

export interface Walked {
  readonly elements: EditableElement[];
  readonly changes: Change[];
  /** some written text is more than ASCII */
  readonly nonAscii: boolean;
}

export interface Setting {
  readonly options: ReadonlySet<Option>;
  readonly mapping: Mapping;
  readonly sopClass: string;
  /** what stands for the patient */
  readonly pseudonym: string;
  readonly daysBack: number;
}

type Decode = (bytes: Uint8Array) => string;
const latin1 = new TextDecoder("latin1");
const PSEUDONYMOUS = new Set(["PatientName", "PatientID", "ClinicalTrialSubjectID"]);
/** UIDs of the standard itself name nobody, and a mapped one would name nothing: well-known frames of reference. */
const OF_THE_STANDARD = "1.2.840.10008.";
/** Content items about the patient (PS3.16 TID 1007): name, ID, birth date, sex, age, species. */
const SUBJECT_CONCEPTS: ReadonlyMap<string, "identity" | "characteristic"> = new Map([
  ["121029", "identity"],
  ["121030", "identity"],
  ["121031", "identity"],
  ["121032", "characteristic"],
  ["121033", "characteristic"],
]);

export function walkDataSet(elements: readonly EditableElement[], setting: Setting): Walked {
  return new Walk(elements, setting).run(elements);
}

/** Where the walk is: what is around it. */
interface Place {
  readonly path: string;
  readonly decode: Decode;
  /** within a sequence whose content is replaced by dummies */
  readonly dummies: boolean;
}

class Walk {
  readonly #setting: Setting;
  readonly #words: Set<string>;
  readonly #changes = new Map<string, Change>();
  #nonAscii = false;

  constructor(elements: readonly EditableElement[], setting: Setting) {
    this.#setting = setting;
    const decode = decoderOf(elements, textDecoder([]));
    this.#words = identifyingWords(elements, ({ value }) => decode(value));
  }

  run(elements: readonly EditableElement[]): Walked {
    const written = this.#dataSet(elements, { path: "", decode: textDecoder([]), dummies: false });
    return { elements: written, changes: [...this.#changes.values()], nonAscii: this.#nonAscii };
  }

  #dataSet(elements: readonly EditableElement[], around: Place): EditableElement[] {
    const place = { ...around, decode: decoderOf(elements, around.decode) };
    return elements.flatMap((element) => this.#element(element, place));
  }

  #element(element: EditableElement, place: Place): EditableElement[] {
    const { tag, vr } = element;
    if (tag === tagOf("SpecificCharacterSet")) return [element];
    const action = actionFor(tag, vr, this.#setting.options, this.#setting.sopClass);
    const keyword = dictionaryEntry(tag)?.keyword ?? "";
    if (PSEUDONYMOUS.has(keyword) && action !== "remove") {
      this.#tell(element, place, "replaced");
      return [textLeaf(tag, vr, this.#setting.pseudonym)];
    }
    if (place.dummies && (action === "keep" || action === "search" || action === "clean")) {
      return this.#inDummies(element, place, action);
    }
    return this.#act(element, place, action);
  }

  #act(element: EditableElement, place: Place, action: Action): EditableElement[] {
    switch (action) {
      case "remove":
        this.#tell(element, place, "removed");
        return [];
      case "empty":
        if (element.value.length > 0 || (element.items?.length ?? 0) > 0) this.#tell(element, place, "emptied");
        return [element.items ? sequence(element.tag) : textLeaf(element.tag, element.vr, "")];
      case "dummy":
        return [this.#dummy(element, place)];
      case "map-uid":
        return [this.#mapUids(element, place)];
      case "clean":
        return this.#clean(element, place);
      case "search":
        return [this.#search(element, place)];
      case "keep":
        return [this.#keep(element, place)];
    }
  }

  #dummy(element: EditableElement, place: Place): EditableElement {
    this.#tell(element, place, "replaced");
    if (element.items) return this.#items(element, { ...place, dummies: true });
    return element.vr === "UI" ? this.#mapUids(element, place) : dummyOf(element);
  }

  /** Within a replaced sequence words and coordinates go; codes of kinds (CS), counts and class UIDs stay, so that it stays readable. */
  #inDummies(element: EditableElement, place: Place, action: Action): EditableElement[] {
    if (element.items) return [this.#items(element, place)];
    if (!WORD_VRS.has(element.vr) && !["AE", "FL", "FD", "OF", "OD"].includes(element.vr)) {
      return this.#act(element, place, action);
    }
    if (element.tag === tagOf("CodingSchemeDesignator")) return [textLeaf(element.tag, element.vr, "99LOUPE")];
    return [dummyOf(element)];
  }

  #mapUids(element: EditableElement, place: Place): EditableElement {
    const uids = latin1
      .decode(element.value)
      .split("\\")
      .map((uid) => uid.replaceAll("\0", "").trim());
    if (uids.every((uid) => uid === "" || uid.startsWith(OF_THE_STANDARD))) return element;
    this.#tell(element, place, "mapped");
    const mapped = uids.map((uid) =>
      uid === "" || uid.startsWith(OF_THE_STANDARD) ? uid : this.#setting.mapping.uid(uid),
    );
    return textLeaf(element.tag, element.vr, mapped.join("\\"));
  }

  /** What an option cleans; where nothing is left, what the Basic Profile does. */
  #clean(element: EditableElement, place: Place): EditableElement[] {
    const { tag, vr } = element;
    if (element.items) {
      this.#tell(element, place, "cleaned");
      return [this.#items(element, place)];
    }
    const row = rowOf(tag);
    const otherwise = row ? basicAction(row, this.#setting.sopClass) : "dummy";
    if (element.value.length === 0) return [element];
    if (vr === "DA" || vr === "DT" || vr === "TM") {
      const text = latin1.decode(element.value).replaceAll("\0", "");
      const shifted = shiftDates(text, vr, this.#setting.daysBack);
      if (shifted === null) return this.#act(element, place, otherwise);
      this.#tell(element, place, "shifted");
      return [textLeaf(tag, vr, shifted)];
    }
    if (row?.letters.includes("t") && vr === "SH") return [this.#keep(element, place)];
    if (!WORD_VRS.has(vr)) return this.#act(element, place, otherwise);
    const cleaned = place
      .decode(element.value)
      .split(vr === "LO" || vr === "SH" || vr === "UC" ? "\\" : /$^/)
      .map((text) => withoutIdentity(text.replaceAll("\0", ""), this.#words))
      .join("\\");
    if (!/[\p{L}\p{N}]/u.test(cleaned)) return this.#act(element, place, otherwise);
    this.#tell(element, place, "cleaned");
    return [this.#text(tag, vr, cleaned)];
  }

  /** Free text that no row names: the same text, without the words that identify in this file. */
  #search(element: EditableElement, place: Place): EditableElement {
    const text = place.decode(element.value);
    const searched = withoutWords(text, this.#words);
    if (searched === text) return this.#text(element.tag, element.vr, text, element);
    this.#tell(element, place, "cleaned");
    const tidy = searched.replace(/ {2,}/g, " ").trim();
    return this.#text(element.tag, element.vr, /[\p{L}\p{N}]/u.test(tidy) ? tidy : dummyText(element));
  }

  #keep(element: EditableElement, place: Place): EditableElement {
    if (element.items) return this.#items(element, place);
    if (rowOf(element.tag)) this.#tell(element, place, "kept");
    if (!WORD_VRS.has(element.vr)) return element;
    return this.#text(element.tag, element.vr, place.decode(element.value), element);
  }

  #items(element: EditableElement, place: Place): EditableElement {
    const path = `${place.path}${nameOf(element.tag)}/`;
    const items = (element.items ?? []).filter((item) => !this.#isAboutSubject(element.tag, item, place));
    return sequence(
      element.tag,
      items.map((item) => this.#dataSet(item, { ...place, path })),
    );
  }

  #isAboutSubject(tag: number, item: readonly EditableElement[], place: Place): boolean {
    if (tag !== tagOf("ContentSequence")) return false;
    const name = item.find((element) => element.tag === tagOf("ConceptNameCodeSequence"))?.items?.[0];
    const code = name?.find((element) => element.tag === tagOf("CodeValue"));
    const kind = SUBJECT_CONCEPTS.get(code ? latin1.decode(code.value).trim() : "");
    const retained = this.#setting.options.has("retain-patient-characteristics");
    const goes = kind === "identity" || (kind === "characteristic" && !retained);
    if (goes) this.#count(`${place.path}ContentSequence/(about the patient)`, tag, "removed");
    return goes;
  }

  /** `same`: the element that already holds this text, kept byte for byte where it is plain ASCII. */
  #text(tag: number, vr: string, text: string, same?: EditableElement): EditableElement {
    const isAscii = /^\p{ASCII}*$/u.test(text);
    if (!isAscii) this.#nonAscii = true;
    if (same && isAscii && !same.value.includes(0x1b)) return same;
    return textLeaf(tag, vr, text.replace(/[\0 ]+$/, ""));
  }

  #tell({ tag }: EditableElement, place: Place, done: Done): void {
    this.#count(place.path + nameOf(tag), tag, done);
  }

  #count(path: string, tag: number, done: Done): void {
    const key = `${path} ${done}`;
    const count = (this.#changes.get(key)?.count ?? 0) + 1;
    this.#changes.set(key, { path, tag: tagText(tag), done, count });
  }
}

const nameOf = (tag: number): string => dictionaryEntry(tag)?.keyword ?? tagText(tag);

function dummyText(element: EditableElement): string {
  return new TextDecoder().decode(dummyOf(element).value);
}

function decoderOf(elements: readonly EditableElement[], around: Decode): Decode {
  const own = elements.find(({ tag }) => tag === tagOf("SpecificCharacterSet"));
  return own ? textDecoder(latin1.decode(own.value).split("\\")) : around;
}
