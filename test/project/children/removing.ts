// A process that removes a member and ends itself at a given step, as a crash would.

import { openProjectWithKey } from "../../../main/project/project.ts";
import type { RekeyStep } from "../../../main/project/rekey.ts";

/** What its parent sends it, once; `key` is base64. */
export interface RemovingOrder {
  path: string;
  key: string;
  memberId: string;
  removed: string;
  /** null: it goes through */
  dieAt: RekeyStep | null;
}

process.once("message", async ({ path, key, memberId, removed, dieAt }: RemovingOrder) => {
  const project = openProjectWithKey({ path, key: Uint8Array.from(Buffer.from(key, "base64")), memberId });
  const recoveryKey = await project.removeMember(removed, {
    atStep: (step) => {
      if (step === dieAt) process.kill(process.pid, "SIGKILL");
    },
  });
  project.close();
  process.send?.(recoveryKey, () => process.exit(0));
});
