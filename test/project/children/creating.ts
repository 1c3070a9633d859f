// A process that creates projects until it is killed.

import { createProject } from "../../../main/project/project.ts";

/** What its parent sends it, once. */
export interface CreatingOrder {
  folder: string;
  passphrase: string;
}

process.once("message", async ({ folder, passphrase }: CreatingOrder) => {
  for (let index = 0; ; index++) {
    const { project } = await createProject({
      folder,
      name: `project ${index}`,
      member: "Ada",
      passphrase,
      cost: { memoryKiB: 64, passes: 1, lanes: 1 },
    });
    project.close();
    process.send?.(index);
  }
});
