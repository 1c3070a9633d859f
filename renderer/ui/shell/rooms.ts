// Which call a room is made of: whoever may not ask for it has no way into the room.
import type { Deed } from "../../../preload/contract/access.ts";
import type { ViewName } from "../../state/route.ts";

export const ROOM_DEED = {
  library: "images.list",
  viewer: "images.stack",
  reading: "reading.lists",
  data: "snapshots.list",
  runs: "runs.list",
  search: "searches.list",
  models: "models.list",
  compare: "runs.list",
  schema: "schema.usage",
  pacs: "pacs.connections.list",
  // Everybody has a passphrase to change; its parts have rows of their own.
  project: "projects.changePassphrase",
} as const satisfies Record<ViewName, Deed>;
