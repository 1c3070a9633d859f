import { describe, expect, test } from "vitest";
import { passphraseStrength } from "../../../renderer/views/welcome/passphrase.ts";

describe("passphrase hint", () => {
  test.each([
    ["seven77", "short"],
    ["aaaaaaaaaaaa", "weak"],
    ["12345678", "weak"],
    ["abcdefghij", "weak"],
    ["Tr0ub4dor&3", "fair"],
    ["correct horse battery staple", "good"],
    ["正确的马电池订书钉", "good"],
  ])("%s is %s", (passphrase, strength) => {
    expect(passphraseStrength(passphrase)).toBe(strength);
  });
});
