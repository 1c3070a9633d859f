// What another kind would make of everything that was said, with counts, before it is done.
import { Alert, Button, Group, Modal, Stack, Table, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { KindPreview } from "../../../preload/contract/index.ts";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";

export interface KindDialogProps {
  /** names of the two kinds in the interface's language */
  from: string;
  to: string;
  preview(): Promise<KindPreview>;
  change(): Promise<unknown>;
  onClose(): void;
}

export function KindDialog({ from, to, preview, change, onClose }: KindDialogProps) {
  const { t } = useTranslation("schema");
  const { t: shell } = useTranslation();
  const asked = useMutation({ mutationFn: preview, gcTime: 0 });
  const done = useMutation({ mutationFn: change, gcTime: 0, onSuccess: onClose });
  const { mutate: ask } = asked;
  useEffect(() => ask(), [ask]);
  const found = asked.data;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("kind.title", { from, to })}
      size="lg"
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <Stack gap="sm">
        {asked.error && <Refused error={asked.error} onRetry={() => ask()} />}
        {!found && !asked.error && <Loading />}
        {found && (
          <>
            <Text size="sm">{t("kind.counts", { count: found.answers, changed: found.changed })}</Text>
            {found.invalid > 0 && (
              <Alert color="orange" variant="light" title={t("kind.invalid", { count: found.invalid })}>
                {t("kind.invalidNext")}
              </Alert>
            )}
            {found.rows.length > 0 && (
              <Table verticalSpacing={4} fz="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("kind.before")}</Table.Th>
                    <Table.Th>{t("kind.after")}</Table.Th>
                    <Table.Th ta="end">{t("kind.count")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {found.rows.map(({ before, after, count }) => (
                    <Table.Tr key={before}>
                      <Table.Td>{before}</Table.Td>
                      <Table.Td>{after ?? t("kind.none")}</Table.Td>
                      <Table.Td ta="end">{count}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
            <Text size="xs" c="dimmed">
              {t("kind.undo")}
            </Text>
            {done.error && <Refused error={done.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {shell("cancel")}
              </Button>
              <Button disabled={found.invalid > 0} loading={done.isPending} onClick={() => done.mutate()}>
                {t("kind.change")}
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </Modal>
  );
}
