import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { projectTarget, UnlockLimit } from "../../main/api/unlock-limit.ts";
import { AppError } from "../../preload/contract/index.ts";
import { openStudio, PASSPHRASE, type TestStudio } from "./open-studio.ts";

const MINUTE = 60_000;
const wrong = () => Promise.reject(new AppError("project/key-wrong", "Not right."));
const right = () => Promise.resolve("open");

let now: number;
let limit: UnlockLimit;
beforeEach(() => {
  now = 1000;
  limit = new UnlockLimit(() => now);
});

/** "open", "wrong", or the seconds that a try was told to wait. */
async function attempt(caller: string, unlock: () => Promise<unknown> = wrong, target = "/p"): Promise<unknown> {
  try {
    return await limit.attempt({ caller, target }, unlock);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.code === "app/too-many-tries" ? error.retryAfterSeconds : "wrong";
  }
}
const mistakes = async (count: number, caller = "a", target = "/p") => {
  for (let index = 0; index < count; index++) expect(await attempt(caller, wrong, target)).toBe("wrong");
};

describe("one caller", () => {
  test("has five mistakes free; then the wait doubles from 1 s up to 5 min", async () => {
    await mistakes(5);
    const waits: unknown[] = [];
    for (let index = 0; index < 11; index++) {
      const seconds = await attempt("a");
      waits.push(seconds);
      now += Number(seconds) * 1000;
      expect(await attempt("a")).toBe("wrong");
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  test("is told how long in whole seconds, rounded up, and a try during the wait does not lengthen it", async () => {
    await mistakes(5);
    for (const seconds of [1, 2]) {
      now += seconds * 1000;
      await mistakes(1);
    }
    now += 1500;
    for (let index = 0; index < 50; index++) expect(await attempt("a", right)).toBe(3);
    now += 2500;
    expect(await attempt("a", right)).toBe("open");
  });

  test("who is right starts again with five free mistakes", async () => {
    await mistakes(4);
    expect(await attempt("a", right)).toBe("open");
    await mistakes(5);
    expect(await attempt("a")).toBe(1);
  });

  test("is forgiven after half an hour without a mistake", async () => {
    await mistakes(5);
    now += 30 * MINUTE;
    await mistakes(5);
  });

  test("is not charged for what is not a guess: a project that is missing or damaged", async () => {
    const missing = () => Promise.reject(new AppError("project/not-a-project", "None."));
    for (let index = 0; index < 40; index++) expect(await attempt("a", missing)).toBe("wrong");
    expect(await attempt("a", right)).toBe("open");
  });

  test("who is right about one project gains nothing for another", async () => {
    await mistakes(5, "a", "/other");
    expect(await attempt("a", right, "/mine")).toBe("open");
    expect(await attempt("a", wrong, "/other")).toBe(1);
  });
});

test("the wait begins when a try has failed, not when it began: a slow computer is no way around it", async () => {
  const slow = async () => {
    now += 3000;
    return wrong();
  };
  for (let index = 0; index < 5; index++) expect(await attempt("a", slow)).toBe("wrong");
  expect(await attempt("a", right)).toBe(1);
});

describe("in parallel", () => {
  test("a hundred tries at once are five guesses, and never more than two are computed together", async () => {
    let running = 0;
    let most = 0;
    let guesses = 0;
    const slow = async () => {
      guesses += 1;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return wrong();
    };
    const answers = await Promise.all(Array.from({ length: 100 }, () => attempt("a", slow)));
    expect(answers.filter((answer) => answer === "wrong")).toHaveLength(5);
    expect([guesses, most]).toEqual([5, 2]);
  });

  test("a thousand callers at once are twenty guesses at one project", async () => {
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, index) => attempt(`caller ${index}`)));
    expect(answers.filter((answer) => answer === "wrong")).toHaveLength(20);
    expect(new Set(answers)).toEqual(new Set(["wrong", 1]));
  });
});

describe("everybody together", () => {
  test("has twenty mistakes free, then waits at most a minute: the owner is not locked out for ever", async () => {
    for (let index = 0; index < 20; index++) await mistakes(1, `caller ${index}`);
    let longest = 0;
    for (let index = 0; index < 12; index++) {
      const seconds = Number(await attempt(`other ${index}`));
      longest = Math.max(longest, seconds);
      now += seconds * 1000;
      await mistakes(1, `more ${index}`);
    }
    expect(longest).toBe(60);
    now += MINUTE;
    expect(await attempt("owner", right)).toBe("open");
  });

  test("does not hold up whom it knows: who was right before answers for its own mistakes alone", async () => {
    expect(await attempt("owner", right)).toBe("open");
    for (let index = 0; index < 20; index++) await mistakes(1, `caller ${index}`);
    expect(await attempt("stranger", right)).toBe(1);
    expect(await attempt("owner", right)).toBe("open");
  });

  test("may try again at once when somebody at the machine says so", async () => {
    for (let index = 0; index < 20; index++) await mistakes(1, `caller ${index}`);
    limit.forget();
    expect(await attempt("stranger", right)).toBe("open");
  });

  test("still counts after so many callers that single ones were forgotten", async () => {
    for (let index = 0; index < 20; index++) await mistakes(1, `caller ${index}`);
    const missing = () => Promise.reject(new AppError("project/not-a-project", "None."));
    for (let index = 0; index < 20_000; index++) await attempt(`flood ${index}`, missing, `/flood/${index % 7}`);
    expect(await attempt("stranger", right)).toBe(1);
  });
});

describe("one project", () => {
  const folder = mkdtempSync(join(tmpdir(), "loupe-target-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("has one count, however its path is written", () => {
    const project = join(folder, "Name.loupe");
    mkdirSync(project);
    symlinkSync(project, join(folder, "link"));
    for (const path of [project, `${project}/`, join(folder, "link"), `${folder}/x/../Name.loupe`]) {
      expect(projectTarget(path)).toBe(projectTarget(project));
    }
    expect(projectTarget(`${folder}/none/../gone`)).toBe(join(folder, "gone"));
  });
});

describe("through the contract", () => {
  let open: TestStudio;
  beforeAll(async () => {
    open = await openStudio();
    await open.client.projects.lock();
  });
  afterAll(() => open.close());

  const unlock = (caller: string, call: "open" | "recover", passphrase: string) =>
    open.studio.handle(
      new Request(`http://127.0.0.1/rpc/projects/${call}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ json: { path: open.project.path, passphrase, recoveryKey: `${"A".repeat(52)}` } }),
      }),
      caller,
    );

  test("the sixth wrong passphrase of a caller is 429 with Retry-After, by any call; another caller still gets in", async () => {
    for (let index = 0; index < 5; index++) expect((await unlock("a", "open", "wrong one")).status).toBe(403);
    for (const call of ["open", "recover"] as const) {
      const refused = await unlock("a", call, PASSPHRASE);
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.json()).toMatchObject({
        json: { code: "app/too-many-tries", message: expect.stringContaining("1 s"), data: { retryAfterSeconds: 1 } },
      });
    }
    expect((await unlock("b", "open", PASSPHRASE)).status).toBe(200);
  });

  test("the current passphrase cannot be guessed through a change of it", async () => {
    const change = () => open.client.projects.changePassphrase({ current: "wrong one", next: PASSPHRASE });
    for (let index = 0; index < 5; index++) await expect(change()).rejects.toMatchObject({ code: "project/key-wrong" });
    await expect(change()).rejects.toMatchObject({
      code: "app/too-many-tries",
      status: 429,
      data: { retryAfterSeconds: 1 },
    });
  });
});
