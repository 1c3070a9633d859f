// Real processes, killed at random moments while they take a copy in.

import { fork } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openProjectWithKey } from "../../main/project/project.ts";
import { addImages, closing, newImage, newProject, temporaryFolder } from "./builder.ts";
import type { TakingOrder } from "./children/taking.ts";
import { box } from "./shapes.ts";

const KILLS = 6;
const IMAGES = 300;
const SCRIPT = fileURLToPath(new URL("./children/taking.ts", import.meta.url));

test(`${KILLS} kills in the middle of taking a copy in: whole pieces stay, ours stays, and doing it again brings the rest once`, async () => {
  const { project } = await newProject();
  const ids = addImages(project, IMAGES);
  const [normal, lesion] = ["normal", "lesion"].map((name) => project.labels.saveClass({ name }).id);
  const { path, key, member } = project;
  project.close();
  const copy = join(temporaryFolder(), "Chest.loupe");
  cpSync(path, copy, { recursive: true });
  const open = (where: string) =>
    closing(openProjectWithKey({ path: where, key: Uint8Array.from(key), memberId: member.id }));

  const theirs = open(copy);
  theirs.labels.apply(ids.map((imageId) => ({ do: "class", imageId, classId: lesion! })));
  for (const imageId of ids) theirs.labels.apply([{ do: "put", shape: box(imageId, lesion!) }]);
  const added = theirs.transaction(() =>
    Array.from({ length: IMAGES }, (_, index) => theirs.images.add(newImage(IMAGES + index)).id),
  );
  theirs.labels.apply(added.map((imageId) => ({ do: "class", imageId, classId: normal! })));
  theirs.close();
  // Ours says something else of every tenth image.
  const mine = ids.filter((_, index) => index % 10 === 0);
  const ours = open(path);
  ours.labels.apply(mine.map((imageId) => ({ do: "class", imageId, classId: normal! })));
  ours.close();

  const order: TakingOrder = { path, copy, key: Buffer.from(key).toString("base64"), memberId: member.id };
  const took: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const child = fork(SCRIPT, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const closed = once(child, "close");
    child.send(order);
    await once(child, "message");
    await wait(Math.random() * 250);
    child.kill("SIGKILL");
    await closed;
    const opened = open(path);
    expect(opened.integrityCheck()).toBe("ok");
    expect(opened.audit.list(0, 1).intact).toBe(true);
    for (const id of mine) expect(opened.labels.forImage(id).classId).toBe(normal);
    took.push(opened.images.facets().total);
    opened.close();
  }
  expect(took).toEqual([...took].sort((a, b) => a - b));

  const last = fork(SCRIPT, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  last.send(order);
  await once(last, "close");
  const opened = open(path);
  expect(opened.images.facets().total).toBe(2 * IMAGES);
  for (const id of ids) {
    const { classId, shapes } = opened.labels.forImage(id);
    expect(classId).toBe(mine.includes(id) ? normal : lesion);
    expect(shapes).toHaveLength(1);
  }
  for (const id of added) expect(opened.labels.forImage(id).classId).toBe(normal);
  expect(opened.copies.list(false, 0, 1)).toMatchObject({ total: mine.length, open: mine.length });
  expect(opened.integrityCheck()).toBe("ok");
  expect(opened.audit.list(0, 1).intact).toBe(true);
});
