// The scrolling part of a room below its head, with one measure of space around and between its sections.
import { Stack } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./ViewBody.module.css";

export function ViewBody({ children }: { children: ReactNode }) {
  return (
    <div className={classes.root}>
      <Stack gap="lg" className={classes.column}>
        {children}
      </Stack>
    </div>
  );
}
