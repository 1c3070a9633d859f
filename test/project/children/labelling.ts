// A process that labels until it is killed, and says so after each change is on disk. What it does is a fixed function of how
// many changes there have been (see change-plan.ts), so its parent can tell what the project must look like.

import { openProjectWithKey } from "../../../main/project/project.ts";
import { makeChange } from "../change-plan.ts";

/** What its parent sends it, once; `key` is base64. */
export interface LabellingOrder {
  path: string;
  key: string;
  memberId: string;
}

process.once("message", ({ path, key, memberId }: LabellingOrder) => {
  const project = openProjectWithKey({ path, key: Uint8Array.from(Buffer.from(key, "base64")), memberId });
  for (;;) {
    const done = makeChange(project);
    process.send?.(done);
  }
});
