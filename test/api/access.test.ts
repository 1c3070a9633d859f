// The table of roles against the studio itself: every call × every role × locked, unlocked, and the ids of another project.
//
// The calls are read off the contract, and each is asked in process and through the handler, so a call that forgets the table, or a door
// that goes round it, fails here.

import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProject } from "../../main/project/project.ts";
import { ACCESS, type CallName, type Deed, may, rolesThatMay } from "../../preload/contract/access.ts";
import type { Role, Studio } from "../../preload/contract/index.ts";
import { CHEAP } from "../project/builder.ts";
import { ask, CALLS, fill, inputsOf, ROLES, type Things } from "./every-call.ts";
import { ended, ORIGIN, openStudio, type TestStudio } from "./open-studio.ts";

const passphraseOf = (role: Role) => `the ${role} says friend`;
/** What a call may be sent besides what it asks for. None of it may change a refusal. */
const NONSENSE: readonly unknown[] = [undefined, null, {}, "text", { id: 7 }, { imageId: "../", layer: {} }];

let opened: TestStudio;
let page: Studio;
let path: string;
let own: Things;
let foreign: Things;

beforeAll(async () => {
  opened = await openStudio();
  page = createORPCClient(
    new RPCLink({
      url: `${ORIGIN}/rpc`,
      fetch: (request, init) => opened.studio.handle(new Request(request, init as RequestInit)),
    }),
  );
  const make = (name: string) =>
    createProject({
      folder: opened.folder,
      name,
      member: "administrator",
      passphrase: passphraseOf("administrator"),
      cost: CHEAP,
    });
  const { project: other } = await make("Other");
  foreign = fill(other);
  other.close();
  const { project } = await make("Matrix");
  own = fill(project);
  path = project.path;
  for (const role of ROLES.filter((role) => role !== "administrator")) {
    await project.members.add({ name: role, role, passphrase: passphraseOf(role), cost: CHEAP });
  }
  project.close();
}, 60_000);
afterAll(() => opened.close());

const enter = (role: Role) => opened.client.projects.open({ path, passphrase: passphraseOf(role) });
const get = (address: string) => opened.studio.handle(new Request(`${ORIGIN}${address}`));

type Outcome = { code: string; message: string } | { answer: unknown };

async function outcome(call: Promise<unknown>): Promise<Outcome> {
  try {
    return { answer: await call };
  } catch (error) {
    if (error instanceof ORPCError) return { code: error.code, message: error.message };
    throw error;
  }
}

const codeOf = (result: Outcome) => ("code" in result ? result.code : "answered");
const guarded = CALLS.filter((name) => ACCESS[name] !== "open");

describe("the table", () => {
  test("has a row for every call of the contract, and for nothing that is no call but pixels, thumbnails and the shared layer", () => {
    const extra = ["pixels", "thumbnails", "labels.shared"];
    expect(Object.keys(ACCESS).toSorted()).toEqual([...CALLS, ...extra].toSorted());
  });

  test("lets an administrator do everything, and whoever may do a thing is somebody", () => {
    for (const deed of Object.keys(ACCESS) as Deed[]) {
      expect(may("administrator", deed), deed).toBe(true);
      if (ACCESS[deed] !== "open") expect(rolesThatMay(deed).length, deed).toBeGreaterThan(0);
    }
  });

  test("opens to nobody in particular only what makes, finds, opens or locks a project", () => {
    expect(CALLS.filter((name) => ACCESS[name] === "open")).toEqual([
      ...["app.info", "app.browse", "app.settings", "app.events"],
      ...["projects.recent", "projects.forget", "projects.create", "projects.open", "projects.recover"],
      ...["projects.keyStore", "projects.openRemembered", "projects.lock", "projects.current"],
      "upkeep.restore",
    ]);
  });
});

describe("while the project is locked", () => {
  test("every call that is not open answers project/locked, whatever it is sent", async () => {
    await opened.client.projects.lock();
    const inputs = inputsOf(own, opened.folder);
    for (const name of guarded) {
      for (const client of [opened.client, page]) {
        for (const input of [inputs[name], ...NONSENSE]) {
          expect(codeOf(await outcome(ask(client, name, input))), name).toBe("project/locked");
        }
      }
    }
  });

  test("no pixels and no thumbnails come out, and nothing says whether an image is there", async () => {
    for (const address of [
      `/pixels/${own.image}/0`,
      "/pixels/none/0",
      `/thumbnails/${own.image}`,
      "/thumbnails/none",
    ]) {
      const response = await get(address);
      expect(response.status, address).toBe(423);
      expect(await response.json()).toMatchObject({ error: { code: "project/locked" } });
    }
  });

  test("current is null", async () => {
    expect(await page.projects.current()).toBeNull();
  });
});

