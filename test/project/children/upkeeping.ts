// A process that backs up, restores or compacts a project over and over until it is killed; says after each that it is done.

import { makeBackup, restoreBackup } from "../../../main/project/backup.ts";
import { compact } from "../../../main/project/compaction.ts";
import { openProjectWithKey } from "../../../main/project/project.ts";

/** What its parent sends it, once; `key` is base64. */
export interface UpkeepOrder {
  work: "backup" | "restore" | "compact";
  path: string;
  key: string;
  memberId: string;
  /** where backups or restored projects go */
  folder: string;
  backup: string;
  passphrase: string;
}

process.once("message", async (order: UpkeepOrder) => {
  const options = { signal: new AbortController().signal, onProgress: () => {} };
  const project = openProjectWithKey({ ...order, key: Uint8Array.from(Buffer.from(order.key, "base64")) });
  const ids = project.images.names().map(({ id }) => id);
  for (let turn = 0; ; turn++) {
    const folder = `${order.folder}/${process.pid}-${turn}`;
    process.send?.(turn);
    if (order.work === "backup") await makeBackup(project, { ...options, folder });
    else if (order.work === "restore") {
      const { backup, passphrase } = order;
      const check = (copy: typeof project) => copy.upkeep.check({ mode: "full", ...options });
      (
        await restoreBackup({ ...options, backup, folder, passphrase, check, attempt: (unlock) => unlock() })
      ).project.close();
    } else {
      // Frames grow and shrink, so that there is always something to give back.
      const bytes = new Uint8Array(turn % 2 === 0 ? 100 : 20_000).fill(turn);
      for (const id of ids) {
        const frames = [{ index: 0, frame: { transferSyntax: "raw", bytes } }];
        project.deidentification.addReview(id, {
          blanked: [],
          stillSuspected: [],
          framesLooked: 1,
          frames,
          thumbnail: null,
        });
      }
      await compact(project, options);
    }
  }
});
