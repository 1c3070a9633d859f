import { Group, Slider, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ImageStack } from "../../../preload/contract/index.ts";
import { navigate } from "../../state/route.ts";
import classes from "./Filmstrip.module.css";
import { sliceText } from "./slice-text.ts";

/** Goes through the slices of a stack. */
export function FrameSlider({ stack, index }: { stack: ImageStack; index: number }) {
  const { t } = useTranslation("viewer");
  return (
    <Group className={classes.frames} wrap="nowrap" gap="md">
      <Text size="sm" className={classes.frameText}>
        {t(sliceText(stack), { at: index + 1, of: stack.slices.length })}
      </Text>
      <Slider
        className={classes.slider}
        thumbLabel={t("frames")}
        min={1}
        max={stack.slices.length}
        value={index + 1}
        label={null}
        onChange={(value) => navigate({ view: "viewer", ...stack.slices[value - 1] }, { replace: true })}
      />
    </Group>
  );
}
