// What a person chose for this window: language, colours, habits. Kept in the browser, never in the project.
import { createStore } from "zustand/vanilla";

export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Preferences {
  language: Language;
  /** Go to the next image after a number key gave a label. */
  autoAdvance: boolean;
  /** Shortcuts of one character without Ctrl or Cmd (WCAG 2.1.4 asks that they can be turned off). */
  characterKeys: boolean;
  /** Shortcuts that the person chose instead of the studio's, by command. */
  keys: Readonly<Record<string, string>>;
}

const STORAGE_KEY = "loupe.preferences";

/** The first of the wished languages that the studio speaks; English otherwise. */
export function chooseLanguage(wished: readonly string[]): Language {
  for (const wish of wished) {
    if (wish.toLowerCase().startsWith("zh")) return "zh-CN";
    if (wish.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

/** What was stored, with defaults for what is missing or not understood. */
export function readPreferences(stored: string | null, wished: readonly string[]): Preferences {
  const defaults: Preferences = { language: chooseLanguage(wished), autoAdvance: false, characterKeys: true, keys: {} };
  if (stored === null) return defaults;
  try {
    const value: Partial<Record<keyof Preferences, unknown>> = JSON.parse(stored);
    return {
      language: LANGUAGES.find((language) => language === value.language) ?? defaults.language,
      autoAdvance: typeof value.autoAdvance === "boolean" ? value.autoAdvance : defaults.autoAdvance,
      characterKeys: typeof value.characterKeys === "boolean" ? value.characterKeys : defaults.characterKeys,
      keys: readKeys(value.keys),
    };
  } catch {
    return defaults;
  }
}

function readKeys(stored: unknown): Record<string, string> {
  if (typeof stored !== "object" || stored === null) return {};
  const keys = Object.entries(stored).filter(([, shortcut]) => typeof shortcut === "string" && shortcut !== "");
  return Object.fromEntries(keys);
}

const hasWindow = typeof window !== "undefined";

export const preferencesStore = createStore<Preferences>(() =>
  readPreferences(
    hasWindow ? window.localStorage.getItem(STORAGE_KEY) : null,
    hasWindow ? window.navigator.languages : [],
  ),
);

if (hasWindow) {
  preferencesStore.subscribe((preferences) => window.localStorage.setItem(STORAGE_KEY, JSON.stringify(preferences)));
}
