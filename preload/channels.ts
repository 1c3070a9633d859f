// Names of the messages between preload script and desktop host.
export const PICK_FOLDER = "loupe/pick-folder";
export const PICK_FILE = "loupe/pick-file";
export const SHOW = "loupe/show";
export const SET_MENUS = "loupe/set-menus";
/** From the host: a menu entry was chosen; a project is to be opened. */
export const COMMAND = "loupe/command";
export const OFFER = "loupe/offer";
