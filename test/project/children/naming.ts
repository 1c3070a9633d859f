// A process that makes label classes with names of its own and says after each that it is on disk, or why it was refused.

import { openProjectWithKey } from "../../../main/project/project.ts";
import { AppError } from "../../../preload/contract/errors.ts";

/** What its parent sends it, once; `key` is base64. */
export interface NamingOrder {
  path: string;
  key: string;
  memberId: string;
  prefix: string;
  count: number;
}
/** A name that is on disk, or the code of the refusal that ended it. */
export type Named = { name: string } | { refused: string };

process.once("message", ({ path, key, memberId, prefix, count }: NamingOrder) => {
  const project = openProjectWithKey({ path, key: Uint8Array.from(Buffer.from(key, "base64")), memberId });
  try {
    for (let i = 0; i < count; i++) {
      const { name } = project.labels.saveClass({ name: `${prefix} ${i} ${"x".repeat(60)}` });
      process.send?.({ name } satisfies Named);
    }
  } catch (error) {
    process.send?.({ refused: error instanceof AppError ? error.code : String(error) } satisfies Named);
  }
  project.close();
  process.disconnect();
});
