// Starts the page: languages, colours, contract client, query cache.
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "../ui/base.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startLanguages } from "../i18n/index.ts";
import { theme } from "../ui/theme.ts";
import { App } from "./App.tsx";
import { createStudioClient, refusalOf } from "./client.ts";
import { keys } from "./queries.ts";
import { StudioProvider } from "./StudioContext.tsx";

// Style elements made at run time (Mantine, scroll lock) carry the nonce of this answer, or the policy refuses them.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
setNonce(nonce);

const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // Locked elsewhere (another window, the command line): the welcome screen is due.
      if (refusalOf(error).code === "project/locked") void queryClient.invalidateQueries({ queryKey: keys.current });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 30_000, // events say earlier when an answer is old
      refetchOnWindowFocus: false,
      retry: (failures, error) => refusalOf(error).code === "page/offline" && failures < 3,
    },
  },
});

await startLanguages();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <Notifications position="bottom-right" />
      <QueryClientProvider client={queryClient}>
        <StudioProvider studio={createStudioClient(window.location.origin)}>
          <App />
        </StudioProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
