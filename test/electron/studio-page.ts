// What a person does in the page of the desktop window, and what a test asks the program around it.

import type { Page } from "playwright-core";
import { expect } from "vitest";
import { PASSPHRASE } from "../support/main-job.ts";
import type { Desktop } from "./start-desktop.ts";

/** A call as the page would make it, by hand. */
export async function call(page: Page, path: string, input?: unknown): Promise<{ status: number; answer: unknown }> {
  return page.evaluate(
    async ([path, body]) => {
      const response = await fetch(`/rpc/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      return { status: response.status, answer: ((await response.json()) as { json: unknown }).json };
    },
    [path, JSON.stringify(input === undefined ? {} : { json: input })] as const,
  );
}

/** A project of this name in the test's folder, opened; resolves with its path. */
export async function createProject(desktop: Desktop, page: Page, name: string): Promise<string> {
  const input = { name, folder: desktop.folder, member: "Ada", passphrase: PASSPHRASE };
  const { status, answer } = await call(page, "projects/create", input);
  if (status !== 200) throw new Error(`The project was refused: ${JSON.stringify(answer)}`);
  await page.getByRole("navigation").waitFor();
  return (answer as { project: { path: string } }).project.path;
}

/** Chooses an entry of the application's menu by its labels, as a person does: the menus follow the page a moment later. */
export async function choose(desktop: Desktop, ...labels: string[]): Promise<void> {
  const chosen = () =>
    desktop.evaluate(({ Menu }, [first, ...rest]: string[]) => {
      let item = Menu.getApplicationMenu()?.items.find(({ label }) => label === first);
      for (const label of rest) item = item?.submenu?.items.find((entry) => entry.label === label);
      item?.click();
      return item !== undefined;
    }, labels);
  await expect.poll(chosen, { timeout: 5000, message: `the menu has ${labels.join(" › ")}` }).toBe(true);
}

export interface MenuEntry {
  label: string;
  role: string | null;
  accelerator: string | null;
  items: MenuEntry[];
}

/** The application's menu as data. */
export function readMenu(desktop: Desktop): Promise<MenuEntry[]> {
  return desktop.evaluate(({ Menu }) => {
    const read = (menu: Electron.Menu | undefined | null): MenuEntry[] =>
      (menu?.items ?? []).map((item) => ({
        label: item.label,
        role: item.role ?? null,
        accelerator: (item.accelerator as string | undefined) ?? null,
        items: read(item.submenu),
      }));
    return read(Menu.getApplicationMenu());
  });
}

/** The next folder dialog answers with this path. */
export function answerDialog(desktop: Desktop, path: string | null): Promise<void> {
  return desktop.evaluate(({ dialog }, path: string | null) => {
    dialog.showOpenDialog = async () => ({ canceled: path === null, filePaths: path === null ? [] : [path] });
  }, path);
}

/** Drops files or folders of the disk on a place of the page. */
export async function drop(
  desktop: Desktop,
  page: Page,
  paths: readonly string[],
  at = { x: 600, y: 400 },
): Promise<void> {
  await desktop.tellPaths(paths);
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, ...at, data });
  }
  await session.detach();
}
