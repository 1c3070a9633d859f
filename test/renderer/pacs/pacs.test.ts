import { describe, expect, test } from "vitest";
import type { PacsFound } from "../../../preload/contract/index.ts";
import { daysOf } from "../../../renderer/views/pacs/days.ts";
import {
  isChosen,
  type Selection,
  studyState,
  toggleSeries,
  toggleStudy,
  wantedOf,
} from "../../../renderer/views/pacs/selection.ts";

const found = (study: string, series: string, objects: number | null): PacsFound => ({
  ...{ patientName: "", patientId: "", birthDate: "", date: "", description: "", accession: "", modalities: [] },
  ...{ study, series, objects, number: null, seriesCount: null },
});

const studies = [found("1", "", 9), found("1.2", "", null)];
const series = [found("1", "1.1", 4), found("1", "1.2", 5)];
const lists = new Map([["1", series]]);
const none: Selection = new Set();

describe("what is chosen", () => {
  test("a study stands for all its series; taking one out leaves the others, adding the last makes it whole", () => {
    const whole = toggleStudy(none, "1");
    expect(studyState(whole, "1")).toBe("all");
    expect(series.every((one) => isChosen(whole, one))).toBe(true);
    const less = toggleSeries(whole, series[0]!, series);
    expect(studyState(less, "1")).toBe("some");
    expect(wantedOf(less, studies, lists)).toEqual([{ study: "1", series: "1.2", objects: 5 }]);
    const again = toggleSeries(less, series[0]!, series);
    expect(again).toEqual(whole);
    expect(wantedOf(again, studies, lists)).toEqual([{ study: "1", objects: 9 }]);
    expect(toggleStudy(again, "1")).toEqual(none);
  });

  test("a study with some of its series becomes whole; one whose UID begins like another's is left alone", () => {
    const some = toggleSeries(toggleStudy(none, "1.2"), series[1]!, series);
    const whole = toggleStudy(some, "1");
    expect(wantedOf(whole, studies, lists)).toEqual([
      { study: "1", objects: 9 },
      { study: "1.2", objects: null },
    ]);
    expect(some.size).toBe(2);
  });
});

describe("days", () => {
  const now = new Date(2026, 2, 3, 23, 59);
  test.each([
    ["any", "", ""],
    ["today", "2026-03-03", "2026-03-03"],
    ["week", "2026-02-25", "2026-03-03"],
    ["month", "2026-02-02", "2026-03-03"],
    ["year", "2025-03-04", "2026-03-03"],
    ["range", "2020-01-01", ""],
  ] as const)("%s is from %s to %s", (preset, from, to) => {
    expect(daysOf(preset, { from: "2020-01-01", to: "" }, now)).toEqual({ from, to });
  });
});
