// All shortcuts of this moment, by group; and the switch for keys of one character (WCAG 2.1.4).
import { Modal, SimpleGrid, Stack, Switch, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Command, CommandGroup } from "../../commands/Command.ts";
import { commandStore } from "../../commands/registry.ts";
import { useCommandName } from "../../commands/useCommandName.ts";
import { preferencesStore } from "../../state/preferences.ts";
import { Keys } from "./Keys.tsx";
import classes from "./ShortcutSheet.module.css";

export function ShortcutSheet({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const { t } = useTranslation(["shell", "commands"]);
  const name = useCommandName();
  const lists = useStore(commandStore, (state) => state.lists);
  const characterKeys = useStore(preferencesStore, (state) => state.characterKeys);
  const groups = new Map<CommandGroup, Command[]>();
  for (const command of lists.flat()) {
    if (command.shortcuts.length > 0) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  }
  return (
    <Modal
      opened={opened}
      onClose={onClose}
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
                <div key={`${command.id} ${command.shortcuts[0]}`} className={classes.row}>
                  <dt>{name(command)}</dt>
                  <dd>
                    <Keys shortcut={command.shortcuts[0]!} />
                  </dd>
                </div>
              ))}
            </dl>
          </Stack>
        ))}
      </SimpleGrid>
      <Switch
        mt="lg"
        label={t("characterKeys")}
        checked={characterKeys}
        onChange={(event) => preferencesStore.setState({ characterKeys: event.currentTarget.checked })}
      />
    </Modal>
  );
}
