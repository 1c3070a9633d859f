import fc from "fast-check";
import { expect, test } from "vitest";
import { makeRecoveryKey, readRecoveryKey } from "../../main/project/recovery-key.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

test("a recovery key is six groups of six, and no two are alike", () => {
  const keys = Array.from({ length: 100 }, makeRecoveryKey);
  for (const key of keys) expect(key).toMatch(/^([0-9A-HJKMNP-TV-Z]{6}-){5}[0-9A-HJKMNP-TV-Z]{6}$/);
  expect(new Set(keys).size).toBe(100);
});

test("case, spaces, dashes of any kind, and O for 0, I or L for 1 do not matter", () => {
  const key = makeRecoveryKey();
  const typed = ` ${key.toLowerCase().replaceAll("-", " – ").replaceAll("0", "o").replaceAll("1", "l")}\n`;
  expect(readRecoveryKey(typed)).toEqual(readRecoveryKey(key));
});

test("every single wrong character is found, with the number of its group", () => {
  const key = makeRecoveryKey();
  for (let place = 0; place < key.length; place++) {
    if (key[place] === "-") continue;
    for (const wrong of ALPHABET) {
      if (wrong === key[place]) continue;
      const typed = key.slice(0, place) + wrong + key.slice(place + 1);
      expect(() => readRecoveryKey(typed)).toThrow(`Group ${Math.floor(place / 7) + 1} of the recovery key`);
    }
  }
});

test("two characters swapped in a group, or two groups swapped, are found", () => {
  fc.assert(
    fc.property(fc.nat(5), fc.nat(5), fc.nat(5), (group, first, second) => {
      const groups = makeRecoveryKey().split("-");
      const characters = [...groups[group]!];
      fc.pre(characters[first] !== characters[second]);
      [characters[first], characters[second]] = [characters[second]!, characters[first]!];
      const swapped = groups.with(group, characters.join(""));
      expect(() => readRecoveryKey(swapped.join("-"))).toThrow(`Group ${group + 1} `);
      const other = (group + 1) % 6;
      const moved = groups.with(group, groups[other]!).with(other, groups[group]!);
      if (groups[group] !== groups[other]) expect(() => readRecoveryKey(moved.join("-"))).toThrow("typing error");
    }),
  );
});

test("a key of the wrong length or with a foreign character is refused with a sentence", () => {
  const key = makeRecoveryKey();
  expect(() => readRecoveryKey(key.slice(0, -1))).toThrow("this one has 35");
  expect(() => readRecoveryKey(`${key.slice(0, -1)}ü`)).toThrow("Character 36 of the recovery key");
  expect(() => readRecoveryKey("")).toThrow("this one has 0");
});
