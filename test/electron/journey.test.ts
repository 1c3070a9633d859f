// The main job in the desktop window: the built main process, preload script, worker and page, from an empty machine to an exported
// container image.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildParts } from "../../main/hosts/build.ts";
import { mainJob, PASSPHRASE } from "../support/main-job.ts";
import { cannotStart, type Desktop, isStandIn, startDesktop } from "./start-desktop.ts";

const MINUTES = 60_000;

describe.skipIf(cannotStart !== null)(
  `the main job on the desktop${cannotStart === null ? "" : ` (${cannotStart})`}`,
  () => {
    let desktop: Desktop;
    let page: Page;
    const problems: string[] = [];

    beforeAll(async () => {
      await buildParts(["server"], () => {});
      desktop = await startDesktop();
      page = await desktop.page();
      page.setDefaultTimeout(2 * MINUTES);
      page.on("pageerror", (error) => problems.push(error.message));
    }, 5 * MINUTES);
    afterAll(() => desktop?.close());

    test(
      "goes from an empty machine to a container image",
      async () => {
        await mainJob(page, desktop.folder);
        const archive = await page
          .locator("code", { hasText: /\.tar$/ })
          .first()
          .textContent();
        expect(statSync(archive ?? "").size).toBeGreaterThan(10_000_000);
      },
      20 * MINUTES,
    );

    test.runIf(isStandIn)("kept the machine awake while it trained, and not a moment longer", async () => {
      const { awake, progress, denied, opened } = await desktop.look(({ standIn }) => standIn.shown);
      expect(awake).toEqual([{ type: "prevent-app-suspension", on: false }]);
      expect(progress).toBe(-1);
      expect(denied).toEqual([]); // the page asked for nothing that it does not get
      expect(opened).toEqual([]);
    });

    test("prints a report as a PDF in a window that nobody sees, and closes it", async () => {
      const call = (name: string, input: object | null): Promise<unknown> =>
        page.evaluate(
          async ([path, body]) => {
            const headers = { "content-type": "application/json" };
            return ((await (await fetch(path!, { method: "POST", headers, body: body! })).json()) as { json: unknown })
              .json;
          },
          [`/rpc/${name}`, JSON.stringify({ json: input })],
        );
      const [model] = (await call("models/list", null)) as { id: string }[];
      await call("comparison/report", { modelIds: [model!.id], format: "pdf", folder: desktop.folder, name: "card" });
      const pdf = join(desktop.folder, "card.pdf");
      await expect.poll(() => existsSync(pdf), { timeout: MINUTES }).toBe(true);
      const bytes = readFileSync(pdf);
      expect(bytes.toString("latin1", 0, 5)).toBe("%PDF-");
      expect(bytes.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(2);
      await expect.poll(() => desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    });

    test("left no patient, no reader and no passphrase in any file, the window's own files among them", async () => {
      await page.getByRole("button", { name: "Lock project" }).click();
      await page.getByText("Recent projects").waitFor();
      await desktop.evaluate(({ app }) => void setImmediate(() => app.quit()));
      await desktop.exited;
      const needles = [PASSPHRASE, "Reader One", "PHANTOM-7", "Phantom^"].flatMap((text) => [
        Buffer.from(text, "utf8"),
        Buffer.from(text, "utf16le"),
      ]);
      const files = readdirSync(desktop.folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      expect(files.some((path) => path.includes(join("config", "desktop")))).toBe(true);
      const leaks = files.filter((path) => {
        const bytes = readFileSync(path);
        return needles.some((needle) => bytes.includes(needle) || Buffer.from(path).includes(needle));
      });
      expect(leaks).toEqual([]);
    });

    test("nothing went wrong in the page", () => {
      expect(problems).toEqual([]);
    });
  },
);
