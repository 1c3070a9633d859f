// Commands that exist wherever the person is.
import { navigate, type Route, type ViewName } from "../state/route.ts";
import type { Command, CommandId } from "./Command.ts";

export interface AppActions {
  openPalette(): void;
  openShortcuts(): void;
  lock(): void | Promise<void>;
  /** false where no browser session is to be ended */
  maySignOut(): boolean;
  signOut(): void | Promise<void>;
  switchLanguage(): void;
  switchTheme(): void;
}

const app = (id: CommandId, shortcuts: string[], run: Command["run"]): Command => ({
  id,
  group: "app",
  shortcuts,
  enabled: () => true,
  run,
});

/** `mayGo`: rooms that the member has a way into. */
export function appCommands(actions: AppActions, mayGo: (view: ViewName) => boolean): Command[] {
  const go = (id: CommandId, shortcut: string, route: Route): Command => ({
    id,
    group: "go",
    shortcuts: [shortcut],
    enabled: () => mayGo(route.view),
    run: () => navigate(route),
  });
  return [
    app("app.palette", ["Mod+K"], actions.openPalette),
    app("app.shortcuts", ["?"], actions.openShortcuts),
    go("go.library", "Alt+1", { view: "library" }),
    go("go.viewer", "Alt+2", { view: "viewer", imageId: null, frame: 0 }),
    go("go.reading", "Alt+3", { view: "reading", listId: null, position: null }),
    go("go.data", "Alt+4", { view: "data" }),
    go("go.runs", "Alt+5", { view: "runs", runId: null }),
    go("go.models", "Alt+6", { view: "models", modelId: null }),
    go("go.schema", "Alt+7", { view: "schema" }),
    go("go.project", "Alt+8", { view: "project", section: "health" }),
    app("app.lock", ["Mod+Shift+L"], actions.lock),
    { ...app("app.signOut", [], actions.signOut), enabled: actions.maySignOut },
    app("app.language", [], actions.switchLanguage),
    app("app.theme", [], actions.switchTheme),
  ];
}
