import { ActionIcon, Stack, Text, Title } from "@mantine/core";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall, useRecentProjects } from "../../studio/queries.ts";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import classes from "./WelcomeView.module.css";

/** Projects opened on this machine; one that is not there now says so and can be forgotten. */
export function RecentProjects({ onOpen }: { onOpen(path: string): void }) {
  const { t } = useTranslation("welcome");
  const format = useFormat();
  const recent = useRecentProjects();
  const forget = useCall((studio, path: string) => studio.projects.forget({ path }));
  if (recent.isPending) return <Loading />;
  if (recent.error) return <Refused error={recent.error} onRetry={() => void recent.refetch()} />;
  if (recent.data.length === 0) return <Text>{t("first")}</Text>;
  return (
    <Stack gap="xs">
      <Title order={2} size="h5">
        {t("recent")}
      </Title>
      <ul className={classes.recent}>
        {recent.data.map((project) => (
          <li key={project.path} className={classes.project}>
            <button
              type="button"
              className={classes.openProject}
              disabled={!project.exists}
              onClick={() => onOpen(project.path)}
            >
              <span>{project.name}</span>
              <span className={classes.path}>
                {project.exists ? `${format.date(project.openedAt)} · ${project.path}` : t("missing")}
              </span>
            </button>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("forget", { name: project.name })}
              onClick={() => forget.mutate(project.path, { onSuccess: () => void recent.refetch() })}
            >
              <X aria-hidden size={16} />
            </ActionIcon>
          </li>
        ))}
      </ul>
      {forget.error && <Refused error={forget.error} />}
    </Stack>
  );
}
