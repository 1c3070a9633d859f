// The frame around an open project: rail, bar, the room itself, palette and shortcut sheet.
import { useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { may } from "../../../preload/contract/access.ts";
import type { AppInfo, ProjectSummary } from "../../../preload/contract/index.ts";
import { type AppActions, appCommands } from "../../commands/app.ts";
import { useCommands } from "../../commands/useCommands.ts";
import { LANGUAGES, preferencesStore } from "../../state/preferences.ts";
import { type Route, routeStore, type ViewName } from "../../state/route.ts";
import { signOut } from "../../studio/client.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { keys, useCall } from "../../studio/queries.ts";
import { LibraryView } from "../../views/library/LibraryView.tsx";
import { Loading } from "../Loading.tsx";
import { NotForRole } from "../NotForRole.tsx";
import { useToast } from "../useToast.ts";
import { CommandPalette } from "./CommandPalette.tsx";
import { ConnectionBanner } from "./ConnectionBanner.tsx";
import { OfferedProject } from "./OfferedProject.tsx";
import { Rail } from "./Rail.tsx";
import { ROOM_DEED } from "./rooms.ts";
import classes from "./Shell.module.css";
import { ShortcutSheet } from "./ShortcutSheet.tsx";
import { TopBar } from "./TopBar.tsx";
import { useJobToasts } from "./useJobToasts.ts";

// Cornerstone3D and the plots are large: each room loads when it is first entered.
const ViewerView = lazy(async () => ({ default: (await import("../../views/viewer/ViewerView.tsx")).ViewerView }));
const ReadingView = lazy(async () => ({ default: (await import("../../views/reading/ReadingView.tsx")).ReadingView }));
const SnapshotsView = lazy(async () => ({ default: (await import("../../views/data/DataView.tsx")).DataView }));
const RunsView = lazy(async () => ({ default: (await import("../../views/runs/RunsView.tsx")).RunsView }));
const ModelsView = lazy(async () => ({ default: (await import("../../views/models/ModelsView.tsx")).ModelsView }));
const CompareView = lazy(async () => ({ default: (await import("../../views/compare/CompareView.tsx")).CompareView }));
const SearchView = lazy(async () => ({ default: (await import("../../views/search/SearchView.tsx")).SearchView }));
const SchemaView = lazy(async () => ({ default: (await import("../../views/schema/SchemaView.tsx")).SchemaView }));
const PacsView = lazy(async () => ({ default: (await import("../../views/pacs/PacsView.tsx")).PacsView }));
const ProjectView = lazy(async () => ({ default: (await import("../../views/project/ProjectView.tsx")).ProjectView }));

const LONGEST_SAVE_MS = 5000;

export function Shell({ project }: { project: ProjectSummary }) {
  const { t } = useTranslation();
  const [overlay, setOverlay] = useState<"palette" | "shortcuts" | null>(null);
  const { setColorScheme } = useMantineColorScheme();
  const toast = useToast();
  const queryClient = useQueryClient();
  const writer = useLabelWriter();
  const lock = useCall((studio) => studio.projects.lock());
  const route = useStore(routeStore, (state) => state.route);
  const lockNow = lock.mutate;
  const refused = toast.refused;
  const { role } = project.member;
  const mayGo = useCallback((view: ViewName) => may(role, ROOM_DEED[view]), [role]);

  // Changes on their way are let through first; a studio that does not answer must not keep the project open.
  const saved = () =>
    Promise.race([writer.queue.settled(), new Promise((resolve) => setTimeout(resolve, LONGEST_SAVE_MS))]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the actions are stable for the life of the shell
  const actions = useMemo<AppActions>(
    () => ({
      openPalette: () => setOverlay("palette"),
      openShortcuts: () => setOverlay("shortcuts"),
      lock: async () => {
        await saved();
        lockNow(undefined, { onSuccess: () => queryClient.setQueryData(keys.current, null), onError: refused });
      },
      maySignOut: () => queryClient.getQueryData<AppInfo>(keys.info)?.host === "browser",
      signOut: async () => {
        await saved();
        await signOut().catch(refused);
      },
      switchLanguage: () => {
        const { language } = preferencesStore.getState();
        preferencesStore.setState({ language: LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length] });
      },
      switchTheme: () => {
        const dark = document.documentElement.dataset.mantineColorScheme === "dark";
        setColorScheme(dark ? "light" : "dark");
      },
    }),
    [],
  );
  useCommands(useMemo(() => appCommands(actions, mayGo), [actions, mayGo]));
  useJobToasts();

  return (
    <div className={classes.shell}>
      <button type="button" className={classes.skip} onClick={() => document.getElementById("main")?.focus()}>
        {t("skip")}
      </button>
      <TopBar project={project} actions={actions} />
      <ConnectionBanner />
      <div className={classes.body}>
        <Rail mayGo={mayGo} />
        <main id="main" className={classes.main} tabIndex={-1}>
          <Suspense fallback={<Loading />}>
            {mayGo(route.view) ? room(route) : <NotForRole deed={ROOM_DEED[route.view]} />}
          </Suspense>
        </main>
      </div>
      <OfferedProject open={project} onLock={actions.lock} />
      <CommandPalette opened={overlay === "palette"} onClose={() => setOverlay(null)} />
      <ShortcutSheet opened={overlay === "shortcuts"} onClose={() => setOverlay(null)} />
    </div>
  );
}

function room(route: Route): ReactNode {
  switch (route.view) {
    case "library":
      return <LibraryView />;
    case "viewer":
      return <ViewerView imageId={route.imageId} frame={route.frame} read={route.read ?? null} />;
    case "reading":
      return <ReadingView listId={route.listId} position={route.position} />;
    case "data":
      return <SnapshotsView />;
    case "runs":
      return <RunsView runId={route.runId} />;
    case "search":
      return <SearchView searchId={route.searchId} />;
    case "models":
      return <ModelsView modelId={route.modelId} />;
    case "compare":
      return <CompareView runIds={route.runIds} />;
    case "schema":
      return <SchemaView />;
    case "pacs":
      return <PacsView />;
    case "project":
      return <ProjectView section={route.section} />;
  }
}
