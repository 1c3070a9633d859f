// How the pictures are laid out.
import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { Box, LayoutGrid, type LucideIcon, Square } from "lucide-react";
import { useTranslation } from "react-i18next";
import { LAYOUTS, type ViewerActions } from "../../commands/viewer.ts";
import type { Layout } from "../../state/viewer.ts";
import { Keys } from "../../ui/shell/Keys.tsx";

const ICONS: Record<Layout, LucideIcon> = { "1x1": Square, planes: Box };

export function LayoutMenu({ actions, layout }: { actions: ViewerActions; layout: Layout }) {
  const { t } = useTranslation("viewer");
  const { t: command } = useTranslation("commands");
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
        {LAYOUTS.filter(({ layout: one }) => actions.hasLayout(one)).map(({ layout: one, id, key }) => {
          const Icon = ICONS[one];
          return (
            <Menu.Item
              key={one}
              role="menuitemradio"
              aria-checked={layout === one}
              leftSection={<Icon aria-hidden size={16} />}
              rightSection={<Keys shortcut={key} />}
              onClick={() => actions.setLayout(one)}
              fw={layout === one ? 600 : undefined}
            >
              {command(`names.${id}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
