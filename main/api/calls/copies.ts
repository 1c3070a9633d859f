import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { AppError } from "../../../preload/contract/index.ts";
import { beginPart, unlockCopy } from "../../project/index.ts";
import { unlocked } from "../procedures.ts";
import { projectTarget } from "../unlock-limit.ts";

export const copiesCalls = {
  give: unlocked.copies.give.handler(async ({ input, context: { session, project, jobs } }) => {
    const { name, member, passphrase, layers, deidentification } = input;
    const images = project.copies.imagesOf(input.images, (filter) => project.images.ids(filter));
    if (images.length === 0)
      throw new AppError("snapshot/empty", "No image is chosen, so there is nothing to give away.");
    project.copies.assertGivable(images, layers);
    const folder = resolve(input.folder ?? session.host.info.homeFolder);
    const { part, recoveryKey } = await beginPart({ folder, name, member, passphrase });
    try {
      const job = jobs.start({ kind: "part", ...part, images, layers, deidentification }, null);
      return { job, recoveryKey };
    } finally {
      part.key.fill(0); // the child has its own
    }
  }),
  take: unlocked.copies.take.handler(async ({ input, context: { session, project, jobs, caller } }) => {
    const path = resolve(input.path);
    if (isSame(path, project.path)) {
      throw new AppError("merge/own-copy", "This is the project that is open: choose the folder of a copy.");
    }
    const who = { caller, target: projectTarget(path) };
    const unlocking = () => unlockCopy(project, path, input.passphrase ?? null);
    const { key, memberId } = await session.unlockLimit.attempt(who, unlocking);
    try {
      return jobs.start({ kind: "merge", path, key, memberId }, null);
    } finally {
      key.fill(0); // the child has its own
    }
  }),
  merges: unlocked.copies.merges.handler(({ context }) => context.project.copies.merges()),
  conflicts: unlocked.copies.conflicts.handler(({ input, context }) =>
    context.project.copies.list(input.decided, input.offset, input.limit),
  ),
  choose: unlocked.copies.choose.handler(({ input, context: { session, project } }) => {
    const chosen = project.copies.choose(input.id, input.choice);
    session.publish({ type: "changed", topic: "labels" });
    session.publish({ type: "changed", topic: "images" });
    return chosen;
  }),
};

function isSame(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}
