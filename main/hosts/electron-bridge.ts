// The one place where messages of a page come in. Each is answered only for the top frame of our own page, and only when its arguments
// are what the bridge says; a page that says something else gets an error and nothing happens.

import { dialog, type IpcMainInvokeEvent, ipcMain } from "electron";
import { z } from "zod";
import { PICK_FILE, PICK_FOLDER, SET_MENUS, SHOW } from "../../preload/channels.ts";
import { type Appearance, appearanceSchema, type Menus, menusSchema } from "../../preload/contract/bridge.ts";
import { isOurs } from "./electron-scheme.ts";

export interface BridgeAnswers {
  show(appearance: Appearance): void;
  setMenus(menus: Menus): void;
}

export function answerBridge({ show, setMenus }: BridgeAnswers): void {
  listen(PICK_FOLDER, z.tuple([]), () => pick("openDirectory"));
  listen(PICK_FILE, z.tuple([]), () => pick("openFile"));
  listen(SHOW, z.tuple([appearanceSchema]), ([appearance]) => show(appearance));
  listen(SET_MENUS, z.tuple([menusSchema]), ([menus]) => setMenus(menus));
}

function listen<Args>(channel: string, schema: z.ZodType<Args>, answer: (args: Args) => unknown): void {
  ipcMain.handle(channel, (event, ...args: unknown[]) => {
    if (!isFromOurPage(event)) throw new Error("This message does not come from the studio's page.");
    const checked = schema.safeParse(args);
    if (!checked.success) throw new Error(`This is not what ${channel} takes.`);
    return answer(checked.data);
  });
}

const isFromOurPage = ({ senderFrame }: IpcMainInvokeEvent): boolean =>
  senderFrame !== null && senderFrame.parent === null && isOurs(senderFrame.url);

/** The path of the one thing that was chosen, or null. */
async function pick(kind: "openDirectory" | "openFile"): Promise<string | null> {
  const { filePaths } = await dialog.showOpenDialog({ properties: [kind] });
  return filePaths[0] ?? null;
}
