// The project itself: its file, the people who may open it, the record of what they did, and what a reviewer asks about.
import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Deed, may } from "../../../preload/contract/access.ts";
import { navigate, PROJECT_SECTIONS, type ProjectSection } from "../../state/route.ts";
import { useCurrentProject } from "../../studio/queries.ts";
import { ViewBody } from "../../ui/ViewBody.tsx";
import { ViewHeader } from "../../ui/ViewHeader.tsx";
import { AuditSection } from "./AuditSection.tsx";
import { ComplianceSection } from "./ComplianceSection.tsx";
import { HealthSection } from "./HealthSection.tsx";
import { MembersSection } from "./MembersSection.tsx";

const SECTIONS: Record<ProjectSection, () => ReactNode> = {
  health: HealthSection,
  members: MembersSection,
  audit: AuditSection,
  compliance: ComplianceSection,
};

/** What a part is made of: whoever may not ask for it has no tab of it. */
const DEEDS: Record<ProjectSection, Deed> = {
  health: "upkeep.health",
  members: "projects.changePassphrase",
  audit: "audit.list",
  compliance: "audit.list",
};

export function ProjectView({ section: wanted }: { section: ProjectSection }) {
  const { t } = useTranslation("project");
  const role = useCurrentProject().data?.member.role ?? null;
  const sections = PROJECT_SECTIONS.filter((each) => may(role, DEEDS[each]));
  const section = sections.includes(wanted) ? wanted : "members";
  const Section = SECTIONS[section];
  return (
    <>
      <ViewHeader title={t("title")} />
      <ViewBody>
        <Tabs
          value={section}
          onChange={(next) => navigate({ view: "project", section: next as ProjectSection }, { replace: true })}
          keepMounted={false}
        >
          <Tabs.List aria-label={t("title")}>
            {sections.map((each) => (
              <Tabs.Tab key={each} value={each}>
                {t(`sections.${each}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value={section} pt="md">
            <Section />
          </Tabs.Panel>
        </Tabs>
      </ViewBody>
    </>
  );
}
