// The library: filter column, virtual grid of thumbnails, import and classes.
import { Button, Group, Select, Text, TextInput } from "@mantine/core";
import { FileDown, Images, Network, ScanText, Search, Tags, Upload } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { SHARED_LAYER } from "../../../preload/contract/labels.ts";
import { libraryCommands } from "../../commands/library.ts";
import { useCommands } from "../../commands/useCommands.ts";
import { useFormat } from "../../i18n/useFormat.ts";
import { type ImageSort, libraryStore, narrowed } from "../../state/library.ts";
import { offerStore } from "../../state/offer.ts";
import { navigate } from "../../state/route.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { useClasses, useFacets, useMay } from "../../studio/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loading } from "../../ui/Loading.tsx";
import { useRoleList } from "../../ui/NotForRole.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { SaveStatus } from "../../ui/SaveStatus.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { ClassEditor } from "./ClassEditor.tsx";
import { FirstImages } from "./FirstImages.tsx";
import { ImageGrid, type ImageGridHandle } from "./ImageGrid.tsx";
import { ImportDialog } from "./ImportDialog.tsx";
import { LabelFilesDialog } from "./LabelFilesDialog.tsx";
import { LibraryFilters } from "./LibraryFilters.tsx";
import classes from "./LibraryView.module.css";
import { TextReview } from "./TextReview.tsx";

const SORTS = ["imported", "name", "patient"] as const satisfies readonly ImageSort[];
const NO_CLASSES: never[] = [];

