// How the pictures are laid out, and what they do together.
import { ActionIcon, Group, Menu, Tooltip } from "@mantine/core";
import { Box, Columns2, Grid2x2, Grid3x3, LayoutGrid, type LucideIcon, Square } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { CommandId } from "../../commands/Command.ts";
import { allCommands, shortcutsOf } from "../../commands/registry.ts";
import { LAYOUTS, type ViewerActions } from "../../commands/viewer.ts";
import { type Layout, viewerStore } from "../../state/viewer.ts";
import { Keys } from "../../ui/shell/Keys.tsx";

const ICONS: Record<Layout, LucideIcon> = {
  "1x1": Square,
  "1x2": Columns2,
  planes: Box,
  "2x2": Grid2x2,
  "3x3": Grid3x3,
};

export function LayoutMenu({ actions, layout }: { actions: ViewerActions; layout: Layout }) {
  const { t } = useTranslation("viewer");
  const { t: command } = useTranslation("commands");
  const linkScroll = useStore(viewerStore, (state) => state.linkScroll);
  const linkView = useStore(viewerStore, (state) => state.linkView);
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Tooltip label={t("layout")} openDelay={500}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("layout")}>
            <LayoutGrid aria-hidden size={18} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={layout}>
          {LAYOUTS.filter(({ layout: one }) => actions.hasLayout(one)).map(({ layout: one, id }) => {
            const Icon = ICONS[one];
            return (
              <Menu.RadioItem
                key={one}
                value={one}
                closeMenuOnClick
                rightSection={<KeyOf id={id} />}
                onChange={() => actions.setLayout(one)}
              >
                <Group gap="xs" wrap="nowrap">
                  <Icon aria-hidden size={16} />
                  {command(`names.${id}`)}
                </Group>
              </Menu.RadioItem>
            );
          })}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.CheckboxItem
          checked={linkScroll}
          rightSection={<KeyOf id="viewer.linkScroll" />}
          onChange={actions.toggleLinkScroll}
        >
          {command("names.viewer.linkScroll")}
        </Menu.CheckboxItem>
        <Menu.CheckboxItem
          checked={linkView}
          rightSection={<KeyOf id="viewer.linkView" />}
          onChange={actions.toggleLinkView}
        >
          {command("names.viewer.linkView")}
        </Menu.CheckboxItem>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The key that a person gave the command, or its own. */
function KeyOf({ id }: { id: CommandId }) {
  const found = allCommands().find((command) => command.id === id);
  const shortcut = found && shortcutsOf(found)[0];
  return shortcut ? <Keys shortcut={shortcut} /> : null;
}
