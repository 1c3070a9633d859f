import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef } from "react";
import { SaveQueue } from "../state/SaveQueue.ts";
import { useToast } from "../ui/useToast.ts";
import { refusalOf } from "./client.ts";
import { LabelWriter } from "./LabelWriter.ts";
import { useStudio } from "./StudioContext.tsx";

const Context = createContext<LabelWriter | null>(null);

/** Codes after which the same change may succeed later. */
const PASSING = new Set(["page/offline", "app/internal", "project/disk-full", "app/aborted", "app/unauthorised"]);

/** One writer for the open project. Leaving the page while changes wait asks first. */
export function LabelWriterProvider({ children }: { children: ReactNode }) {
  const studio = useStudio();
  const queryClient = useQueryClient();
  const toast = useToast();
  const refused = useRef(toast.refused);
  refused.current = toast.refused;
  const writer = useMemo(() => {
    const queue = new SaveQueue({
      isPassing: (error) => PASSING.has(refusalOf(error).code),
      onRefused: (error) => refused.current(error),
    });
    return new LabelWriter(studio, queryClient, queue);
  }, [studio, queryClient]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (writer.queue.store.getState().waiting > 0) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [writer]);
  return <Context.Provider value={writer}>{children}</Context.Provider>;
}

export function useLabelWriter(): LabelWriter {
  const writer = useContext(Context);
  if (!writer) throw new Error("A view was rendered outside LabelWriterProvider.");
  return writer;
}
