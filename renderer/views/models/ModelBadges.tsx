// What kind of model it is and, for a compressed one, whether the gate accepted it. A refused model is never called good anywhere.
import { Badge, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Model } from "../../../preload/contract/index.ts";

export function ModelBadges({ model }: { model: Model }) {
  const { t } = useTranslation("models");
  return (
    <Group gap={6} wrap="nowrap">
      <Badge variant="default" tt="none">
        {t(`kind.${model.kind}`)}
      </Badge>
      {model.kind === "trained" ? null : (
        <Badge variant="dot" tt="none" color={model.accepted ? "green" : "red"}>
          {t(model.accepted ? "accepted" : "refused")}
        </Badge>
      )}
    </Group>
  );
}
