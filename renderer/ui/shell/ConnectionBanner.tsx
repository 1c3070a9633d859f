import { Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { connectionStore } from "../../state/connection.ts";
import { SIGN_IN_ADDRESS } from "../../studio/client.ts";
import classes from "./ConnectionBanner.module.css";

/** Says that the studio cannot be reached, or does not let this window in any more and what to do then; nothing while all is well. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const state = useStore(connectionStore, (store) => store.state);
  if (state !== "lost" && state !== "refused") return null;
  return (
    <div className={classes.banner} role="alert">
      {t(`connection.${state}`)}{" "}
      {state === "refused" && (
        // In a tab of its own: this window keeps what is not saved yet, and goes on when the session is there again.
        <Anchor href={SIGN_IN_ADDRESS} target="_blank" rel="noopener" className={classes.action}>
          {t("connection.signIn")}
        </Anchor>
      )}
    </div>
  );
}
