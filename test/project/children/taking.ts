// A process that takes a copy in until it is killed, and says when it begins and whenever it has come further.

import { openProjectWithKey } from "../../../main/project/project.ts";

/** What its parent sends it, once; `key` is base64 and fits both. */
export interface TakingOrder {
  path: string;
  copy: string;
  key: string;
  memberId: string;
}

process.once("message", async ({ path, copy, key, memberId }: TakingOrder) => {
  const open = (where: string) =>
    openProjectWithKey({ path: where, key: Uint8Array.from(Buffer.from(key, "base64")), memberId });
  const [ours, theirs] = [open(path), open(copy)];
  await ours.takeIn(theirs, {
    layers: true,
    deidentification: true,
    audit: true,
    signal: new AbortController().signal,
    onProgress: (done) => process.send?.(done),
  });
  process.send?.("done");
  process.disconnect();
});
