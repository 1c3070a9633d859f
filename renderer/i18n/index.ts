// The interface's language: English and Simplified Chinese from the first screen, switched without a reload.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { preferencesStore } from "../state/preferences.ts";
import { resources } from "./resources.ts";

export async function startLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources,
    lng: preferencesStore.getState().language,
    fallbackLng: "en",
    defaultNS: "shell",
    interpolation: { escapeValue: false }, // React escapes
  });
  const apply = () => {
    const { language } = preferencesStore.getState();
    document.documentElement.lang = language;
    if (i18next.language !== language) void i18next.changeLanguage(language);
  };
  apply();
  preferencesStore.subscribe(apply);
}
