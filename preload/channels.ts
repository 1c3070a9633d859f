// Names of the messages between preload script and desktop host.
export const PICK_FOLDER = "loupe/pick-folder";
export const PICK_FILE = "loupe/pick-file";
