// One connection: where it is, whether it answers, and its Edit and Remove.
import { Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PacsConnection } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { useCall, useMay } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { CredentialsWarning } from "./CredentialsWarning.tsx";
import classes from "./pacs.module.css";

export function ConnectionRow({ connection, onEdit }: { connection: PacsConnection; onEdit(): void }) {
  const { t } = useTranslation("pacs");
  const { t: shell } = useTranslation();
  const format = useFormat();
  const attempt = useCall((studio, id: string) => studio.pacs.echo({ id }));
  const remove = useCall((studio, id: string) => studio.pacs.connections.remove({ id }));
  const mayConnect = useMay("pacs.connections.save");
  const [asking, setAsking] = useState(false);
  const { id, name, kind } = connection;
  const where =
    kind === "dimse"
      ? t("connection.where", { ae: connection.aeTitle, host: connection.host, port: String(connection.port) })
      : connection.url;
  return (
    <Paper withBorder p="sm" role="group" aria-label={name}>
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap" gap="md">
          <Stack gap={0} className={classes.grow}>
            <Group gap="xs">
              <Text fw={600}>{name}</Text>
              <Badge variant="default" tt="none">
                {t(`kinds.${kind}`)}
              </Badge>
            </Group>
            <Text size="sm" c="dimmed" className={classes.break}>
              {where}
            </Text>
          </Stack>
          <Group gap="xs" wrap="nowrap">
            <Button
              size="xs"
              variant="default"
              aria-label={t("connection.tryOf", { name })}
              loading={attempt.isPending}
              onClick={() => attempt.mutate(id)}
            >
              {t("connection.try")}
            </Button>
            {mayConnect && (
              <>
                <Button size="xs" variant="default" aria-label={t("connection.editOf", { name })} onClick={onEdit}>
                  {t("connection.edit")}
                </Button>
                <Button
                  size="xs"
                  variant={asking ? "filled" : "default"}
                  color={asking ? "red" : undefined}
                  aria-label={t(asking ? "connection.reallyOf" : "connection.removeOf", { name })}
                  loading={remove.isPending}
                  onClick={() => (asking ? remove.mutate(id) : setAsking(true))}
                  onBlur={() => setAsking(false)}
                >
                  {asking ? t("connection.really") : shell("delete")}
                </Button>
              </>
            )}
          </Group>
        </Group>
        {connection.kind === "dicomweb" && (
          <CredentialsWarning url={connection.url} credentials={connection.auth.kind !== "none"} />
        )}
        <div role="status">
          {attempt.data && (
            <Text size="sm">
              {t("connection.answered", { ms: format.number(Math.max(1, attempt.data.milliseconds)) })}
            </Text>
          )}
        </div>
        {attempt.error && <Refused error={attempt.error} />}
        {remove.error && <Refused error={remove.error} />}
      </Stack>
    </Paper>
  );
}
