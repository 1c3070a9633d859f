// Where the person is: a small union mirrored in the address after #, so that reload and back work.
//
// parseRoute(formatRoute(route)) gives the route back; anything unknown is the library.
import { createStore } from "zustand/vanilla";

/** A read of a work list that is open in the viewer. */
export interface ReadPlace {
  listId: string;
  readId: string;
}

/** The parts of the project room: its file, its people, its record, its rules. */
export const PROJECT_SECTIONS = ["health", "members", "audit", "compliance"] as const;
export type ProjectSection = (typeof PROJECT_SECTIONS)[number];

export type Route =
  | { view: "library" }
  | { view: "viewer"; imageId: string | null; frame: number; read?: ReadPlace }
  | { view: "reading"; listId: string | null; position: number | null }
  | { view: "data" }
  | { view: "runs"; runId: string | null }
  | { view: "search"; searchId: string | null }
  | { view: "models"; modelId: string | null }
  | { view: "compare"; runIds: string[] }
  | { view: "schema" }
  | { view: "pacs" }
  | { view: "project"; section: ProjectSection };

export type ViewName = Route["view"];

const HOME: Route = { view: "library" };

export function formatRoute(route: Route): string {
  switch (route.view) {
    case "library":
    case "data":
    case "schema":
    case "pacs":
      return `#/${route.view}`;
    case "viewer":
      if (route.imageId === null) return "#/viewer";
      if (route.read) {
        const { listId, readId } = route.read;
        return `#/read/${[listId, readId, route.imageId].map(encodeURIComponent).join("/")}/${route.frame}`;
      }
      return `#/viewer/${encodeURIComponent(route.imageId)}${route.frame > 0 ? `/${route.frame}` : ""}`;
    case "reading":
      return ["#/reading", route.listId, route.listId && route.position].filter((part) => part !== null).join("/");
    case "runs":
      return route.runId === null ? "#/runs" : `#/runs/${encodeURIComponent(route.runId)}`;
    case "search":
      return route.searchId === null ? "#/search" : `#/search/${encodeURIComponent(route.searchId)}`;
    case "models":
      return route.modelId === null ? "#/models" : `#/models/${encodeURIComponent(route.modelId)}`;
    case "project":
      return `#/project/${route.section}`;
    case "compare":
      return ["#/compare", ...route.runIds.map(encodeURIComponent)].join("/");
  }
}

export function parseRoute(hash: string): Route {
  const [view, ...rest] = hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decode);
  switch (view) {
    case "viewer":
      return { view, imageId: rest[0] ?? null, frame: numberOf(rest[1]) ?? 0 };
    case "read": {
      const [listId, readId, imageId, frame] = rest;
      if (!listId || !readId || !imageId) return HOME;
      return { view: "viewer", imageId, frame: numberOf(frame) ?? 0, read: { listId, readId } };
    }
    case "reading":
      return { view, listId: rest[0] ?? null, position: rest[0] ? numberOf(rest[1]) : null };
    case "data":
    case "schema":
    case "pacs":
      return { view };
    case "runs":
      return { view, runId: rest[0] ?? null };
    case "search":
      return { view, searchId: rest[0] ?? null };
    case "models":
      return { view, modelId: rest[0] ?? null };
    case "project":
      return { view, section: PROJECT_SECTIONS.find((section) => section === rest[0]) ?? "health" };
    case "compare":
      return { view, runIds: rest };
    default:
      return HOME;
  }
}

function numberOf(part: string | undefined): number | null {
  const value = Number.parseInt(part ?? "", 10);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const routeStore = createStore<{ route: Route }>(() => ({ route: HOME }));

/** Goes somewhere; `replace` leaves no step for the back button (frames of one image). */
export function navigate(route: Route, options?: { replace?: boolean }): void {
  const hash = formatRoute(route);
  routeStore.setState({ route });
  if (typeof window === "undefined" || window.location.hash === hash) return;
  if (options?.replace) window.history.replaceState(null, "", hash);
  else window.history.pushState(null, "", hash);
}

/** Follows the address bar and the back button. Returns the way to stop. */
export function followAddress(): () => void {
  const read = () => routeStore.setState({ route: parseRoute(window.location.hash) });
  read();
  window.addEventListener("popstate", read);
  window.addEventListener("hashchange", read);
  return () => {
    window.removeEventListener("popstate", read);
    window.removeEventListener("hashchange", read);
  };
}
