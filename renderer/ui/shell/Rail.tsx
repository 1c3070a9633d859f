// The left rail: the rooms, by icon and name.
import {
  Database,
  FlaskConical,
  Images,
  ListChecks,
  ListTree,
  type LucideIcon,
  ScanEye,
  Shapes,
  Vault,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { formatRoute, navigate, type Route, routeStore, type ViewName } from "../../state/route.ts";
import classes from "./Rail.module.css";

const ROOMS: { view: Exclude<ViewName, "compare" | "search" | "pacs">; icon: LucideIcon; route: Route }[] = [
  { view: "library", icon: Images, route: { view: "library" } },
  { view: "viewer", icon: ScanEye, route: { view: "viewer", imageId: null, frame: 0 } },
  { view: "reading", icon: ListChecks, route: { view: "reading", listId: null, position: null } },
  { view: "data", icon: Database, route: { view: "data" } },
  { view: "runs", icon: FlaskConical, route: { view: "runs", runId: null } },
  { view: "models", icon: Shapes, route: { view: "models", modelId: null } },
  { view: "schema", icon: ListTree, route: { view: "schema" } },
  { view: "project", icon: Vault, route: { view: "project", section: "health" } },
];

/** Rooms that are reached from another one. */
const HOME_OF = { compare: "runs", search: "runs", pacs: "library" } as const;

export function Rail({ mayGo }: { mayGo(view: ViewName): boolean }) {
  const { t } = useTranslation();
  const here = useStore(routeStore, ({ route }) => HOME_OF[route.view as keyof typeof HOME_OF] ?? route.view);
  return (
    <nav className={classes.rail} aria-label={t("navigation")}>
      {ROOMS.filter(({ view }) => mayGo(view)).map(({ view, icon: Icon, route }) => (
        <a
          key={view}
          className={classes.room}
          href={formatRoute(route)}
          aria-current={here === view ? "page" : undefined}
          onClick={(event) => {
            event.preventDefault();
            navigate(route);
          }}
        >
          <Icon aria-hidden size={20} strokeWidth={1.75} />
          <span>{t(view)}</span>
        </a>
      ))}
    </nav>
  );
}
