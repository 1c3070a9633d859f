// What goes on paper instead of the screen: the page prints this alone, black on white, over as many sheets as it needs.
import type { ReactNode } from "react";
import { createPortal } from "react-dom";
import classes from "./Printed.module.css";

export function Printed({ children }: { children: ReactNode }) {
  return createPortal(<div className={classes.printed}>{children}</div>, document.body);
}
