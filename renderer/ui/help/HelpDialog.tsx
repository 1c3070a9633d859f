// The user guide and About, over whatever is shown; loaded when first asked for.
import { Modal, ScrollArea } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { helpStore } from "../../state/help.ts";
import { Loading } from "../Loading.tsx";

const Guide = lazy(() => import("./Guide.tsx"));
const About = lazy(() => import("./About.tsx"));

export function HelpDialog() {
  const { t } = useTranslation();
  const shown = useStore(helpStore, (state) => state.shown);
  return (
    <Modal
      opened={shown !== null}
      onClose={() => helpStore.setState({ shown: null })}
      title={shown === "about" ? t("about.title") : t("guide")}
      size="xl"
      scrollAreaComponent={ScrollArea.Autosize}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Suspense fallback={<Loading />}>{shown === "about" ? <About /> : shown === "guide" && <Guide />}</Suspense>
    </Modal>
  );
}
