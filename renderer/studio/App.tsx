// Welcome while no project is open, the shell while one is; and the one subscription to the studio's events.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useStore } from "zustand";
import { connectionStore } from "../state/connection.ts";
import { resetLibrary } from "../state/library.ts";
import { recoveryStore } from "../state/recovery.ts";
import { followAddress } from "../state/route.ts";
import { Loading } from "../ui/Loading.tsx";
import { Refused } from "../ui/Refused.tsx";
import { Shell } from "../ui/shell/Shell.tsx";
import { WelcomeView } from "../views/welcome/WelcomeView.tsx";
import { listenToStudio } from "./events.ts";
import { LabelWriterProvider } from "./LabelWriterContext.tsx";
import { useCurrentProject } from "./queries.ts";
import { useStudio } from "./StudioContext.tsx";

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

  // What was cached belongs to the project that was open; another one (or none) starts clean.
  useEffect(() => {
    return () => {
      if (projectId === null) return;
      resetLibrary();
      queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "project" && queryKey[0] !== "info" });
    };
  }, [projectId, queryClient]);

  if (project.isPending) return <Loading />;
  if (project.error && !project.data) {
    return <Refused error={project.error} onRetry={() => void project.refetch()} />;
  }
  return project.data && !held ? (
    <LabelWriterProvider key={project.data.id}>
      <Shell project={project.data} />
    </LabelWriterProvider>
  ) : (
    <WelcomeView />
  );
}
