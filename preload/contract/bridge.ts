// What a page in the desktop window can ask of the system beyond the contract. Absent in a browser: test for `window.loupe`.
//
// Named functions only; nothing here carries patient data, and none of them gives a page Node or Electron. What a page says is checked
// by the schemas below before the host acts on it.

import { z } from "zod";

/** What the window's frame, its menus and its messages follow. */
export const appearanceSchema = z.strictObject({
  language: z.enum(["en", "zh-CN"]),
  colours: z.enum(["light", "dark", "auto"]).describe("auto: as the system"),
});
export type Appearance = z.infer<typeof appearanceSchema>;

/** The commands of this moment, as menus of the window. */
export const menusSchema = z
  .array(
    z.strictObject({
      label: z.string().min(1).max(60),
      isHelp: z.boolean().describe("comes last, where the system looks for help"),
      items: z
        .array(
          z.strictObject({
            key: z.string().min(1).max(300).describe("what `onCommand` says when it is chosen"),
            label: z.string().min(1).max(300),
            shortcut: z
              .string()
              .max(40)
              .nullable()
              .describe('as renderer/commands/shortcut.ts writes it: "Mod+Shift+L"'),
          }),
        )
        .max(200),
    }),
  )
  .max(20);
export type Menus = z.infer<typeof menusSchema>;

export interface Bridge {
  /** The system's folder dialog; null when the user closed it. */
  pickFolder(): Promise<string | null>;
  /** The system's file dialog for one image or archive; null when the user closed it. */
  pickFile(): Promise<string | null>;
  /** Where a dropped file lies on this machine; empty when it has no path (for example dragged out of a web page). */
  pathOf(file: File): string;
  /** Language and colours of the page: when it has started, and whenever they change. */
  show(appearance: Appearance): Promise<void>;
  /** The menus of the page: whenever its commands change. */
  setMenus(menus: Menus): Promise<void>;
  /** `listener` hears the key of each menu entry that is chosen. One listener; a later one replaces it. */
  onCommand(listener: (key: string) => void): void;
  /** `listener` hears the path of each project that the system asks to open. One listener; a later one replaces it. */
  onOffer(listener: (path: string) => void): void;
}

declare global {
  interface Window {
    readonly loupe?: Bridge;
  }
}
