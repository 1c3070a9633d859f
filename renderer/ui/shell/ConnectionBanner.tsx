import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { connectionStore } from "../../state/connection.ts";
import classes from "./ConnectionBanner.module.css";

/** Says that the studio cannot be reached, or does not let this window in any more; nothing while all is well. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const state = useStore(connectionStore, (store) => store.state);
  if (state !== "lost" && state !== "refused") return null;
  return (
    <div className={classes.banner} role="alert">
      {t(`connection.${state}`)}
    </div>
  );
}
