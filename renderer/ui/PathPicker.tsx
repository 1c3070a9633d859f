// Chooses a folder, project or file of the workstation, where the host has no system dialog. It opens in place: a dialog over a
// dialog would be closed together with it by Escape.
import { Button, Group, ScrollArea, Stack, Text, TextInput } from "@mantine/core";
import { ArrowUp, File, Folder, FolderLock } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useBrowse } from "../studio/queries.ts";
import { Loading } from "./Loading.tsx";
import classes from "./PathPicker.module.css";
import { Refused } from "./Refused.tsx";

export interface PathPickerProps {
  /** folder: any folder; project: a Name.loupe folder; any: a folder or a file */
  kind: "folder" | "project" | "any";
  onPick(path: string): void;
  onClose(): void;
}

const ICONS = { folder: Folder, project: FolderLock, file: File };

export function PathPicker({ kind, onPick, onClose }: PathPickerProps) {
  const { t } = useTranslation();
  const [path, setPath] = useState<string>();
  const [typed, setTyped] = useState<string | null>(null);
  const folder = useBrowse(path);
  const here = folder.data?.path ?? "";
  const open = (next: string) => {
    setPath(next);
    setTyped(null);
  };
  const entries = (folder.data?.entries ?? []).filter((entry) => entry.kind !== "file" || kind === "any");
  return (
    <Stack gap="sm" className={classes.picker}>
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
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault(); // not the form around
            open(typed ?? here);
          }}
        />
      </Group>
      {folder.error && <Refused error={folder.error} />}
      <ScrollArea h={220} type="auto" className={classes.list}>
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
                      : onPick(entry.path)
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
          {t("close")}
        </Button>
        {kind !== "project" && (
          <Button disabled={here === ""} onClick={() => onPick(typed ?? here)}>
            {t("picker.choose")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
