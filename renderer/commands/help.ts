// Commands that exist with and without a project.
import { type Help, helpStore } from "../state/help.ts";
import type { Command, CommandId } from "./Command.ts";

const help = (id: CommandId, shortcuts: string[], shown: Help): Command => ({
  id,
  group: "help",
  shortcuts,
  enabled: () => true,
  run: () => helpStore.setState({ shown }),
});

export const HELP_COMMANDS: readonly Command[] = [help("help.guide", ["F1"], "guide"), help("help.about", [], "about")];
