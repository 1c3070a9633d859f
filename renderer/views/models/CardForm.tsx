// What only people know of a model, kept with it and told in every report.
import { Button, SimpleGrid, Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Inputs, type ModelCard, modelCardSchema } from "../../../preload/contract/index.ts";
import { useCall, useCard, useMay } from "../../studio/queries.ts";
import { Loading } from "../../ui/Loading.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { Section } from "../../ui/Section.tsx";

const FIELDS = Object.keys(modelCardSchema.shape) as (keyof ModelCard)[];
const SHORT: readonly (keyof ModelCard)[] = ["developers", "licence", "contact"];

export function CardForm({ modelId }: { modelId: string }) {
  const { t } = useTranslation("report");
  const query = useCard(modelId);
  return (
    <Section title={t("panel.card")}>
      <Text size="sm" c="dimmed" maw={720}>
        {t("panel.cardAbout")}
      </Text>
      {query.error ? <Refused error={query.error} onRetry={() => void query.refetch()} /> : null}
      {query.isPending ? <Loading /> : null}
      {query.data ? <Fields modelId={modelId} kept={query.data} /> : null}
    </Section>
  );
}

function Fields({ modelId, kept }: { modelId: string; kept: ModelCard }) {
  const { t } = useTranslation("report");
  const [changed, setChanged] = useState<Partial<ModelCard>>({});
  const save = useCall((studio, input: Inputs["models"]["saveCard"]) => studio.models.saveCard(input));
  const may = useMay("models.saveCard");
  const card = { ...kept, ...changed };
  const isChanged = FIELDS.some((field) => card[field] !== kept[field]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ modelId, card });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          {FIELDS.map((field) => (
            <Textarea
              key={field}
              label={t(`card.${field}`)}
              value={card[field]}
              readOnly={!may}
              autosize
              minRows={SHORT.includes(field) ? 1 : 3}
              maxRows={12}
              maxLength={5000}
              onChange={(event) => setChanged({ ...changed, [field]: event.currentTarget.value })}
            />
          ))}
        </SimpleGrid>
        {save.error ? <Refused error={save.error} /> : null}
        {may ? (
          <Button
            type="submit"
            variant="default"
            loading={save.isPending}
            disabled={!isChanged}
            style={{ alignSelf: "flex-start" }}
          >
            {t(save.isSuccess && !isChanged ? "panel.cardSaved" : "panel.cardSave")}
          </Button>
        ) : null}
      </Stack>
    </form>
  );
}
