// Five hundred kills: the studio as a user starts it, over HTTP as the page speaks to it, killed with SIGKILL at random moments while it labels,
// imports, trains, backs up, compacts, takes a copy in, changes its key, migrates or exports; half of the time alone, half of the time with all its
// child processes.
//
// What counts is what the studio had answered: an answer says that the change is on disk. After each kill the project is opened directly and
// asked for everything that had been answered. `lost` counts answers that are not there, `corrupt` counts projects that do not open, fail SQLite's
// integrity check, or whose audit chain does not hold, and backups and exports that look whole and are not. How much of each was answered is
// counted too, so that nothing lost says something. At the end the last training is resumed and must finish.

import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { BenchResult } from "../support/bench.ts";
import { type StudioProcess, startStudio } from "../support/studio.ts";
import { inspect, inspectBackups, inspectExports, inspectOld } from "./durability/inspect.ts";
import { begin, finishTraining, WORK, type Work } from "./durability/work.ts";
import { enter, inWorld, PASSPHRASE, prepare } from "./durability/world.ts";

export const title = "SIGKILL at random moments in everything that writes: nothing lost, nothing corrupt";

const KILLS = 500;
/** Longest time that each kind of work goes on before the kill; a child process needs a while to begin. */
const LONGEST_MS: Record<Work, number> = {
  label: 500,
  import: 1500,
  train: 3000,
  backup: 2500,
  compact: 2000,
  merge: 2500,
  "re-key": 2000,
  migrate: 1000,
  export: 5000,
};

function kill(studio: StudioProcess, together: boolean): void {
  const { pid } = studio.child;
  if (pid === undefined) throw new Error("the studio has no process");
  process.kill(together ? -pid : pid, "SIGKILL");
}

/** Two projects at the same time, each with half of the kills. */
const LANES = 2;

export default async function durability([kills]: readonly string[]): Promise<BenchResult> {
  const wanted = Number(kills ?? KILLS);
  const folder = await mkdtemp(join(tmpdir(), "loupe-durability-"));
  try {
    const each = await Promise.all(
      Array.from({ length: LANES }, (_, lane) => {
        const share = Math.floor((wanted + lane) / LANES);
        mkdirSync(join(folder, `${lane}`));
        return measure(join(folder, `${lane}`), share);
      }),
    );
    const figures = each.reduce((sum, lane) =>
      Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value + lane[name]!])),
    );
    const answered = ["trainings", "backups", "compactions", "merges", "keys", "exports"];
    const ok =
      figures.kills === wanted &&
      figures.lost === 0 &&
      figures.corrupt === 0 &&
      answered.every((name) => figures[name]! > 0);
    const required = Object.fromEntries(answered.map((name) => [name, ">= 1"]));
    return { figures, required: { kills: String(wanted), lost: "0", corrupt: "0", ...required }, ok };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measure(folder: string, kills: number): Promise<Record<string, number>> {
  const settings = join(folder, "studio");
  const start = () => startStudio({ folder: settings, group: true });
  const world = await prepare(folder, start);
  const figures = { kills: 0, lost: 0, corrupt: 0, changes: 0, points: 0, trainings: 0 };
  let studio = await start();
  let client = await enter(studio);
  while (figures.kills < kills) {
    const work = WORK[figures.kills % WORK.length]!;
    world.round = figures.kills;
    const tasks = await begin(work, client, world);
    // Each task goes on until its studio is gone; one that ends before the kill has met a refusal, which is a failure of the bench.
    let killed = false;
    const ends = tasks.map((task) =>
      task.catch((error: unknown) => {
        if (!killed) throw error;
      }),
    );
    await Promise.race([wait(Math.random() * LONGEST_MS[work]), ...ends]);
    killed = true;
    const gone = once(studio.child, "exit");
    kill(studio, figures.kills % 16 < 8);
    await gone;
    await Promise.all(ends);
    figures.kills++;
    // The next studio starts while the project is looked at.
    const next = start();
    try {
      const found = [await inspect(world)];
      if (work === "backup") found.push(await inspectBackups(world));
      if (work === "export") found.push(await inspectExports(world));
      if (work === "migrate") found.push(await inspectOld(inWorld(world, "Old-now.loupe")));
      for (const { lost, sound } of found) {
        figures.lost += lost;
        if (!sound) figures.corrupt++;
        if (lost > 0 || !sound)
          console.error(`kill ${figures.kills}, ${work}: lost ${lost}, ${sound ? "" : "not "}sound`);
      }
    } catch (error) {
      figures.corrupt++;
      console.error(`kill ${figures.kills}, ${work}: ${String(error)}`);
    }
    if (figures.kills % 50 === 0)
      console.error(`${figures.kills} kills, lost ${figures.lost}, corrupt ${figures.corrupt}`);
    studio = await next;
    client = await enter(studio);
  }
  await client.projects.open({ path: world.path, passphrase: PASSPHRASE });
  await finishTraining(client);
  figures.changes = (await client.audit.list({ limit: 1 })).total;
  figures.points = [...world.answered.runs.values()].reduce((sum, points) => sum + points.size, 0);
  figures.trainings = (await client.runs.list()).filter(({ state }) => state === "done").length;
  await studio.close();
  return { ...figures, ...world.answered.done };
}
