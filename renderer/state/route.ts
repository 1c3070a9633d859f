// Where the person is: a small union mirrored in the address after #, so that reload and back work.
//
// parseRoute(formatRoute(route)) gives the route back; anything unknown is the library.
import { createStore } from "zustand/vanilla";

export type Route =
  | { view: "library" }
  | { view: "viewer"; imageId: string | null; frame: number }
  | { view: "data" }
  | { view: "runs"; runId: string | null }
  | { view: "models"; modelId: string | null }
  | { view: "compare"; runIds: string[] };

export type ViewName = Route["view"];

const HOME: Route = { view: "library" };

export function formatRoute(route: Route): string {
  switch (route.view) {
    case "library":
    case "data":
      return `#/${route.view}`;
    case "viewer":
      if (route.imageId === null) return "#/viewer";
      return `#/viewer/${encodeURIComponent(route.imageId)}${route.frame > 0 ? `/${route.frame}` : ""}`;
    case "runs":
      return route.runId === null ? "#/runs" : `#/runs/${encodeURIComponent(route.runId)}`;
    case "models":
      return route.modelId === null ? "#/models" : `#/models/${encodeURIComponent(route.modelId)}`;
    case "compare":
      return ["#/compare", ...route.runIds.map(encodeURIComponent)].join("/");
  }
}

export function parseRoute(hash: string): Route {
  const [view, ...rest] = hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decode);
  switch (view) {
    case "viewer":
      return { view, imageId: rest[0] ?? null, frame: Math.max(0, Number.parseInt(rest[1] ?? "0", 10) || 0) };
    case "data":
      return { view };
    case "runs":
      return { view, runId: rest[0] ?? null };
    case "models":
      return { view, modelId: rest[0] ?? null };
    case "compare":
      return { view, runIds: rest };
    default:
      return HOME;
  }
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
