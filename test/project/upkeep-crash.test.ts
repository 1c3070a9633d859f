// Real processes, killed at random moments while they back up, restore and compact.

import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeBackup, restoreBackup } from "../../main/project/backup.ts";
import { openProjectWithKey, type Project } from "../../main/project/project.ts";
import { addImages, closing, newProject, PASSPHRASE, temporaryFolder } from "./builder.ts";
import type { UpkeepOrder } from "./children/upkeeping.ts";

const KILLS = 4;
const quiet = { signal: new AbortController().signal, onProgress: () => {} };
const check = (copy: Project) => copy.upkeep.check({ mode: "full", ...quiet });
const SCRIPT = fileURLToPath(new URL("./children/upkeeping.ts", import.meta.url));

for (const work of ["backup", "restore", "compact"] as const) {
  test(`${KILLS} kills in the middle of a ${work}: the project opens, nothing is lost, nothing half looks whole`, async () => {
    const { project } = await newProject();
    const ids = addImages(project, 60, (index) => ({
      frames: [{ transferSyntax: "raw", bytes: Buffer.alloc(20_000, index) }],
    }));
    const { id: classId } = project.labels.saveClass({ name: "lesion" });
    project.labels.apply(ids.map((imageId) => ({ do: "class", imageId, classId })));
    const { path: backup } = await makeBackup(project, { folder: temporaryFolder(), ...quiet });
    const { path, member } = project;
    const { key } = project;
    project.close();
    const folder = temporaryFolder();
    const order: UpkeepOrder = {
      work,
      path,
      key: Buffer.from(key).toString("base64"),
      memberId: member.id,
      folder,
      backup,
      passphrase: PASSPHRASE,
    };
    for (let kill = 0; kill < KILLS; kill++) {
      const child = fork(SCRIPT, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const closed = once(child, "close");
      child.send(order);
      await once(child, "message");
      await wait(Math.random() * 700);
      child.kill("SIGKILL");
      await closed;
      const opened = closing(openProjectWithKey({ path, key: Uint8Array.from(key), memberId: member.id }));
      expect(await check(opened)).toMatchObject({ problems: [], auditIntact: true });
      expect(opened.images.facets()).toMatchObject({ total: 60, unlabelled: 0 });
      for (const id of ids) expect(opened.images.frame(id, 0).frame.bytes.length).toBeGreaterThanOrEqual(100);
      opened.close();
    }
    // Whatever has a name that people see is whole; the rest is hidden.
    const seen = readdirSync(folder).flatMap((turn) => readdirSync(join(folder, turn)).map((name) => ({ turn, name })));
    const whole = seen.filter(({ name }) => !name.startsWith(".loupe-draft-"));
    for (const { turn, name } of whole) {
      expect(name).toMatch(work === "backup" ? /\.loupe-backup$/ : /\.loupe$/);
      if (work !== "backup") continue;
      const attempt = <T>(unlock: () => Promise<T>) => unlock();
      const made = {
        ...quiet,
        attempt,
        backup: join(folder, turn, name),
        folder: temporaryFolder(),
        passphrase: PASSPHRASE,
        check,
      };
      const restored = closing((await restoreBackup(made)).project);
      expect(restored.images.facets()).toMatchObject({ total: 60, unlabelled: 0 });
    }
    if (work === "restore") {
      for (const { turn, name } of whole) {
        const at = join(folder, turn, name);
        expect(existsSync(join(at, "keys.json"))).toBe(true);
        const restored = closing(openProjectWithKey({ path: at, key: Uint8Array.from(key), memberId: member.id }));
        expect(restored.images.facets()).toMatchObject({ total: 60, unlabelled: 0 });
        expect(await check(restored)).toMatchObject({ problems: [], auditIntact: true });
      }
    }
  });
}
