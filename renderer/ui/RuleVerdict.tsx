// What a model's rules say of a case, beside its answer: the strongest outcome first, and rules that nobody can decide as such.
import { Alert, List, Text } from "@mantine/core";
import { CircleHelp, TriangleAlert, UserRoundCheck, UsersRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Verdict } from "../../preload/contract/index.ts";
import { useRuleText } from "./use-rule-text.ts";

const LOOKS = {
  refer: { color: "red", icon: UserRoundCheck },
  "second-reader": { color: "orange", icon: UsersRound },
  warn: { color: "yellow", icon: TriangleAlert },
  undecided: { color: "gray", icon: CircleHelp },
} as const;

/** Nothing where no rule has anything to say. */
export function RuleVerdict({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation("rules");
  const { missing } = useRuleText();
  if (verdict.rules.length === 0) return null;
  const look = verdict.outcome ?? "undecided";
  const { color, icon: Icon } = LOOKS[look];
  return (
    <Alert
      color={color}
      variant="light"
      p="xs"
      icon={<Icon size={18} aria-hidden />}
      title={t(`verdict.${look}`)}
      data-testid="rule-verdict"
    >
      <List size="sm" spacing={2}>
        {verdict.rules.map((rule) => (
          <List.Item key={rule.id}>
            <Text span size="sm" fw={600}>
              {rule.name}
            </Text>
            {rule.result === "undecided" ? (
              <Text span size="sm">
                {t("verdict.because", { missing: missing(rule.missing), action: t(`then.${rule.action}`) })}
              </Text>
            ) : (
              <Text span size="sm">
                {t("verdict.says", { action: t(`then.${rule.action}`) })}
              </Text>
            )}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
