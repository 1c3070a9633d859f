// What a pane shows: the main picture's stack, or another picture of the same patient.
import { ActionIcon, Menu } from "@mantine/core";
import { Images } from "lucide-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { type Candidate, MAIN, type PaneSource } from "../../viewer/panes/panes.ts";
import classes from "./Panes.module.css";

export interface PaneChoiceProps {
  /** of the pane, for the button's name */
  number: number;
  candidates: readonly Candidate[];
  source: PaneSource | null;
  onChoose(source: PaneSource): void;
}

export function PaneChoice({ number, candidates, source, onChoose }: PaneChoiceProps) {
  const { t } = useTranslation("viewer");
  const groups = [
    { label: t("panes.otherStudies"), items: candidates.filter(({ sameStudy }) => !sameStudy) },
    { label: t("panes.thisStudy"), items: candidates.filter(({ sameStudy }) => sameStudy) },
  ].filter(({ items }) => items.length > 0);
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <ActionIcon variant="default" size="sm" aria-label={t("panes.choose", { number })}>
          <Images aria-hidden size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown className={classes.choices}>
        <Menu.RadioGroup value={source === null ? null : source.of === "main" ? MAIN : source.imageId}>
          <Menu.RadioItem value={MAIN} closeMenuOnClick onChange={() => onChoose({ of: "main", offset: 0 })}>
            {t("panes.main")}
          </Menu.RadioItem>
          {groups.map(({ label, items }) => (
            <Fragment key={label}>
              <Menu.Label>{label}</Menu.Label>
              {items.map(({ imageId, name, modality, images }) => (
                <Menu.RadioItem
                  key={imageId}
                  value={imageId}
                  closeMenuOnClick
                  onChange={() => onChoose({ of: "image", imageId, index: null })}
                >
                  {t("panes.candidate", { modality, name, count: images })}
                </Menu.RadioItem>
              ))}
            </Fragment>
          ))}
        </Menu.RadioGroup>
        {groups.length === 0 && <Menu.Label>{t("panes.nothingElse")}</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  );
}
