// The read that is open: where in the list, what the model suggests (when it may be seen), and the commit.
import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Check, ListChecks } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../i18n/useFormat.ts";
import { navigate } from "../../state/route.ts";
import { useWorkLists } from "../../studio/queries.ts";
import { ClassBadge } from "../../ui/ClassBadge.tsx";
import { RuleVerdict } from "../../ui/RuleVerdict.tsx";
import { Keys } from "../../ui/shell/Keys.tsx";
import type { OpenRead } from "./useOpenRead.ts";

export function ReadSection({ open }: { open: OpenRead }) {
  const { t } = useTranslation("reading");
  const format = useFormat();
  const { read, reads } = open;
  const list = useWorkLists().data?.find(({ id }) => id === read.listId);
  const at = reads.findIndex(({ id }) => id === read.id);
  const allDone = reads.every(({ state }) => state === "done");
  const { suggestion, state } = read;
  const hides = list?.commitFirst && list.modelId !== null && state !== "committed" && state !== "done";
  return (
    <Paper withBorder p="sm" component="section">
      <Stack gap="xs">
        <Title order={2} size="h6">
          {t("read.title", { name: list?.name ?? "" })}
        </Title>
        <Text size="sm" c="dimmed">
          {t("read.place", { at: format.number(at + 1), of: format.number(reads.length) })}
        </Text>
        {hides && <Text size="sm">{t("read.suggestionHidden")}</Text>}
        {state === "committed" && (
          <Text size="sm" role="status">
            {t("read.revealed")}
          </Text>
        )}
        {suggestion && (
          <Group gap="xs">
            <Text size="sm">{t("read.suggestion")}</Text>
            <ClassBadge
              name={t("read.suggestionText", {
                name: suggestion.className,
                percent: format.number(100 * suggestion.probability),
              })}
              color={null}
            />
          </Group>
        )}
        {suggestion?.rules && <RuleVerdict verdict={suggestion.rules} />}
        {state === "done" ? (
          <Group gap={6}>
            <Check aria-hidden size={16} />
            <Text size="sm" role="status">
              {t("read.committed")}
            </Text>
          </Group>
        ) : (
          <Button
            h="auto"
            mih={36}
            py={6}
            styles={{ label: { whiteSpace: "normal" } }}
            rightSection={<Keys shortcut="Mod+Enter" />}
            loading={open.committing}
            onClick={open.commit}
          >
            {t(state === "committed" ? "read.commitFinal" : "read.commit")}
          </Button>
        )}
        {allDone && (
          <Stack gap="xs">
            <Text size="sm" role="status">
              {t("read.allDone")}
            </Text>
            <Button
              variant="default"
              leftSection={<ListChecks aria-hidden size={16} />}
              onClick={() => navigate({ view: "reading", listId: null, position: null })}
            >
              {t("read.toLists")}
            </Button>
          </Stack>
        )}
      </Stack>
    </Paper>
  );
}
