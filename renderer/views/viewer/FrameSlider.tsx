import { Group, Slider, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ImageStack } from "../../../preload/contract/index.ts";
import classes from "./Filmstrip.module.css";
import { sliceText } from "./slice-text.ts";

export interface FrameSliderProps {
  stack: ImageStack;
  index: number;
  onShow(slice: ImageStack["slices"][number]): void;
}

/** Goes through the slices of a stack. */
export function FrameSlider({ stack, index, onShow }: FrameSliderProps) {
  const { t } = useTranslation("viewer");
  return (
    <Group className={classes.frames} wrap="nowrap" gap="md">
      <Text size="sm" className={classes.frameText}>
        {t(sliceText(stack), { at: index + 1, of: stack.slices.length })}
      </Text>
      {(stack.gaps > 0 || stack.repeated > 0) && (
        <Text size="sm" role="status" className={classes.frameText}>
          {[
            stack.gaps > 0 && t("stack.gaps", { count: stack.gaps }),
            stack.repeated > 0 && t("stack.repeated", { count: stack.repeated }),
          ]
            .filter(Boolean)
            .join(" · ")}
        </Text>
      )}
      <Slider
        className={classes.slider}
        thumbLabel={t("frames")}
        min={1}
        max={stack.slices.length}
        value={index + 1}
        label={null}
        onChange={(value) => onShow(stack.slices[value - 1])}
      />
    </Group>
  );
}
