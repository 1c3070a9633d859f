// Welcome while no project is open, the shell while one is; and the one subscription to the studio's events.
import { hashKey, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useStore } from "zustand";
import { HELP_COMMANDS } from "../commands/help.ts";
import { useCommands, useShortcuts } from "../commands/useCommands.ts";
import { connectionStore } from "../state/connection.ts";
import { resetLibrary } from "../state/library.ts";
import { recoveryStore } from "../state/recovery.ts";
import { followAddress, navigate } from "../state/route.ts";
import { viewerStore } from "../state/viewer.ts";
import { HelpDialog } from "../ui/help/HelpDialog.tsx";
import { Loading } from "../ui/Loading.tsx";
import { Refused } from "../ui/Refused.tsx";
import { Shell } from "../ui/shell/Shell.tsx";
import { WelcomeView } from "../views/welcome/WelcomeView.tsx";
import { listenToStudio } from "./events.ts";
import { LabelWriterProvider } from "./LabelWriterContext.tsx";
import { keys, useCurrentProject, useMay } from "./queries.ts";
import { useStudio } from "./StudioContext.tsx";
import { useDesktop } from "./useDesktop.ts";
import { useDrops } from "./useDrops.ts";

export function App() {
  const studio = useStudio();
  const queryClient = useQueryClient();
  const project = useCurrentProject();
  const held = useStore(recoveryStore, ({ creating, key }) => creating || key !== null);
  const projectId = project.data?.id ?? null;

  useEffect(() => {
    const stop = new AbortController();
    void listenToStudio({
      studio,
      queryClient,
      signal: stop.signal,
      onConnection: (state) => connectionStore.setState({ state }),
    });
    return () => stop.abort();
  }, [studio, queryClient]);

  useEffect(followAddress, []);
  useCommands(HELP_COMMANDS);
  useShortcuts();
  useDesktop();
  useDrops(useMay("images.importPath") && !held);

  // What was cached belongs to the project that was open; another one (or none) starts clean. The shell waits for that: a view
  // that mounts over the old answers would go on showing them.
  const [cleanFor, setCleanFor] = useState<string | null>(null);
  useEffect(() => {
    setCleanFor(projectId);
    return () => {
      if (projectId === null) return;
      resetLibrary();
      viewerStore.setState(viewerStore.getInitialState());
      navigate({ view: "library" }, { replace: true });
      const kept = [keys.info, keys.current, keys.recent].map((key) => hashKey(key));
      queryClient.removeQueries({
        predicate: ({ queryHash, queryKey }) => queryKey[0] !== "settings" && !kept.includes(queryHash),
      });
    };
  }, [projectId, queryClient]);

  return (
    <>
      {screen()}
      <HelpDialog />
    </>
  );

  function screen(): ReactNode {
    if (project.isPending) return <Loading />;
    if (project.error && !project.data) {
      return <Refused error={project.error} onRetry={() => void project.refetch()} />;
    }
    if (project.data && !held && cleanFor !== projectId) return <Loading />;
    return project.data && !held ? (
      <LabelWriterProvider key={project.data.id}>
        <Shell project={project.data} />
      </LabelWriterProvider>
    ) : (
      <WelcomeView />
    );
  }
}
