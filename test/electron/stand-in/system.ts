// What the operating system shows and says through Electron: menus, dialogs, messages, power, theme, displays, key store. A test looks at
// it and speaks for it by `evaluate` (see ../start-desktop.ts); `shown` is what Electron itself cannot be asked afterwards.

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export const shown = {
  notifications: [] as { title: string; body: string }[],
  /** of the window's button in dock or taskbar; -1: none */
  progress: -1,
  /** what kept the machine awake, and what does so now */
  awake: [] as { type: string; on: boolean }[],
  /** the system's list of recent documents */
  recent: [] as string[],
  /** which guard refused which address */
  denied: [] as string[],
  opened: [] as string[],
};

interface ItemTemplate {
  id?: string;
  label?: string;
  role?: string;
  type?: string;
  enabled?: boolean;
  accelerator?: string;
  registerAccelerator?: boolean;
  submenu?: ItemTemplate[];
  click?(item: MenuItem, window: null, event: object): void;
}

class MenuItem {
  readonly id: string;
  readonly label: string;
  readonly role: string | undefined;
  readonly type: string;
  readonly enabled: boolean;
  readonly accelerator: string | undefined;
  readonly registerAccelerator: boolean;
  readonly submenu: Menu | undefined;
  readonly #click: ItemTemplate["click"];

  constructor(template: ItemTemplate) {
    this.id = template.id ?? "";
    this.role = template.role;
    this.label = template.label ?? template.role ?? "";
    this.type = template.type ?? (template.submenu ? "submenu" : "normal");
    this.enabled = template.enabled ?? true;
    this.accelerator = template.accelerator;
    this.registerAccelerator = template.registerAccelerator ?? true;
    this.submenu = template.submenu ? Menu.buildFromTemplate(template.submenu) : undefined;
    this.#click = template.click;
    // Electron refuses such a template: an entry that shows nothing.
    if (template.label === undefined && template.role === undefined && template.type !== "separator") {
      throw new TypeError("A menu entry needs a label, a role or the type separator.");
    }
  }

  click(): void {
    if (this.enabled) this.#click?.(this, null, {});
  }
}

export class Menu {
  static #application: Menu | null = null;
  readonly items: readonly MenuItem[];

  constructor(items: readonly MenuItem[]) {
    this.items = items;
  }
  static buildFromTemplate(template: readonly ItemTemplate[]): Menu {
    return new Menu(template.map((item) => new MenuItem(item)));
  }
  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
  }
  static getApplicationMenu(): Menu | null {
    return Menu.#application;
  }
  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
}

/** Closed by the user, unless a test says otherwise. */
export const dialog = {
  showOpenDialog: async (_options: object): Promise<{ canceled: boolean; filePaths: string[] }> => ({
    canceled: true,
    filePaths: [],
  }),
  showMessageBox: async (_window: object, options: { cancelId?: number }): Promise<{ response: number }> => ({
    response: options.cancelId ?? 0,
  }),
};

export class Notification extends EventEmitter {
  static isSupported = (): boolean => true;
  readonly #said: { title: string; body: string };
  constructor(said: { title: string; body: string }) {
    super();
    this.#said = said;
  }
  show(): void {
    shown.notifications.push(this.#said);
  }
}

export const powerSaveBlocker = {
  start: (type: string): number => shown.awake.push({ type, on: true }) - 1,
  stop(id: number): void {
    const blocker = shown.awake[id];
    if (blocker) blocker.on = false;
  },
  isStarted: (id: number): boolean => shown.awake[id]?.on ?? false,
};

export const powerMonitor = new EventEmitter();

class NativeTheme extends EventEmitter {
  #source: "system" | "light" | "dark" = "system";
  get themeSource() {
    return this.#source;
  }
  set themeSource(source: "system" | "light" | "dark") {
    this.#source = source;
    this.emit("updated");
  }
  get shouldUseDarkColors(): boolean {
    return this.#source === "dark";
  }
}
export const nativeTheme = new NativeTheme();

const DISPLAY = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } };
export const screen = { getPrimaryDisplay: () => DISPLAY, getAllDisplays: () => [DISPLAY] };

/** LOUPE_STAND_IN_KEY_STORE: a file for the key, or what Linux calls no key store: "basic_text". */
export const safeStorage = {
  isEncryptionAvailable: (): boolean => process.env.LOUPE_STAND_IN_KEY_STORE !== undefined,
  getSelectedStorageBackend: (): string =>
    process.env.LOUPE_STAND_IN_KEY_STORE === "basic_text" ? "basic_text" : "gnome_libsecret",
  encryptString(text: string): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", storeKey(), nonce);
    return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  },
  decryptString(bytes: Buffer): string {
    const decipher = createDecipheriv("aes-256-gcm", storeKey(), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
  },
};

function storeKey(): Buffer {
  const path = process.env.LOUPE_STAND_IN_KEY_STORE;
  if (path === undefined || path === "basic_text") return Buffer.alloc(32);
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, randomBytes(32), { mode: 0o600 });
  }
  return readFileSync(path);
}

/** The studio opens nothing outside; a test would see it here. */
export const shell = {
  openExternal: async (url: string): Promise<void> => void shown.opened.push(url),
  openPath: async (path: string): Promise<string> => {
    shown.opened.push(path);
    return "";
  },
};
