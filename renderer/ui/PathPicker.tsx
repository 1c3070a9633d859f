// Chooses a folder, project or file of the workstation, where the host has no system dialog.
import { Button, Group, Modal, ScrollArea, Stack, Text, TextInput } from "@mantine/core";
import { ArrowUp, File, Folder, FolderLock } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useBrowse } from "../studio/queries.ts";
import { Loading } from "./Loading.tsx";
import classes from "./PathPicker.module.css";
import { Refused } from "./Refused.tsx";

export interface PathPickerProps {
  opened: boolean;
  title: string;
  /** folder: any folder; project: a Name.loupe folder; any: a folder or a file */
  kind: "folder" | "project" | "any";
  onPick(path: string): void;
  onClose(): void;
}

const ICONS = { folder: Folder, project: FolderLock, file: File };

export function PathPicker(props: PathPickerProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={props.title}
      size="lg"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Picker {...props} />
    </Modal>
  );
}

function Picker({ opened, kind, onPick, onClose }: PathPickerProps) {
  const { t } = useTranslation();
  const [path, setPath] = useState<string>();
  const [typed, setTyped] = useState<string | null>(null);
  const folder = useBrowse(path, opened);
  const here = folder.data?.path ?? "";
  const open = (next: string) => {
    setPath(next);
    setTyped(null);
  };
  const pick = (picked: string) => {
    onPick(picked);
    onClose();
  };
  const entries = (folder.data?.entries ?? []).filter((entry) => entry.kind !== "file" || kind === "any");
  return (
    <Stack gap="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          open(typed ?? here);
        }}
      >
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <Button
            variant="default"
            aria-label={t("picker.up")}
            disabled={!folder.data?.parent}
            onClick={() => folder.data?.parent && open(folder.data.parent)}
          >
            <ArrowUp aria-hidden size={16} />
          </Button>
          <TextInput
            className={classes.path}
            label={t("picker.path")}
            value={typed ?? here}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </Group>
      </form>
      {folder.error && <Refused error={folder.error} />}
      <ScrollArea h={280} type="auto" className={classes.list}>
        {folder.isPending && <Loading />}
        {folder.data && entries.length === 0 && (
          <Text c="dimmed" size="sm" p="sm">
            {t("picker.empty")}
          </Text>
        )}
        <ul className={classes.entries} aria-label={t("picker.entries")}>
          {entries.map((entry) => {
            const Icon = ICONS[entry.kind];
            return (
              <li key={entry.path}>
                <button
                  type="button"
                  className={classes.entry}
                  onClick={() =>
                    entry.kind === "folder" || (entry.kind === "project" && kind !== "project")
                      ? open(entry.path)
                      : pick(entry.path)
                  }
                >
                  <Icon aria-hidden size={16} />
                  <span>{entry.name}</span>
                </button>
              </li>
            );
          })}
        </ul>
      </ScrollArea>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        {kind !== "project" && (
          <Button disabled={here === ""} onClick={() => pick(typed ?? here)}>
            {t("picker.choose")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
