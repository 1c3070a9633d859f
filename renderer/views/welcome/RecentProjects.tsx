import { ActionIcon, Stack, Text, Title, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { LockKeyholeOpen, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../i18n/useFormat.ts";
import { keys, useCall, useRecentProjects } from "../../studio/queries.ts";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import classes from "./WelcomeView.module.css";

/** Projects opened on this machine; one that the machine remembers a member of opens at once, one that is not there now says so and can be forgotten. */
export function RecentProjects({ onOpen }: { onOpen(path: string): void }) {
  const { t } = useTranslation("welcome");
  const format = useFormat();
  const recent = useRecentProjects();
  const queryClient = useQueryClient();
  const open = useCall((studio, path: string) => studio.projects.openRemembered({ path }));
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
            {project.exists && project.remembered && (
              <Tooltip label={t("remembered")}>
                <ActionIcon
                  variant="light"
                  aria-label={t("openRemembered", { name: project.name })}
                  loading={open.isPending && open.variables === project.path}
                  onClick={() =>
                    open.mutate(project.path, {
                      onSuccess: (opened) => queryClient.setQueryData(keys.current, opened),
                      onError: () => void recent.refetch(),
                    })
                  }
                >
                  <LockKeyholeOpen aria-hidden size={16} />
                </ActionIcon>
              </Tooltip>
            )}
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
      {open.error && <Refused error={open.error} />}
      {forget.error && <Refused error={forget.error} />}
    </Stack>
  );
}
