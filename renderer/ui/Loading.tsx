import { Center, Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Fills its place while an answer is on its way. */
export function Loading() {
  const { t } = useTranslation();
  return (
    <Center h="100%" mih={160}>
      <Loader size="sm" role="status" aria-label={t("loading")} />
    </Center>
  );
}
