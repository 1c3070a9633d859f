// A path of the workstation with a Browse button: the system's dialog where the host has one, our own otherwise.
import { Button, Group, TextInput } from "@mantine/core";
import { File, FolderOpen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./PathField.module.css";
import { PathPicker, type PathPickerProps } from "./PathPicker.tsx";

export interface PathFieldProps {
  label: string;
  description?: string;
  value: string;
  kind: PathPickerProps["kind"];
  onChange(path: string): void;
}

export function PathField({ label, description, value, kind, onChange }: PathFieldProps) {
  const { t } = useTranslation();
  const [browsing, setBrowsing] = useState(false);
  const browse = async () => {
    if (!window.loupe) {
      setBrowsing(!browsing);
      return;
    }
    const picked = await window.loupe.pickFolder();
    if (picked !== null) onChange(picked);
  };
  const pickFile = async () => {
    const picked = await window.loupe?.pickFile();
    if (picked) onChange(picked);
  };
  return (
    <>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <TextInput
          className={classes.input}
          label={label}
          description={description}
          value={value}
          spellCheck={false}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
        <Button
          variant="default"
          leftSection={<FolderOpen aria-hidden size={16} />}
          aria-expanded={browsing}
          onClick={() => void browse()}
        >
          {t("picker.browse")}
        </Button>
        {kind === "any" && window.loupe && (
          <Button variant="default" leftSection={<File aria-hidden size={16} />} onClick={() => void pickFile()}>
            {t("picker.file")}
          </Button>
        )}
      </Group>
      {browsing && (
        <PathPicker
          kind={kind}
          onPick={(path) => {
            onChange(path);
            setBrowsing(false);
          }}
          onClose={() => setBrowsing(false)}
        />
      )}
    </>
  );
}
