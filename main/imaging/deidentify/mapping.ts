// What takes the place of UIDs, patients and dates: keyed functions of the original, so that references still hold.
//
// Everything is HMAC-SHA-256 under one secret: with the secret, the same original gives the same replacement in every file and every run;
// without it, nothing leads back. Each use has its own prefix, so that a UID and a patient's ID of the same text have nothing in common.

import { createHmac } from "node:crypto";

export interface Mapping {
  /** a UID under 2.25 (PS3.5 B.2), at most 44 characters */
  uid(original: string): string;
  /** "LP-" and 16 characters of base 32 */
  patient(original: string): string;
  /** whole days, 1 to 3650, by which this patient's dates move back */
  daysBack(patient: string): number;
}

const MAX_DAYS = 3650;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** `secret`: at least 16 bytes that nobody outside can guess. */
export function keyedMapping(secret: Uint8Array): Mapping {
  if (secret.length < 16) throw new RangeError("The secret of a mapping has at least 16 bytes.");
  const digest = (use: string, original: string): Buffer =>
    createHmac("sha256", secret).update(`loupe de-identification ${use}\0${original}`).digest();
  return {
    uid(original) {
      const bytes = digest("uid", original).subarray(0, 16);
      // A UUID of version 8: made in a way of its own (RFC 9562 5.8).
      bytes[6] = (bytes[6] & 0x0f) | 0x80;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      return `2.25.${BigInt(`0x${bytes.toString("hex")}`)}`;
    },
    patient(original) {
      const bytes = digest("patient", original);
      return `LP-${Array.from({ length: 16 }, (_, i) => BASE32[bytes[i] & 31]).join("")}`;
    },
    daysBack(patient) {
      return 1 + (digest("dates", patient).readUInt32BE(0) % MAX_DAYS);
    },
  };
}

const DAY_MS = 86_400_000;

/**
 * A DA, DT or TM value, or several separated by backslashes, moved back by whole days; the time of day stays.
 * null where a value is no date: nothing is then known about what it says.
 */
export function shiftDates(value: string, vr: string, days: number): string | null {
  const shifted = value.split("\\").map((text) => shiftOne(text.trim(), vr, days));
  return shifted.includes(null) ? null : shifted.join("\\");
}

function shiftOne(text: string, vr: string, days: number): string | null {
  if (text === "") return "";
  if (vr === "TM") return /^\d{2}(:?\d{2}(:?\d{2}(\.\d{1,6})?)?)?$/.test(text) ? text : null;
  // The ACR-NEMA form with dots is read too, and written without them. A DT may end after any part.
  const parts = /^(\d{4})(?:\.?(\d{2})(?:\.?(\d{2}))?)?(\d{2,6}(?:\.\d{1,6})?)?([+-]\d{4})?$/.exec(text);
  if (!parts || (vr === "DA" && (!parts[3] || parts[4] || parts[5]))) return null;
  const [, year, month, day, time = "", zone = ""] = parts;
  const at = Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1));
  const exists = new Date(at);
  if (Number(year) < 1000 || exists.getUTCMonth() !== Number(month ?? 1) - 1) return null;
  const moved = new Date(at - days * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
  const precision = day ? 8 : month ? 6 : 4;
  return moved.slice(0, precision) + time + zone;
}
