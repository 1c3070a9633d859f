// In the place of the planes while there are none: how far they are, or why there are none.
import { Button, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../i18n/useFormat.ts";
import { Refused } from "../../ui/Refused.tsx";
import { LARGEST_VOLUME_BYTES } from "../../viewer/volume/Volume.ts";
import classes from "./Panes.module.css";
import type { VolumeState } from "./useVolume.ts";

export function PlanesState({ state, onClose }: { state: VolumeState; onClose(): void }) {
  const { t } = useTranslation("viewer");
  const format = useFormat();
  return (
    <section className={classes.notice} aria-label={t("planes.title")}>
      <Stack gap="sm" maw={420}>
        {state.state === "loading" && (
          <>
            <Text size="sm" role="status">
              {t("planes.loading", { done: format.number(state.done), of: format.number(state.of) })}
            </Text>
            <Progress.Root>
              <Progress.Section value={(100 * state.done) / state.of} aria-label={t("planes.progress")} />
            </Progress.Root>
          </>
        )}
        {state.state === "refused" && (
          <Text size="sm" role="status">
            {t(`planes.refused.${state.reason}`, { bound: format.bytes(LARGEST_VOLUME_BYTES) })}
          </Text>
        )}
        {state.state === "failed" && <Refused error={state.error} />}
        <Button variant="default" onClick={onClose}>
          {t(state.state === "loading" ? "planes.cancel" : "planes.close")}
        </Button>
      </Stack>
    </section>
  );
}
