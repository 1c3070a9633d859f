// Language, colours and help, on the first screen too, before any project is open; the idle lock where it is one's to choose.
import { ActionIcon, type MantineColorScheme, Menu, useMantineColorScheme } from "@mantine/core";
import { CircleQuestionMark, Languages, Moon, Sun, SunMoon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { helpStore } from "../../state/help.ts";
import { LANGUAGES, type Language, preferencesStore } from "../../state/preferences.ts";
import { useMay } from "../../studio/queries.ts";
import { IdleLock } from "./IdleLock.tsx";

const SCHEMES = ["light", "dark", "auto"] as const satisfies MantineColorScheme[];
const SCHEME_ICONS = { light: Sun, dark: Moon, auto: SunMoon };

export function Preferences() {
  const { t } = useTranslation();
  const language = useStore(preferencesStore, (state) => state.language);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const mayChooseLock = useMay("app.saveSettings");
  const SchemeIcon = SCHEME_ICONS[colorScheme];
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("language")}>
            <Languages aria-hidden size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.RadioGroup
            value={language}
            onChange={(value) => preferencesStore.setState({ language: value as Language })}
          >
            {LANGUAGES.map((code) => (
              <Menu.RadioItem key={code} value={code} lang={code} closeMenuOnClick>
                {t(`languages.${code}`)}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("theme")}>
            <SchemeIcon aria-hidden size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as MantineColorScheme)}>
            {SCHEMES.map((scheme) => (
              <Menu.RadioItem key={scheme} value={scheme} closeMenuOnClick>
                {t(`themes.${scheme}`)}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </Menu.Dropdown>
      </Menu>
      {mayChooseLock && <IdleLock />}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("help")}>
            <CircleQuestionMark aria-hidden size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => helpStore.setState({ shown: "guide" })}>{t("guide")}</Menu.Item>
          <Menu.Item onClick={() => helpStore.setState({ shown: "about" })}>{t("about.title")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
