// A rough, honest hint about a passphrase: an upper bound of the guesses it takes, never a promise.
//
// Characters count by the kinds in use; repeated characters and runs such as "abcd" or "1234" count little. The studio's own
// rule is only the length; this teaches.
import { PASSPHRASE_MIN_LENGTH } from "../../../preload/contract/project.ts";

export type Strength = "short" | "weak" | "fair" | "good";

const KINDS: { pattern: RegExp; size: number }[] = [
  { pattern: /[a-z]/, size: 26 },
  { pattern: /[A-Z]/, size: 26 },
  { pattern: /[0-9]/, size: 10 },
  { pattern: /[ -/:-@[-`{-~]/, size: 33 },
  { pattern: /[^ -~]/, size: 2000 },
];
const FAIR_BITS = 45;
const GOOD_BITS = 80;

export function passphraseStrength(passphrase: string): Strength {
  const characters = [...passphrase];
  if (characters.length < PASSPHRASE_MIN_LENGTH) return "short";
  const pool = KINDS.reduce((sum, { pattern, size }) => sum + (pattern.test(passphrase) ? size : 0), 0);
  let bits = 0;
  characters.forEach((character, index) => {
    const step = index > 0 ? character.codePointAt(0)! - characters[index - 1].codePointAt(0)! : Number.NaN;
    const seen = characters.indexOf(character) < index;
    bits += Math.abs(step) <= 1 ? 1 : Math.log2(pool) * (seen ? 0.7 : 1);
  });
  if (bits < FAIR_BITS) return "weak";
  return bits < GOOD_BITS ? "fair" : "good";
}
