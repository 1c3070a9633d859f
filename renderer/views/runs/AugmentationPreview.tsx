// What the network sees: training images before and after the variation of the recipe that is being typed.
import { Button, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Shuffle } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Recipe } from "../../../preload/contract/index.ts";
import { usePreview } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import classes from "./NewRunPage.module.css";

/** Nothing is asked while someone is still typing. */
const SETTLED_MS = 500;

export function AugmentationPreview({ snapshotId, recipe }: { snapshotId: string; recipe: Recipe | null }) {
  const { t } = useTranslation("runs");
  const [seed, setSeed] = useState(1);
  const [settled] = useDebouncedValue(recipe, SETTLED_MS);
  const preview = usePreview(snapshotId, settled, seed);
  const pictures = preview.data;
  return (
    <Paper withBorder p="md" component="section" aria-label={t("preview.title")}>
      <Stack gap="xs">
        <Group justify="space-between">
          <div>
            <Text fw={600}>{t("preview.title")}</Text>
            <Text size="xs" c="dimmed">
              {t("preview.help")}
            </Text>
          </div>
          <Button
            variant="default"
            size="xs"
            leftSection={<Shuffle size={14} aria-hidden />}
            loading={preview.isFetching}
            onClick={() => setSeed(seed + 1)}
          >
            {t("preview.others")}
          </Button>
        </Group>
        {preview.error ? <Refused error={preview.error} onRetry={() => void preview.refetch()} /> : null}
        {pictures ? (
          <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs">
            {pictures.images.map(({ imageId, before, after }, i) => (
              <Group key={imageId} gap={2} wrap="nowrap">
                <Picture bytes={before} size={pictures.size} name={t("preview.before", { number: i + 1 })} />
                <Picture bytes={after} size={pictures.size} name={t("preview.after", { number: i + 1 })} />
              </Group>
            ))}
          </SimpleGrid>
        ) : null}
      </Stack>
    </Paper>
  );
}

/** Grey bytes, row by row, as a picture. */
function Picture({ bytes, size, name }: { bytes: string; size: number; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(size, size);
    const grey = atob(bytes);
    for (let i = 0; i < size * size; i++) {
      image.data.fill(grey.charCodeAt(i), 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [bytes, size]);
  return <canvas ref={canvas} width={size} height={size} role="img" aria-label={name} className={classes.picture} />;
}
