// Studies and series from an archive into the project.
//
// DICOMweb: WADO-RS. DIMSE: C-GET on our own connection, which works where nobody can connect to us. An archive that does not offer it is
// asked to send to our node by C-MOVE: to the one that listens already, or to one that listens for as long as this takes.

import { AppError, type PacsReport } from "../../../preload/contract/index.ts";
import { wado } from "../../network/dicomweb/wado.ts";
import type { OnObject } from "../../network/incoming.ts";
import { startNode } from "../../network/node.ts";
import { get, move, type Wanted } from "../../network/retrieve.ts";
import type { PacsAddress } from "../../project/index.ts";
import type { PacsWanted, TaskOf } from "../protocol.ts";
import type { TaskContext } from "./context.ts";
import { withMapping } from "./import.ts";
import { Pace } from "./pace.ts";
import { listenOn } from "./pacs-listen.ts";
import { Received } from "./received.ts";

type Dimse = Extract<PacsAddress, { kind: "dimse" }>;

/** Throws network/*, app/aborted; what came before is kept. */
export async function fetchFromPacs(task: TaskOf<"pacs-fetch">, context: TaskContext): Promise<PacsReport> {
  let report: PacsReport | null = null;
  await withMapping(task.deidentify, context, async (deidentify) => {
    report = await fetchInto(new Received(context, deidentify), task, context);
  });
  return report!;
}

async function fetchInto(received: Received, task: TaskOf<"pacs-fetch">, context: TaskContext): Promise<PacsReport> {
  const address = context.project.pacs.address(task.connectionId);
  const pace = new Pace();
  const total = totalOf(task.wanted);
  const tell = (done: number): void =>
    context.progress(pace.at(done, Math.max(total, total && done), "objects", "fetching"));
  const onObject: OnObject = async (bytes, about) => {
    if (context.signal.aborted) throw new AppError("app/aborted", "The transfer was stopped; what came so far is in.");
    received.take(bytes, about);
    tell(received.objects);
  };
  const fetchOne = address.kind === "dicomweb" ? fromWeb(address, onObject, context) : fromNode(address);
  tell(0);
  for (const { study, series } of task.wanted)
    received.failed += await fetchOne(series ? { study, series } : { study });
  return received.report();

  function fromNode(node: Dimse): (wanted: Wanted) => Promise<number> {
    let answersGet = true;
    return async (wanted) => {
      if (answersGet) {
        try {
          return (await get(node, wanted, onObject, { signal: context.signal })).failed;
        } catch (error) {
          if (!(error instanceof AppError && error.code === "network/no-service")) throw error;
          answersGet = false;
        }
      }
      return moved(node, wanted);
    };
  }

  async function moved(node: Dimse, wanted: Wanted): Promise<number> {
    const { signal } = context;
    const { settings } = context.project.pacs.node();
    if (task.listening) {
      if (JSON.stringify(settings.deidentify) !== JSON.stringify(task.deidentify)) {
        throw new AppError(
          "app/invalid-input",
          "This archive sends to our node, which listens with another choice about who the patient is: switch it off first.",
        );
      }
      // The objects reach the job that listens: here they are only counted, as the archive counts them.
      const before = received.objects;
      const onProgress = ({ completed, warning }: { completed: number; warning: number }): void => {
        received.objects = before + completed + warning;
        tell(received.objects);
      };
      return (await move(node, wanted, settings.aeTitle, { signal, onProgress })).failed;
    }
    const ours = await startNode({ ...listenOn(settings), allowedCallers: [node.aeTitle], onObject, signal });
    try {
      return (await move(node, wanted, settings.aeTitle, { signal })).failed;
    } finally {
      await ours.close();
    }
  }
}

function fromWeb(
  { url, certificate, auth }: Exclude<PacsAddress, Dimse>,
  onObject: OnObject,
  { signal }: TaskContext,
): (wanted: Wanted) => Promise<number> {
  const server = {
    url,
    ...(certificate ? { ca: certificate } : {}),
    ...(auth.kind === "none" ? {} : { auth }),
  };
  return async (wanted) => {
    await wado(server, wanted, onObject, { signal });
    return 0;
  };
}

/** 0 where one of them is not counted. */
function totalOf(wanted: readonly PacsWanted[]): number {
  return wanted.reduce((sum, { objects }) => (objects === null ? Number.NaN : sum + objects), 0) || 0;
}
