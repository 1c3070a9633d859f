// Labels out to other people's files and in from them: which format, what it cannot carry (told before anything is written), where.
import { Alert, Button, List, Modal, Radio, Select, Stack, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { FileDown, FileUp } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { ExportPreview, ImageFilter, Inputs, LabelFormatId } from "../../../preload/contract/index.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { libraryStore } from "../../state/library.ts";
import { keys, useCall } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { useToast } from "../../ui/useToast.ts";

export function LabelFilesDialog({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const { t } = useTranslation("library");
  const { t: shell } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("files.title")}
      size="lg"
      closeButtonProps={{ "aria-label": shell("close") }}
    >
      <Tabs defaultValue="out" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="out" leftSection={<FileDown aria-hidden size={16} />}>
            {t("files.out")}
          </Tabs.Tab>
          <Tabs.Tab value="in" leftSection={<FileUp aria-hidden size={16} />}>
            {t("files.in")}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="out">
          <Out onStarted={onClose} />
        </Tabs.Panel>
        <Tabs.Panel value="in">
          <In onStarted={onClose} />
        </Tabs.Panel>
      </Tabs>
    </Modal>
  );
}

function useFormats() {
  const studio = useStudio();
  return useQuery({ queryKey: keys.labelFormats, queryFn: () => studio.labelFiles.formats() });
}

function Out({ onStarted }: { onStarted(): void }) {
  const { t } = useTranslation("library");
  const studio = useStudio();
  const toast = useToast();
  const formats = useFormats().data ?? [];
  const filter = useStore(libraryStore, (state) => state.filter);
  const selected = useStore(libraryStore, (state) => state.selected);
  const narrowed = Object.values(filter).some((value) => value !== undefined);
  const [which, setWhich] = useState<"all" | "filtered" | "selected">(
    selected.size > 0 ? "selected" : narrowed ? "filtered" : "all",
  );
  const [format, setFormat] = useState<LabelFormatId>("coco");
  const [folder, setFolder] = useState("");
  const chosen: ImageFilter = which === "selected" ? { ids: [...selected] } : which === "filtered" ? filter : {};
  const preview = useQuery({
    queryKey: keys.labelPreview(format, chosen),
    queryFn: () => studio.labelFiles.preview({ format, filter: chosen }),
    gcTime: 0,
  });
  const write = useCall((loupe, input: Inputs["labelFiles"]["export"]) => loupe.labelFiles.export(input));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        write.mutate(
          { format, filter: chosen, folder: folder.trim() === "" ? undefined : folder },
          {
            onSuccess: () => {
              toast.say(t("files.started"));
              onStarted();
            },
          },
        );
      }}
    >
      <Stack>
        <Select
          label={t("files.format")}
          allowDeselect={false}
          data={formats.map(({ id }) => ({ value: id, label: t(`files.formats.${id}`) }))}
          value={format}
          onChange={(value) => setFormat(formats.find(({ id }) => id === value)?.id ?? "coco")}
        />
        <Radio.Group label={t("files.which")} value={which} onChange={(value) => setWhich(value as typeof which)}>
          <Stack gap={4} mt={4}>
            <Radio value="all" label={t("files.all")} />
            {narrowed && <Radio value="filtered" label={t("files.filtered")} />}
            {selected.size > 0 && <Radio value="selected" label={t("files.selected", { count: selected.size })} />}
          </Stack>
        </Radio.Group>
        {preview.error ? (
          <Refused error={preview.error} />
        ) : preview.data ? (
          <Losses preview={preview.data} />
        ) : (
          <Loading />
        )}
        <PathField
          label={t("files.folder")}
          description={t("files.folderHelp")}
          kind="folder"
          value={folder}
          onChange={setFolder}
        />
        <Text size="sm" c="dimmed">
          {t("files.leaves")}
        </Text>
        {write.error && <Refused error={write.error} />}
        <Button
          type="submit"
          loading={write.isPending}
          disabled={!preview.data || preview.data.labels === 0}
          style={{ alignSelf: "flex-start" }}
        >
          {t("files.write")}
        </Button>
      </Stack>
    </form>
  );
}

/** What the format cannot carry, before anything is written. */
function Losses({ preview: { images, labels, losses } }: { preview: ExportPreview }) {
  const { t } = useTranslation("library");
  const { t: viewer } = useTranslation("viewer");
  const format = useFormat();
  if (labels === 0) return <Text role="status">{t("files.none")}</Text>;
  const kindOf = (kind: string | null) => {
    const known = KINDS.find((one) => one === kind);
    return known ? viewer(`shapes.kinds.${known}`) : "";
  };
  return (
    <Alert
      color={losses.length > 0 ? "yellow" : "green"}
      variant="light"
      role="status"
      title={t("files.carries", { images: format.number(images), labels: format.number(labels) })}
    >
      {losses.length === 0 ? (
        t("files.lossless")
      ) : (
        <>
          <Text size="sm">{t("files.losses")}</Text>
          <List size="sm">
            {losses.map(({ code, kind, count }) => (
              <List.Item key={`${code} ${kind}`}>
                {t(`files.loss.${code}`, { kind: kindOf(kind), number: format.number(count) })}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Alert>
  );
}

const KINDS = ["box", "ellipse", "polygon", "polyline", "point", "length", "angle", "mask"] as const;

function In({ onStarted }: { onStarted(): void }) {
  const { t } = useTranslation("library");
  const toast = useToast();
  const formats = (useFormats().data ?? []).filter(({ reads }) => reads);
  const [format, setFormat] = useState<LabelFormatId>("coco");
  const [path, setPath] = useState("");
  const read = useCall((loupe, input: Inputs["labelFiles"]["import"]) => loupe.labelFiles.import(input));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        read.mutate(
          { format, path },
          {
            onSuccess: () => {
              toast.say(t("files.started"));
              onStarted();
            },
          },
        );
      }}
    >
      <Stack>
        <Select
          label={t("files.format")}
          allowDeselect={false}
          data={formats.map(({ id }) => ({ value: id, label: t(`files.formats.${id}`) }))}
          value={format}
          onChange={(value) => setFormat(formats.find(({ id }) => id === value)?.id ?? "coco")}
        />
        <PathField
          label={t("files.path")}
          description={t("files.pathHelp")}
          kind="any"
          value={path}
          onChange={setPath}
        />
        {read.error && <Refused error={read.error} />}
        <Button
          type="submit"
          loading={read.isPending}
          disabled={path.trim() === ""}
          style={{ alignSelf: "flex-start" }}
        >
          {t("files.read")}
        </Button>
      </Stack>
    </form>
  );
}
