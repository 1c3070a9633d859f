import { expect, test } from "vitest";
import { figuresFor, NO_FIGURE } from "../../../renderer/ui/plots/figures.ts";

const en = figuresFor("en");
const zh = figuresFor("zh-CN");

test("shares are percent with one decimal, AUC has three decimals, in both languages", () => {
  for (const figures of [en, zh]) {
    expect(figures.percent(0.9534)).toBe("95.3%");
    expect(figures.auc(0.96)).toBe("0.960");
  }
});

test("differences carry a true minus or a plus, and none where they round to zero", () => {
  expect(en.signed(-0.0041)).toBe("−0.004");
  expect(en.signed(0.012)).toBe("+0.012");
  expect(en.signed(-0.0001)).toBe("0.000");
});

test("a difference of shares is in percentage points, in the language's words", () => {
  expect(en.points(-0.029)).toBe("−2.9 pp");
  expect(zh.points(0.012)).toBe("+1.2 个百分点");
});

test("learning rates far below one are written with an exponent, others plainly", () => {
  expect(en.significant(0.000000534)).toBe("5.34E-7");
  expect(en.significant(0.0003)).toBe("0.0003");
  expect(en.significant(0)).toBe("0");
});

test("what is not a number is an en dash, never NaN", () => {
  for (const text of [
    en.percent(Number.NaN),
    en.auc(null),
    en.signed(Number.POSITIVE_INFINITY),
    en.milliseconds(Number.NaN),
  ]) {
    expect(text).toBe(NO_FIGURE);
  }
});
