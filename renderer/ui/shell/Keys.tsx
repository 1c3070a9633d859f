import { Kbd } from "@mantine/core";
import { shortcutCaps } from "../../commands/shortcut.ts";
import { isMac } from "../../commands/useCommands.ts";
import classes from "./Keys.module.css";

/** A shortcut drawn as key caps. */
export function Keys({ shortcut }: { shortcut: string }) {
  return (
    <span className={classes.keys}>
      {shortcutCaps(shortcut, isMac).map((cap) => (
        <Kbd key={cap} size="xs">
          {cap}
        </Kbd>
      ))}
    </span>
  );
}
