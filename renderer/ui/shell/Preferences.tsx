// Language and colours; on the first screen too, before any project is open.
import { ActionIcon, type MantineColorScheme, Menu, useMantineColorScheme } from "@mantine/core";
import { Check, Languages, Moon, Sun, SunMoon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { LANGUAGES, preferencesStore } from "../../state/preferences.ts";

const SCHEMES = ["light", "dark", "auto"] as const satisfies MantineColorScheme[];
const SCHEME_ICONS = { light: Sun, dark: Moon, auto: SunMoon };

export function Preferences() {
  const { t } = useTranslation();
  const language = useStore(preferencesStore, (state) => state.language);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
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
          {LANGUAGES.map((code) => (
            <Menu.Item
              key={code}
              lang={code}
              role="menuitemradio"
              aria-checked={code === language}
              rightSection={code === language && <Check aria-hidden size={14} />}
              onClick={() => preferencesStore.setState({ language: code })}
            >
              {t(`languages.${code}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("theme")}>
            <SchemeIcon aria-hidden size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {SCHEMES.map((scheme) => (
            <Menu.Item
              key={scheme}
              role="menuitemradio"
              aria-checked={scheme === colorScheme}
              rightSection={scheme === colorScheme && <Check aria-hidden size={14} />}
              onClick={() => setColorScheme(scheme)}
            >
              {t(`themes.${scheme}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
