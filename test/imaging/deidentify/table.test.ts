// The table of PS3.15 against what is done: every attribute of it, with no option, with each option, and with all of them.

import { describe, expect, test } from "vitest";
import { deidentifyDicom } from "../../../main/imaging/deidentify/deidentify.ts";
import { keyedMapping } from "../../../main/imaging/deidentify/mapping.ts";
import { OPTIONS, type Option } from "../../../main/imaging/deidentify/profile.ts";
import { COLUMNS, ROWS, type Row } from "../../../main/imaging/deidentify/table.ts";
import { Attributes } from "../../../main/imaging/dicom/attributes.ts";
import { type Element, readPart10 } from "../../../main/imaging/dicom/dataset.ts";
import { dictionaryEntry } from "../../../main/imaging/dicom/dictionary.ts";
import { CLASSICAL_IOD, PLANTED, type Planted, plantedElements, plantedFile, UNKNOWN_IOD } from "./planted.ts";

const mapping = keyedMapping(new Uint8Array(32).fill(9));
const ALL = Object.keys(OPTIONS) as Option[];
const CHOICES: readonly Option[][] = [[], ...ALL.map((option) => [option]), ALL];

const BEFORE = new Map(plantedElements().map(({ tag, value }) => [tag, value]));

type Effect = "absent" | "empty" | "replaced" | "same" | "items";

/** What a row's letters and its basic action allow, read from the table's own words and not from profile.ts. */
function allowed({ basic, letters, keyword }: Row, chosen: readonly Option[], vr: string): Effect[] {
  const columns = letters.map((letter) => COLUMNS[letter]).filter(({ option }) => chosen.includes(option as Option));
  const byCode: Record<string, Effect[]> = {
    X: ["absent"],
    Z: ["empty", "replaced"],
    D: [vr === "SQ" ? "items" : "replaced"],
    U: [vr === "SQ" ? "items" : "replaced"],
  };
  const basicEffects = basic.split("/").flatMap((code) => byCode[code]);
  if (columns.some(({ action }) => action === "C")) {
    // Cleaned, and where nothing is left or nothing can be cleaned, as without the option.
    const cleaned: Effect[] =
      vr === "SQ" ? ["items"] : vr === "TM" || keyword === "TimezoneOffsetFromUTC" ? ["same"] : ["replaced"];
    return [...cleaned, ...basicEffects];
  }
  if (columns.length > 0) return [vr === "SQ" ? "items" : "same"];
  return basicEffects;
}

function effectOf(planted: Planted, element: Element | undefined, attributes: Attributes): Effect {
  if (!element) return "absent";
  if (element.items) return element.items.length === 0 ? "empty" : "items";
  if (element.length === 0) return "empty";
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1").trimEnd();
  return text(attributes.bytes(element)) === text(BEFORE.get(planted.tag) ?? new Uint8Array()) ? "same" : "replaced";
}

describe("the table", () => {
  test("has every row once, under the name that PS3.6 gives the attribute", () => {
    expect(new Set(ROWS.map(({ tag }) => tag)).size).toBe(ROWS.length);
    expect(ROWS.length).toBe(620);
    const wrong = ROWS.filter(({ tag, keyword }) => {
      const entry = dictionaryEntry(Number.parseInt(tag.replaceAll("x", "0"), 16));
      return keyword !== (entry?.keyword ?? keyword);
    });
    expect(wrong).toEqual([]);
  });

  test("codes and letters are those of the standard, in the numbers counted there", () => {
    const codes: Record<string, number> = {};
    for (const { basic } of ROWS) codes[basic] = (codes[basic] ?? 0) + 1;
    // Rows of 2024b, counted in another program's copy of the standard's table.
    expect(codes).toEqual({ X: 383, U: 54, D: 92, Z: 42, "X/Z": 11, "Z/D": 6, "X/Z/D": 8, "X/D": 22, "X/Z/U": 2 });
    expect(ROWS.every(({ letters }) => letters.every((letter) => letter in COLUMNS))).toBe(true);
  });
});

describe("every attribute with every choice of options", () => {
  for (const [title, sopClass] of [
    ["whose IOD is not known", UNKNOWN_IOD],
    ["of a secondary capture image", CLASSICAL_IOD],
  ] as const) {
    test.each(CHOICES.map((chosen) => [chosen.join(" + ") || "no option", chosen] as const))(
      `in an object ${title}: %s`,
      (_, chosen) => {
        const { bytes } = deidentifyDicom(plantedFile(sopClass), { options: chosen, mapping });
        const { dataSet } = readPart10(bytes, 1 << 26);
        const attributes = new Attributes(dataSet);
        const wrong = PLANTED.flatMap((planted) => {
          const effect = effectOf(planted, dataSet.elements.get(planted.tag), attributes);
          // Groups of commands and directories have no place in a file; graphics go as whole groups.
          const group = planted.tag >>> 16;
          const expected: Effect[] = group < 8 ? ["absent"] : allowed(planted.row, chosen, planted.vr);
          if (!expected.includes(effect)) return [{ row: planted.row.keyword, effect, expected }];
          // Where the Type is not known, nothing that could be required is left out.
          const compound = planted.row.basic.includes("/");
          return compound && sopClass === UNKNOWN_IOD && effect === "absent"
            ? [{ row: planted.row.keyword, effect, expected }]
            : [];
        });
        expect(wrong).toEqual([]);
        expect(PLANTED).toHaveLength(ROWS.length - 1);
      },
    );
  }
});