export function LibraryView() {
  const { t } = useTranslation("library");
  const { t: pacs } = useTranslation("pacs");
  const format = useFormat();
  const facets = useFacets();
  const labelClasses = useClasses().data ?? NO_CLASSES;
  const writer = useLabelWriter();
  const sort = useStore(libraryStore, (state) => state.sort);
  const selected = useStore(libraryStore, (state) => state.selected);
  const [dialog, setDialog] = useState<"import" | "classes" | "files" | "text" | null>(null);
  const [dropped, setDropped] = useState<string | null>(null);
  const grid = useRef<ImageGridHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const offered = useStore(offerStore, (state) => state.images);
  useEffect(() => {
    if (offered === null) return;
    setDropped(offered);
    setDialog("import");
    offerStore.setState({ images: null });
  }, [offered]);

  const mayImport = useMay("images.importPath");
  const mayEditClasses = useMay("labels.saveClass");
  const mayLabel = useMay("labels.shared");
  const mayLookForText = useMay("images.lookForText");
  const mayExportLabels = useMay("labelFiles.export");
  const mayFetch = useMay("pacs.connections.list");
  const importers = useRoleList("images.importPath");

  const commands = useMemo(
    () =>
      libraryCommands(
        {
          mayImport: () => mayImport,
          mayEditClasses: () => mayEditClasses,
          mayLabel: () => mayLabel,
          openImport: () => setDialog("import"),
          openClasses: () => setDialog("classes"),
          focusSearch: () => search.current?.focus(),
          hasFocused: () => libraryStore.getState().focused !== null,
          openFocused: () => {
            const { focused } = libraryStore.getState();
            if (focused) navigate({ view: "viewer", imageId: focused, frame: 0 });
          },
          toggleSelected: () => grid.current?.toggleSelected(),
          move: (columns, rows) => grid.current?.move(columns, rows),
          setClass: (classId) => {
            const state = libraryStore.getState();
            const ids = state.selected.size > 0 ? [...state.selected] : state.focused ? [state.focused] : [];
            for (const id of ids) writer.setClass(SHARED_LAYER, id, classId);
            // A label may take them out of the filter: the next digit must not reach images that are out of sight.
            if (state.selected.size > 0) libraryStore.setState({ selected: new Set() });
          },
          undo: () => writer.undo(SHARED_LAYER, () => {}),
          redo: () => writer.redo(SHARED_LAYER, () => {}),
        },
        labelClasses,
      ),
    [labelClasses, writer, mayImport, mayEditClasses, mayLabel],
  );
  useCommands(commands);

  if (facets.isPending) return <Loading />;
  if (facets.error && !facets.data) return <Refused error={facets.error} onRetry={() => void facets.refetch()} />;
  const { total, unlabelled, patients } = facets.data;
  return (
    <>
      <ViewHeader
        title={t("title")}
        text={t("summary", {
          images: format.number(total),
          patients: format.number(patients),
          labelled: format.number(total - unlabelled),
        })}
      >
        <SaveStatus />
        {total > 0 && mayLookForText && (
          <Button variant="default" leftSection={<ScanText aria-hidden size={16} />} onClick={() => setDialog("text")}>
            {t("text.open")}
          </Button>
        )}
        {total > 0 && mayExportLabels && (
          <Button variant="default" leftSection={<FileDown aria-hidden size={16} />} onClick={() => setDialog("files")}>
            {t("files.title")}
          </Button>
        )}
        {mayEditClasses && (
          <Button variant="default" leftSection={<Tags aria-hidden size={16} />} onClick={() => setDialog("classes")}>
            {t("classes.title")}
          </Button>
        )}
        {mayFetch && (
          <Button
            variant="default"
            leftSection={<Network aria-hidden size={16} />}
            onClick={() => navigate({ view: "pacs" })}
          >
            {pacs("title")}
          </Button>
        )}
        {mayImport && (
          <Button leftSection={<Upload aria-hidden size={16} />} onClick={() => setDialog("import")}>
            {t("import.title")}
          </Button>
        )}
      </ViewHeader>
      {total === 0 && !mayImport ? (
        <EmptyState icon={Images} title={t("none.title")} text={t("none.text", { needed: importers })} />
      ) : total === 0 ? (
        <FirstImages onImport={() => setDialog("import")} />
      ) : (
        <div className={classes.body}>
          <LibraryFilters facets={facets.data} classes={labelClasses} />
          <section className={classes.images} aria-label={t("images")}>
            <Group className={classes.tools} justify="space-between" wrap="nowrap">
              <SearchField inputRef={search} />
              {selected.size > 0 && (
                <Group gap="xs" wrap="nowrap">
                  <Text size="sm" role="status">
                    {t("selected", { count: selected.size })}
                  </Text>
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    onClick={() => libraryStore.setState({ selected: new Set() })}
                  >
                    {t("deselect")}
                  </Button>
                </Group>
              )}
              <Select
                aria-label={t("sort")}
                allowDeselect={false}
                w={180}
                data={SORTS.map((value) => ({ value, label: t(`sorts.${value}`) }))}
                value={sort}
                onChange={(value) => {
                  const chosen = SORTS.find((known) => known === value);
                  if (chosen) libraryStore.setState({ sort: chosen });
                }}
              />
            </Group>
            <ImageGrid ref={grid} classes={labelClasses} />
          </section>
        </div>
      )}
      <ImportDialog
        opened={dialog === "import"}
        path={dropped}
        onClose={() => {
          setDialog(null);
          setDropped(null);
        }}
      />
      <TextReview opened={dialog === "text"} onClose={() => setDialog(null)} />
      <LabelFilesDialog opened={dialog === "files"} onClose={() => setDialog(null)} />
      <ClassEditor opened={dialog === "classes"} onClose={() => setDialog(null)} />
    </>
  );
}

const SEARCH_PAUSE_MS = 200;

/** Part of a file name or patient ID; asks when the typing pauses. */
function SearchField({ inputRef }: { inputRef: React.RefObject<HTMLInputElement | null> }) {
  const { t } = useTranslation("library");
  const text = useStore(libraryStore, (state) => state.filter.text ?? "");
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(
      () => libraryStore.setState(({ filter }) => narrowed({ ...filter, text: typed || undefined })),
      SEARCH_PAUSE_MS,
    );
    return () => clearTimeout(timer);
  }, [typed, text]);
  return (
    <TextInput
      ref={inputRef}
      type="search"
      aria-label={t("search")}
      placeholder={t("search")}
      leftSection={<Search aria-hidden size={16} />}
      className={classes.search}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}
