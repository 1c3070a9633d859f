// Days to search in, as people say them, and the ISO dates they are today.

export const PRESETS = ["any", "today", "week", "month", "year", "range"] as const;
export type Preset = (typeof PRESETS)[number];

export interface Days {
  /** ISO date, or empty */
  from: string;
  to: string;
}

const BACK: Record<Exclude<Preset, "any" | "range">, number> = { today: 0, week: 6, month: 29, year: 364 };

const isoDay = (date: Date): string =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");

/** The person's own calendar: studies carry local dates. */
export function daysOf(preset: Preset, range: Days, now: Date): Days {
  if (preset === "any") return { from: "", to: "" };
  if (preset === "range") return range;
  const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() - BACK[preset]);
  return { from: isoDay(first), to: isoDay(now) };
}
