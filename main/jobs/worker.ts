// A child process: opens the project with the key it is sent, does what it is told, ends when its parent ends.
//
// It reads its messages from `process` (child_process) or `process.parentPort` (Electron's utilityProcess). Nothing it meets is
// printed: errors go to the parent as code and sentence; LOUPE_DEBUG shows the stack of an unexpected one on stderr.

import { AppError, isErrorCode } from "../../preload/contract/errors.ts";
import { openProjectWithKey, type Project } from "../project/index.ts";
import type { ChildMessage, ParentMessage, Task, TaskFailure } from "./protocol.ts";
import { runTask } from "./tasks/index.ts";

/** Progress is news, not a record: more often than this nobody can read it. */
const PROGRESS_EVERY_MS = 100;

interface ParentPort {
  postMessage(message: ChildMessage): void;
  on(event: "message", listener: (event: { data: ParentMessage }) => void): void;
}
const parentPort = (process as { parentPort?: ParentPort }).parentPort;

function send(message: ChildMessage): void {
  if (parentPort) parentPort.postMessage(message);
  else if (process.connected) process.send?.(message);
}

let project: Project | null = null;
const running = new Map<string, AbortController>();
/** Pages that the host prints for a job. */
const printing = new Map<string, PromiseWithResolvers<Uint8Array>>();

function receive(message: ParentMessage): void {
  switch (message.type) {
    case "open":
      try {
        project = openProjectWithKey({ path: message.projectPath, key: message.key, memberId: message.memberId });
      } catch (error) {
        openFailure = toFailure(error);
      }
      return;
    case "run":
      void run(message.id, message.task);
      return;
    case "cancel":
      running.get(message.id)?.abort();
      return;
    case "printed":
      printing.get(message.id)?.resolve(message.pdf);
      return;
    case "not-printed":
      printing.get(message.id)?.reject(toError(message.error));
      return;
    case "close":
      end();
      return;
  }
}
let openFailure: TaskFailure | null = null;

async function run(id: string, task: Task): Promise<void> {
  if (project === null) {
    send({ type: "failed", id, error: openFailure ?? { code: "project/locked", message: "No project is open." } });
    return;
  }
  const controller = new AbortController();
  running.set(id, controller);
  let progressAt = 0;
  let note = "";
  try {
    const result = await runTask(task, {
      project,
      signal: controller.signal,
      progress(progress) {
        const now = performance.now();
        if (now - progressAt < PROGRESS_EVERY_MS && progress.note === note) return;
        progressAt = now;
        note = progress.note;
        send({ type: "progress", id, progress });
      },
      print(html) {
        const page = Promise.withResolvers<Uint8Array>();
        printing.set(id, page);
        send({ type: "print", id, html });
        return page.promise;
      },
      points: (runId, points) => send({ type: "points", id, runId, points }),
      changed: (topic) => send({ type: "changed", id, topic }),
    });
    send({ type: "done", id, result });
  } catch (error) {
    const aborted = controller.signal.aborted && !(error instanceof AppError && error.code !== "app/aborted");
    send({
      type: "failed",
      id,
      error: aborted ? { code: "app/aborted", message: "The work was stopped." } : toFailure(error),
    });
  } finally {
    running.delete(id);
    printing.delete(id);
  }
}

function toError({ code, message }: TaskFailure): AppError {
  return new AppError(isErrorCode(code) ? code : "app/internal", message);
}

function toFailure(error: unknown): TaskFailure {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  if (process.env.LOUPE_DEBUG) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return { code: "app/internal", message: "Something unexpected went wrong in this work. Nothing was half written." };
}

function end(): void {
  for (const controller of running.values()) controller.abort();
  project?.close();
  project = null;
  process.exit(0);
}

// Ctrl-C goes to the whole process group; the parent decides what it means and says so here.
process.on("SIGINT", () => {});
if (parentPort) parentPort.on("message", ({ data }) => receive(data));
else {
  process.on("message", receive);
  process.on("disconnect", end);
}
