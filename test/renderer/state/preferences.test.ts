import { describe, expect, test } from "vitest";
import { chooseLanguage, readPreferences } from "../../../renderer/state/preferences.ts";

describe("preferences", () => {
  test("the first language that the studio speaks is taken", () => {
    expect(chooseLanguage(["fr-FR", "zh-TW", "en"])).toBe("zh-CN");
    expect(chooseLanguage(["fr"])).toBe("en");
  });

  test("what was stored broken or by another version falls back, piece by piece", () => {
    expect(readPreferences("{not json", ["en"]).characterKeys).toBe(true);
    expect(readPreferences('{"language":"tlh","autoAdvance":true}', ["zh"])).toEqual({
      language: "zh-CN",
      autoAdvance: true,
      characterKeys: true,
      keys: {},
    });
    expect(readPreferences('{"keys":{"viewer.fit":"G","viewer.invert":7,"app.lock":""}}', ["en"]).keys).toEqual({
      "viewer.fit": "G",
    });
  });
});
