// Every command of this moment, found by typing (Ctrl or Cmd + K).
import { Modal, ScrollArea, Text, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Command } from "../../commands/Command.ts";
import { commandStore, shortcutsOf } from "../../commands/registry.ts";
import { useCommandName } from "../../commands/useCommandName.ts";
import classes from "./CommandPalette.module.css";
import { Keys } from "./Keys.tsx";

export function CommandPalette({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const { t } = useTranslation(["shell", "commands"]);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("palette")}
      size="lg"
      yOffset="12vh"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Palette onClose={onClose} />
    </Modal>
  );
}

function Palette({ onClose }: { onClose(): void }) {
  const { t } = useTranslation(["shell", "commands"]);
  const lists = useStore(commandStore, (state) => state.lists);
  const [words, setWords] = useState("");
  const [active, setActive] = useState(0);
  const listId = useId();
  const name = useCommandName();
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = lists
    .toReversed()
    .flat()
    .filter((command) => !command.keyOnly && command.id !== "app.palette" && command.enabled())
    .map((command) => ({ command, name: name(command), group: t(`commands:groups.${command.group}`) }))
    .filter((entry) => wanted.every((word) => `${entry.group} ${entry.name}`.toLowerCase().includes(word)));
  const at = Math.min(active, found.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    void command.run();
  };
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={found[at] ? `${listId}-${at}` : undefined}
        aria-label={t("paletteSearch")}
        placeholder={t("paletteSearch")}
        leftSection={<Search aria-hidden size={16} />}
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setActive(Math.min(at + 1, found.length - 1));
          else if (event.key === "ArrowUp") setActive(Math.max(at - 1, 0));
          else if (event.key === "Enter") run(found[at]?.command);
          else return;
          event.preventDefault();
        }}
      />
      <ScrollArea.Autosize mah="50vh" mt="sm" type="auto">
        <div id={listId} role="listbox" aria-label={t("palette")}>
          {found.map((entry, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above owns the keyboard (aria-activedescendant)
            <div
              key={`${entry.command.id} ${entry.name}`}
              id={`${listId}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              className={classes.option}
              onClick={() => run(entry.command)}
              onMouseMove={() => setActive(index)}
            >
              <span>
                <span className={classes.group}>{entry.group}</span> {entry.name}
              </span>
              {shortcutsOf(entry.command)[0] && <Keys shortcut={shortcutsOf(entry.command)[0]!} />}
            </div>
          ))}
        </div>
        {found.length === 0 && (
          <Text c="dimmed" p="sm" role="status">
            {t("paletteEmpty")}
          </Text>
        )}
      </ScrollArea.Autosize>
    </>
  );
}
