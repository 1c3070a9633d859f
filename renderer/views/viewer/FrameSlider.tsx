import { Group, Slider, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ImageDetail } from "../../../preload/contract/index.ts";
import { navigate } from "../../state/route.ts";
import classes from "./Filmstrip.module.css";

/** Goes through the frames of one image. */
export function FrameSlider({ image, frame }: { image: ImageDetail; frame: number }) {
  const { t } = useTranslation("viewer");
  return (
    <Group className={classes.frames} wrap="nowrap" gap="md">
      <Text size="sm" className={classes.frameText}>
        {t("frame", { at: frame + 1, of: image.frames })}
      </Text>
      <Slider
        className={classes.slider}
        thumbLabel={t("frames")}
        min={1}
        max={image.frames}
        value={frame + 1}
        label={null}
        onChange={(value) => navigate({ view: "viewer", imageId: image.id, frame: value - 1 }, { replace: true })}
      />
    </Group>
  );
}
