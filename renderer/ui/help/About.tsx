// What this program is: its version, what changed in it, and the licences of everything that comes with it.
import { Code, Stack, Tabs, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import licences from "virtual:licences";
import en from "../../../resources/CHANGELOG.md?raw";
import zh from "../../../resources/docs/zh-CN/changelog.md?raw";
import { useAppInfo } from "../../studio/queries.ts";
import { Markdown } from "./Markdown.tsx";

export default function About() {
  const { t, i18n } = useTranslation();
  const info = useAppInfo();
  return (
    <Stack gap="md">
      <Text size="sm">
        {info.data && t("about.version", { version: info.data.version, platform: info.data.platform })}
      </Text>
      <Text size="sm">{t("about.promise")}</Text>
      <Tabs defaultValue="changes" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="changes">{t("about.changes")}</Tabs.Tab>
          <Tabs.Tab value="licences">{t("about.licences")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="changes">
          <Markdown text={i18n.language === "zh-CN" ? zh : en} />
        </Tabs.Panel>
        <Tabs.Panel value="licences">
          <Stack gap="sm">
            <Text size="sm">{t("about.notice", { count: licences.packages.length })}</Text>
            <Text size="sm">{t("about.electron")}</Text>
            {licences.texts.map(({ text, packages }) => (
              <details key={packages[0]}>
                <summary>
                  <Text span size="sm">
                    {packages.join(", ")}
                  </Text>
                </summary>
                <Code block>{text}</Code>
              </details>
            ))}
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
