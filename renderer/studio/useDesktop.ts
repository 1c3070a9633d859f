// The page in the desktop window: its menus, language and colours go out, menu entries and projects to open come in. Nothing in a browser.
import { useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Menus } from "../../preload/contract/bridge.ts";
import type { Command } from "../commands/Command.ts";
import { commandStore, shortcutsOf } from "../commands/registry.ts";
import { useCommandName } from "../commands/useCommandName.ts";
import { offerStore } from "../state/offer.ts";
import { type Language, preferencesStore } from "../state/preferences.ts";

/** A view changes its list several times while it loads; the menus follow when it rests. */
const REST_MS = 100;
const LONGEST_TITLE = 300;

/** Mount once. */
export function useDesktop(): void {
  const { t, i18n } = useTranslation("commands");
  const name = useCommandName();
  const lists = useStore(commandStore, (state) => state.lists);
  const ownKeys = useStore(preferencesStore, (state) => state.keys);
  const { colorScheme } = useMantineColorScheme();
  const language = i18n.language as Language;
  const offered = useRef(new Map<string, Command>());

  useEffect(() => {
    window.loupe?.onCommand((key) => runFromMenu(offered.current.get(key)));
    window.loupe?.onOffer((project) => offerStore.setState({ project }));
  }, []);

  useEffect(() => {
    void window.loupe?.show({ language, colours: colorScheme });
  }, [language, colorScheme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: names and shortcuts follow the language and the person's own keys
  useEffect(() => {
    const { loupe } = window;
    if (!loupe) return;
    const timer = setTimeout(() => {
      offered.current = new Map();
      const menus = new Map<string, Menus[number]>();
      const commands = lists.flat().sort((a, b) => Number(isOfRoom(a)) - Number(isOfRoom(b)));
      for (const command of commands) {
        if (command.keyOnly) continue;
        const key = `${offered.current.size} ${command.id}`;
        offered.current.set(key, command);
        const label = t(`groups.${command.group}`);
        const menu = menus.get(label) ?? { label, isHelp: command.group === "help", items: [] };
        const title = name(command).slice(0, LONGEST_TITLE);
        menu.items.push({ key, label: title, shortcut: shortcutsOf(command)[0] ?? null });
        menus.set(label, menu);
      }
      void loupe.setMenus([...menus.values()]);
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [lists, ownKeys, language]);
}

/** What is there in every room comes before what the open one adds. */
const isOfRoom = ({ group }: Command): boolean => group !== "app" && group !== "go";

/** Menus stay open to the mouse behind a dialog; only what concerns the whole program runs then. */
function runFromMenu(command: Command | undefined): void {
  if (!command?.enabled()) return;
  const behindDialog = document.querySelector("[aria-modal=true]") !== null;
  if (behindDialog && command.group !== "app" && command.group !== "help") return;
  void command.run();
}
