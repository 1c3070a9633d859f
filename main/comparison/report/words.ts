// The report's sentences and numbers in one language.

import enFairness from "../../../resources/locales/en/fairness.json" with { type: "json" };
import en from "../../../resources/locales/en/report.json" with { type: "json" };
import enRuns from "../../../resources/locales/en/runs.json" with { type: "json" };
import zhFairness from "../../../resources/locales/zh-CN/fairness.json" with { type: "json" };
import zh from "../../../resources/locales/zh-CN/report.json" with { type: "json" };
import zhRuns from "../../../resources/locales/zh-CN/runs.json" with { type: "json" };

export type ReportLanguage = "en" | "zh-CN";
type Sentences = typeof en;

const LANGUAGES: Record<ReportLanguage, { own: Sentences; fairness: typeof enFairness; runs: typeof enRuns }> = {
  en: { own: en, fairness: enFairness, runs: enRuns },
  "zh-CN": { own: zh, fairness: zhFairness, runs: zhRuns },
};

export interface Words {
  readonly language: ReportLanguage;
  readonly own: Sentences;
  readonly fairness: typeof enFairness;
  /** A field of a recipe, `augment.shift` by its last part. */
  field(name: string): string;
  fill(sentence: string, values: Readonly<Record<string, string | number>>): string;
  whole(value: number): string;
  decimal(value: number, digits?: number): string;
  short(value: number): string;
  percent(share: number): string;
  signed(value: number): string;
  p(value: number | null): string;
  interval(
    estimate: { value: number; low: number | null; high: number | null } | null,
    as?: (value: number) => string,
  ): string;
  duration(seconds: number): string;
  bytes(count: number): string;
  date(iso: string): string;
}

export function wordsIn(language: ReportLanguage): Words {
  const { own, fairness, runs } = LANGUAGES[language];
  const number = (options: Intl.NumberFormatOptions) => {
    const format = new Intl.NumberFormat(language, options);
    return (value: number): string => (Number.isFinite(value) ? format.format(value) : own.none);
  };
  const decimal = (value: number, digits = 3): string =>
    number({ minimumFractionDigits: digits, maximumFractionDigits: digits })(value);
  const fields: Readonly<Record<string, string>> = runs.field;
  const fill: Words["fill"] = (sentence, values) =>
    sentence.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => String(values[name] ?? ""));
  const whole = number({ maximumFractionDigits: 0 });
  return {
    language,
    own,
    fairness,
    field: (name) => fields[name.split(".").at(-1)!] ?? name,
    fill,
    whole,
    decimal,
    short: number({ maximumSignificantDigits: 3 }),
    percent: number({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    signed: (value) => `${value < 0 ? "−" : "+"}${decimal(Math.abs(value))}`,
    p: (value) => (value === null ? own.none : value < 0.001 ? `< ${decimal(0.001)}` : decimal(value)),
    interval(estimate, as = decimal) {
      if (estimate === null) return own.none;
      const { value, low, high } = estimate;
      return low === null || high === null
        ? as(value)
        : fill(own.interval, { value: as(value), low: as(low), high: as(high) });
    },
    duration(seconds) {
      const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
      const rest = fill(own.seconds, { value: number({ maximumFractionDigits: seconds < 60 ? 1 : 0 })(seconds % 60) });
      if (hours > 0) return fill(own.hours, { hours, minutes });
      return minutes > 0 ? `${fill(own.minutes, { minutes })} ${rest}` : rest;
    },
    bytes: (count) => (count < 1e6 ? `${whole(count / 1e3)} kB` : `${decimal(count / 1e6, 1)} MB`),
    date: (iso) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`,
  };
}
