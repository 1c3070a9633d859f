// What the desktop window remembers from one start to the next: where it stood, and the language and colours of its page, so that the
// frame, the menus and the messages are right before a page has loaded. Nothing of any project.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Rectangle } from "electron";
import { z } from "zod";
import { appearanceSchema } from "../../preload/contract/bridge.ts";

const rectangleSchema = z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() });

const deskSchema = z.object({
  bounds: rectangleSchema.nullable(),
  maximised: z.boolean(),
  appearance: appearanceSchema,
});
export type Desk = z.infer<typeof deskSchema>;

export class DeskFile {
  readonly #path: string;
  readonly #languages: () => readonly string[];
  #desk: Desk | null = null;

  /** @param languages what the system prefers, best first; asked when nothing is remembered */
  constructor(folder: string, languages: () => readonly string[]) {
    this.#path = join(folder, "desk.json");
    this.#languages = languages;
  }

  get desk(): Desk {
    this.#desk ??= read(this.#path) ?? {
      bounds: null,
      maximised: false,
      appearance: { language: this.#languages()[0]?.toLowerCase().startsWith("zh") ? "zh-CN" : "en", colours: "auto" },
    };
    return this.#desk;
  }

  /** A disk that cannot be written costs the memory of a window's place, and nothing else. */
  keep(change: Partial<Desk>): void {
    this.#desk = { ...this.desk, ...change };
    const draft = `${this.#path}.${process.pid}.new`;
    try {
      mkdirSync(join(this.#path, ".."), { recursive: true, mode: 0o700 });
      writeFileSync(draft, `${JSON.stringify(this.#desk)}\n`, { mode: 0o600 });
      renameSync(draft, this.#path);
    } catch {}
  }
}

function read(path: string): Desk | null {
  try {
    return deskSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null;
  }
}

export const SMALLEST_WINDOW = { width: 900, height: 600 };
const USUAL = { width: 1440, height: 900 };
/** So much of a title bar must be on a screen for a hand to reach it. Pixels. */
const REACHABLE = 100;

/**
 * Where the window opens: where it stood, or in the middle of the first work area when that display is gone or turned.
 * `areas`: the displays' work areas, the primary one first.
 */
export function placeWindow(stood: Rectangle | null, areas: readonly Rectangle[]): Rectangle {
  const primary = areas[0] ?? { x: 0, y: 0, ...USUAL };
  if (stood !== null) {
    const home = areas.find(
      (area) =>
        Math.min(stood.x + stood.width, area.x + area.width) - Math.max(stood.x, area.x) >= REACHABLE &&
        stood.y >= area.y &&
        stood.y + REACHABLE <= area.y + area.height,
    );
    if (home) return { ...stood, ...limit(stood, home) };
  }
  const { width, height } = limit(stood ?? USUAL, primary);
  return {
    x: primary.x + Math.max(0, Math.round((primary.width - width) / 2)),
    y: primary.y + Math.max(0, Math.round((primary.height - height) / 2)),
    width,
    height,
  };
}

const limit = (wanted: { width: number; height: number }, area: Rectangle) => ({
  width: Math.max(SMALLEST_WINDOW.width, Math.min(wanted.width, area.width)),
  height: Math.max(SMALLEST_WINDOW.height, Math.min(wanted.height, area.height)),
});
