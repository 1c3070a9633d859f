// An empty library: the two ways to fill it, and the progress of the one that was taken.
import { Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { Sparkles, Upload } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCall, useJobs } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { RunningJob } from "../../ui/shell/JobsButton.tsx";
import classes from "./FirstImages.module.css";

export function FirstImages({ onImport }: { onImport(): void }) {
  const { t } = useTranslation("library");
  const sample = useCall((studio) => studio.images.importSample({}));
  const job = useJobs().data?.find(
    ({ kind, state }) => state === "running" && (kind === "sample" || kind === "import"),
  );
  return (
    <Stack className={classes.root} align="center" gap="lg">
      <Title order={2} size="h3">
        {t("first.title")}
      </Title>
      <Text c="dimmed" ta="center" maw={560}>
        {t("first.text")}
      </Text>
      {job ? (
        <div className={classes.job}>
          <RunningJob job={job} />
        </div>
      ) : (
        <div className={classes.choices}>
          <UnstyledButton
            className={classes.choice}
            onClick={() => sample.mutate(undefined)}
            disabled={sample.isPending}
          >
            <Sparkles aria-hidden size={28} strokeWidth={1.5} />
            <span className={classes.name}>{t("first.sample")}</span>
            <span className={classes.text}>{t("first.sampleText")}</span>
          </UnstyledButton>
          <UnstyledButton className={classes.choice} onClick={onImport}>
            <Upload aria-hidden size={28} strokeWidth={1.5} />
            <span className={classes.name}>{t("first.import")}</span>
            <span className={classes.text}>{t("first.importText")}</span>
          </UnstyledButton>
        </div>
      )}
      {sample.error && <Refused error={sample.error} />}
    </Stack>
  );
}
