// Our node, listening for as long as its job runs: what archives send comes into the project.
//
// An object that cannot be kept is answered as such (C000): an archive must not believe that we have it. Stopping is the usual end, and the
// job's result says what came.

import type { PacsNodeSettings, PacsReport } from "../../../preload/contract/index.ts";
import { type NodeOptions, startNode } from "../../network/node.ts";
import type { TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { withMapping } from "./import.ts";
import { Received } from "./received.ts";

/** After this the count of what came is told again. */
const SETTLED_MS = 300;
const EVERY_ADDRESS = "0.0.0.0";

export function listenOn({ aeTitle, port, reach }: PacsNodeSettings): Pick<NodeOptions, "aeTitle" | "port" | "host"> {
  return { aeTitle, port, host: reach === "network" ? EVERY_ADDRESS : "127.0.0.1" };
}

/** Throws network/port-taken, network/unreachable, app/invalid-input. */
export async function listenForPacs({ settings }: TaskOf<"pacs-listen">, context: TaskContext): Promise<PacsReport> {
  let report: PacsReport | null = null;
  await withMapping(settings.deidentify, context, async (deidentify) => {
    report = await listenInto(new Received(context, deidentify), settings, context);
  });
  return report!;
}

async function listenInto(received: Received, settings: PacsNodeSettings, context: TaskContext): Promise<PacsReport> {
  const { project, signal } = context;
  const known = project.pacs.list().flatMap((one) => (one.kind === "dimse" ? [one.aeTitle] : []));
  // Of a burst the last may be dropped as too soon after the one before, and nothing may follow for hours: it is told again.
  let last: NodeJS.Timeout | null = null;
  const node = await startNode({
    ...listenOn(settings),
    ...(settings.onlyKnown ? { allowedCallers: known } : {}),
    signal,
    onObject: async (bytes, about) => {
      const refusal = received.take(bytes, about);
      tell(0, "listening");
      last ??= setTimeout(() => {
        last = null;
        tell(0, "listening");
      }, SETTLED_MS);
      if (refusal) throw refusal;
    },
  });
  tell(0, "listening");
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await node.close();
  if (last) clearTimeout(last);
  tell(received.objects, "stopped");
  return received.report();

  function tell(total: number, note: string): void {
    context.progress({ done: received.objects, total, unit: "objects", secondsLeft: null, note });
  }
}
