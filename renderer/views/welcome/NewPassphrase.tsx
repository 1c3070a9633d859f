// A passphrase typed twice, with a hint about its strength.
import { PasswordInput, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { passphraseStrength } from "./passphrase.ts";

export interface PassphrasePair {
  passphrase: string;
  again: string;
}

export const isAcceptable = ({ passphrase, again }: PassphrasePair): boolean =>
  passphrase === again && passphraseStrength(passphrase) !== "short";

export function NewPassphrase({ value, onChange }: { value: PassphrasePair; onChange(value: PassphrasePair): void }) {
  const { t } = useTranslation("welcome");
  const { t: shell } = useTranslation();
  const strength = passphraseStrength(value.passphrase);
  return (
    <Stack gap="xs">
      <PasswordInput
        label={t("passphrase")}
        description={t("passphraseHelp")}
        autoComplete="new-password"
        aria-required
        value={value.passphrase}
        visibilityToggleButtonProps={{ "aria-label": shell("showPassword") }}
        onChange={(event) => onChange({ ...value, passphrase: event.currentTarget.value })}
      />
      <Text size="sm" role="status">
        {value.passphrase !== "" && t(`strength.${strength}`)}
      </Text>
      <PasswordInput
        label={t("again")}
        autoComplete="new-password"
        aria-required
        value={value.again}
        error={value.again !== "" && value.again !== value.passphrase ? t("differ") : null}
        visibilityToggleButtonProps={{ "aria-label": shell("showPassword") }}
        onChange={(event) => onChange({ ...value, again: event.currentTarget.value })}
      />
    </Stack>
  );
}
