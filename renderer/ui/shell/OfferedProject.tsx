// The system asks to open a project while another one is open: it is locked first, and the person decides.
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { ProjectSummary } from "../../../preload/contract/index.ts";
import { offerStore } from "../../state/offer.ts";

export function OfferedProject({ open, onLock }: { open: ProjectSummary; onLock(): void | Promise<void> }) {
  const { t } = useTranslation();
  const path = useStore(offerStore, (state) => state.project);
  const leave = () => offerStore.setState({ project: null });
  useEffect(() => {
    if (path === open.path) offerStore.setState({ project: null });
  }, [path, open.path]);
  return (
    <Modal
      opened={path !== null && path !== open.path}
      onClose={leave}
      title={t("offer.title")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Stack gap="md">
        <Text size="sm">{t("offer.text", { name: open.name, path: path ?? "" })}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={leave}>
            {t("cancel")}
          </Button>
          <Button data-autofocus onClick={() => void onLock()}>
            {t("offer.lock")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
