// All shortcuts of this moment, by group, and the way to choose others; and the switch for keys of one character (WCAG 2.1.4).
import { Button, Group, Modal, SimpleGrid, Stack, Switch, Text, Title, VisuallyHidden } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Command, CommandGroup } from "../../commands/Command.ts";
import { commandStore, isChangeable, shortcutsOf, takenBy } from "../../commands/registry.ts";
import { shortcutOf } from "../../commands/shortcut.ts";
import { useCommandName } from "../../commands/useCommandName.ts";
import { isMac } from "../../commands/useCommands.ts";
import { preferencesStore } from "../../state/preferences.ts";
import { Keys } from "./Keys.tsx";
import classes from "./ShortcutSheet.module.css";

export function ShortcutSheet({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const { t } = useTranslation(["shell", "commands"]);
  const lists = useStore(commandStore, (state) => state.lists);
  const characterKeys = useStore(preferencesStore, (state) => state.characterKeys);
  const keys = useStore(preferencesStore, (state) => state.keys);
  const [changing, setChanging] = useState<string | null>(null);
  const groups = new Map<CommandGroup, Command[]>();
  for (const command of lists.flat()) {
    if (command.shortcuts.length > 0) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  }
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      closeOnEscape={changing === null}
      title={t("shortcuts")}
      size="xl"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
        {[...groups].map(([group, commands]) => (
          <Stack key={group} gap={4} component="section">
            <Title order={3} size="h6">
              {t(`commands:groups.${group}`)}
            </Title>
            <dl className={classes.list}>
              {commands.map((command) => (
                <Row
                  key={`${command.id} ${command.shortcuts[0]}`}
                  command={command}
                  changing={changing === command.id}
                  onChange={(now) => setChanging(now ? command.id : null)}
                />
              ))}
            </dl>
          </Stack>
        ))}
      </SimpleGrid>
      <Group mt="lg" justify="space-between">
        <Switch
          label={t("characterKeys")}
          checked={characterKeys}
          onChange={(event) => preferencesStore.setState({ characterKeys: event.currentTarget.checked })}
        />
        {Object.keys(keys).length > 0 && (
          <Button variant="default" size="xs" onClick={() => preferencesStore.setState({ keys: {} })}>
            {t("keys.resetAll")}
          </Button>
        )}
      </Group>
    </Modal>
  );
}

interface RowProps {
  command: Command;
  changing: boolean;
  onChange(changing: boolean): void;
}

/** A command with its key, which is a button where the key may be changed: press it, then the new key. */
function Row({ command, changing, onChange }: RowProps) {
  const { t } = useTranslation();
  const name = useCommandName();
  const [taken, setTaken] = useState<Command | null>(null);
  const shortcut = shortcutsOf(command)[0]!;
  useEffect(() => {
    if (!changing) return;
    setTaken(null);
    const listen = (event: KeyboardEvent) => {
      const wanted = shortcutOf(event, isMac);
      if (wanted === null) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { keys } = preferencesStore.getState();
      const { [command.id]: _, ...others } = keys;
      if (wanted === "Escape") onChange(false);
      else if (wanted === "Backspace" || wanted === "Delete") {
        preferencesStore.setState({ keys: others });
        onChange(false);
      } else {
        const other = takenBy(wanted, command);
        setTaken(other);
        if (other) return;
        preferencesStore.setState({ keys: { ...others, [command.id]: wanted } });
        onChange(false);
      }
    };
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, [changing, command, onChange]);
  return (
    <div className={classes.row}>
      <dt>{name(command)}</dt>
      <dd>
        {isChangeable(command) ? (
          <button type="button" className={classes.change} aria-pressed={changing} onClick={() => onChange(!changing)}>
            <VisuallyHidden>{t("keys.change", { name: name(command) })}</VisuallyHidden>
            {changing ? t("keys.press") : <Keys shortcut={shortcut} />}
          </button>
        ) : (
          <Keys shortcut={shortcut} />
        )}
        {changing && (
          <Text size="xs" role="status" c={taken ? "red" : "dimmed"}>
            {taken ? t("keys.taken", { name: name(taken) }) : t("keys.help")}
          </Text>
        )}
      </dd>
    </div>
  );
}
