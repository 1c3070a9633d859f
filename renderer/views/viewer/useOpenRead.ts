// The read that the address names: opened once (its clock runs), committed after what was said is on disk, and then the next one.
import { useEffect, useMemo, useRef } from "react";
import type { Read } from "../../../preload/contract/index.ts";
import type { ReadPlace } from "../../state/route.ts";
import { useLabelWriter } from "../../studio/LabelWriterContext.tsx";
import { useCall, useReads } from "../../studio/queries.ts";
import { useToast } from "../../ui/useToast.ts";
import { nextRead, openRead } from "../reading/read-next.ts";

export interface OpenRead {
  read: Read;
  reads: readonly Read[];
  committing: boolean;
  /** Ends the answer; goes on to the next case unless a suggestion is revealed. */
  commit(): void;
  /** The read `step` places on, or null. */
  neighbour(step: number): Read | null;
}

/** null without a place, and while the reads are on their way. */
export function useOpenRead(place: ReadPlace | null): { open: OpenRead | null; error: unknown } {
  const reads = useReads(place?.listId ?? null);
  const writer = useLabelWriter();
  const toast = useToast();
  const start = useCall((studio, readId: string) => studio.reading.open({ readId }));
  const commit = useCall(async (studio, readId: string) => {
    await writer.queue.settled();
    return studio.reading.commit({ readId });
  });
  const read = reads.data?.find(({ id }) => id === place?.readId);
  const readId = read?.id ?? null;
  const started = useRef<string | null>(null);
  const { mutate: startNow } = start;
  useEffect(() => {
    if (readId === null || started.current === readId) return;
    started.current = readId;
    startNow(readId);
  }, [readId, startNow]);
  const { mutate: commitNow, isPending: committing } = commit;
  const { refused } = toast;
  const refusedNow = useRef(refused);
  refusedNow.current = refused;
  const all = reads.data;
  const open = useMemo((): OpenRead | null => {
    if (!read || !all) return null;
    const at = all.findIndex(({ id }) => id === read.id);
    return {
      read,
      reads: all,
      committing,
      commit: () => {
        if (committing || read.state === "done") return;
        commitNow(read.id, {
          onSuccess: (after) => {
            const left = all.map((one) => (one.id === after.id ? after : one));
            const next = after.state === "done" ? nextRead(left, after.position) : null;
            if (next) openRead(next, { replace: true });
          },
          onError: (error) => refusedNow.current(error),
        });
      },
      neighbour: (step) => all[at + step] ?? null,
    };
  }, [read, all, committing, commitNow]);
  return { open, error: reads.error ?? start.error };
}
