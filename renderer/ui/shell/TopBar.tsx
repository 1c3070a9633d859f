// The top bar: which project, what runs, and the ways to commands, language, colours and the lock.
import { ActionIcon, Button, Group, Text } from "@mantine/core";
import { Keyboard, Lock, Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ProjectSummary } from "../../../preload/contract/index.ts";
import type { AppActions } from "../../commands/app.ts";
import { JobsButton } from "./JobsButton.tsx";
import { Keys } from "./Keys.tsx";
import { Preferences } from "./Preferences.tsx";
import { SignOutButton } from "./SignOutButton.tsx";
import classes from "./TopBar.module.css";

export function TopBar({ project, actions }: { project: ProjectSummary; actions: AppActions }) {
  const { t } = useTranslation();
  return (
    <header className={classes.bar}>
      <Group gap="sm" wrap="nowrap" className={classes.project}>
        <Text fw={700} className={classes.brand}>
          Loupe
        </Text>
        <Text truncate title={project.path}>
          {project.name}
        </Text>
        <Text size="sm" c="dimmed" truncate>
          {`${project.member.name} · ${t(`roles.${project.member.role}`)}`}
        </Text>
      </Group>
      <Group gap={4} wrap="nowrap">
        <JobsButton />
        <Button
          size="xs"
          variant="default"
          leftSection={<Search aria-hidden size={14} />}
          rightSection={<Keys shortcut="Mod+K" />}
          onClick={actions.openPalette}
        >
          {t("palette")}
        </Button>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("shortcuts")} onClick={actions.openShortcuts}>
          <Keyboard aria-hidden size={18} />
        </ActionIcon>
        <Preferences />
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("lock")} onClick={() => void actions.lock()}>
          <Lock aria-hidden size={18} />
        </ActionIcon>
        <SignOutButton onSignOut={actions.signOut} />
      </Group>
    </header>
  );
}
