// A text that belongs on paper or in another program: what is on the sheet is said by a <Printed> beside it.
import { Button, CopyButton, Group } from "@mantine/core";
import { Check, Copy, Printer } from "lucide-react";
import { useTranslation } from "react-i18next";

export function PrintAndCopy({ text, print }: { text: string; print: string }) {
  const { t } = useTranslation();
  return (
    <Group>
      <Button variant="default" leftSection={<Printer aria-hidden size={16} />} onClick={() => window.print()}>
        {print}
      </Button>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            leftSection={copied ? <Check aria-hidden size={16} /> : <Copy aria-hidden size={16} />}
            onClick={copy}
          >
            {copied ? t("copied") : t("copy")}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
