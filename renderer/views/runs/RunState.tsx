// How a run stands: a word with a colour, the same in the list, on its page and beside its model.
import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Run } from "../../../preload/contract/index.ts";

const COLOURS: Record<Run["state"], string> = {
  running: "blue",
  done: "green",
  failed: "red",
  cancelled: "gray",
  interrupted: "orange",
};

export function RunState({ state }: { state: Run["state"] }) {
  const { t } = useTranslation("runs");
  return (
    <Badge variant="dot" color={COLOURS[state]} tt="none">
      {t(`state.${state}`)}
    </Badge>
  );
}