describe.each(ROLES)("as %s", (role) => {
  beforeAll(() => enter(role));

  test("a call of another role's is refused by naming the roles that may, the same whatever it is sent", async () => {
    const inputs = inputsOf(own, opened.folder);
    const denied = guarded.filter((name) => !may(role, name));
    expect(denied.length > 0).toBe(role !== "administrator");
    for (const name of denied) {
      const sentences = new Set<string>();
      for (const client of [opened.client, page]) {
        for (const input of [inputs[name], inputsOf(foreign, opened.folder)[name], ...NONSENSE]) {
          const result = await outcome(ask(client, name, input));
          expect(codeOf(result), `${name} with ${JSON.stringify(input)}`).toBe("project/not-allowed");
          if ("message" in result) sentences.add(result.message);
        }
      }
      expect(sentences.size, name).toBe(1);
      for (const needed of rolesThatMay(name)) expect([...sentences][0], name).toContain(needed);
    }
  });

  test("a call of one's own role is not refused for the role", async () => {
    // These take no input, so they would be done.
    const done: readonly string[] = ["projects.renewRecoveryKey", "upkeep.compact"];
    for (const name of guarded.filter((name) => may(role, name) && !done.includes(name))) {
      // What needs an input hears that this one is none; what needs none answers.
      const result = await outcome(
        ask(page, name, { imageId: 7, id: 7, filter: 7, offset: "x", images: "x", layer: 7, mode: 7 }),
      );
      expect(codeOf(result), name).not.toMatch(/^project\/(not-allowed|locked)$/);
    }
  });

  test("ids of another project are not found, and nothing comes back with them", async () => {
    const inputs = inputsOf(foreign, `${opened.folder}/${role}`);
    const theirs = Object.values(foreign);
    const naming = guarded.filter(
      // Removing a member is not in this version yet.
      (name) =>
        name !== "projects.removeMember" &&
        may(role, name) &&
        theirs.some((id) => JSON.stringify(inputs[name])?.includes(id)),
    );
    expect(naming.length).toBeGreaterThan(8);
    for (const name of naming) {
      const result = await outcome(ask(page, name, inputs[name]));
      if ("code" in result) {
        expect(result.code, name).toMatch(NOT_THERE);
        continue;
      }
      expect(await emptied(name, result.answer), name).toEqual(EMPTY[name]);
    }
  });

  test("images come by their addresses, and those of another project do not", async () => {
    expect((await get(`/pixels/${foreign.image}/0`)).status).toBe(404);
    expect((await get(`/thumbnails/${foreign.image}`)).status).toBe(404);
    expect((await get(`/thumbnails/${own.image}`)).status).toBe(200);
  });
});

/** Refusals that say: there is no such thing here. */
const NOT_THERE = /^(app\/not-found|labels\/(class|question)-unknown)$/;
/** What calls answer that look for things rather than name them. */
const EMPTY: Partial<Record<CallName, unknown>> = {
  "images.list": { total: 0, items: [] },
  "images.lookForText": { looked: 0, suspected: 0, unreadable: 0 },
  "labelFiles.preview": { images: 0, labels: 0, losses: [] },
  "labelFiles.export": expect.objectContaining({ images: 0, labels: 0 }),
  "labels.history": { undo: 0, redo: 0 },
};

/** Of a job its result. */
async function emptied(name: CallName, answer: unknown): Promise<unknown> {
  if (name !== "images.lookForText" && name !== "labelFiles.export") return answer;
  return (await ended(page, answer as { id: string })).result;
}

test("how long nobody may be there is an administrator's to say, and neither a colleague's nor whoever's comes by a locked studio", async () => {
  await enter("administrator");
  await page.app.saveSettings({ idleLockMinutes: 15 });
  await enter("reader");
  const longer = { idleLockMinutes: 480 };
  expect(codeOf(await outcome(page.app.saveSettings(longer)))).toBe("project/not-allowed");
  await page.projects.lock();
  expect(codeOf(await outcome(page.app.saveSettings(longer)))).toBe("project/locked");
  expect(await page.app.settings()).toEqual({ idleLockMinutes: 15 });
});

describe("readers and the layer that everybody shares", () => {
  test("do not meet: writing in it is refused, writing in one's own read is not", async () => {
    await enter("administrator");
    const members = await page.projects.members();
    const reader = members.find(({ role }) => role === "reader")!;
    const list = await page.reading.create({ name: "theirs", imageIds: [own.image], readers: [reader.id] });
    await enter("reader");
    const edits = [{ do: "class", imageId: own.image, classId: own.classId } as const];
    for (const call of [
      page.labels.apply({ edits }),
      page.labels.undo({}),
      page.labels.redo({}),
      page.labels.interpolate({ imageId: own.image, of: { classId: own.classId } }),
    ]) {
      const result = await outcome(call);
      expect(codeOf(result)).toBe("project/not-allowed");
      expect("message" in result && result.message).toContain("adjudicator");
    }
    const [read] = await page.reading.mine({ listId: list.id });
    await page.labels.apply({ edits, layer: read!.layer });
    expect(await page.labels.forImage({ imageId: own.image, layer: read!.layer })).toMatchObject({
      classId: own.classId,
    });
    await enter("adjudicator");
    await page.labels.apply({ edits });
  });
});
