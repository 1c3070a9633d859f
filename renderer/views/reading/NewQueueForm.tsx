// Makes a queue: which models, how they choose, how many cases, how many of them at random, who reads.
import { Button, Checkbox, Group, MultiSelect, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, Member, Model, QueueStrategy } from "../../../preload/contract/index.ts";
import { useCall } from "../../studio/queries.ts";
import { Refused } from "../../ui/Refused.tsx";
import { useToast } from "../../ui/useToast.ts";

const STRATEGIES: readonly QueueStrategy[] = [
  "entropy",
  "margin",
  "least-confident",
  "vote-entropy",
  "divergence",
  "diversity",
];
const needsTwo = (strategy: QueueStrategy) => strategy === "vote-entropy" || strategy === "divergence";
const FEWEST = 2;
const MOST = 5000;

export interface NewQueueFormProps {
  members: readonly Member[];
  models: readonly Model[];
  unlabelled: number;
  proposedName: string;
}

export function NewQueueForm({ members, models, unlabelled, proposedName }: NewQueueFormProps) {
  const { t } = useTranslation("reading", { keyPrefix: "active" });
  const toast = useToast();
  const [typed, setName] = useState<string | null>(null);
  const name = typed ?? proposedName;
  const [strategy, setStrategy] = useState<QueueStrategy>("entropy");
  const [modelIds, setModelIds] = useState<string[]>(() => models.slice(0, 1).map(({ id }) => id));
  const [count, setCount] = useState(50);
  const [percent, setPercent] = useState(20);
  const [readers, setReaders] = useState<string[]>(() => members.map(({ id }) => id));
  const make = useCall((studio, input: Inputs["reading"]["queue"]) => studio.reading.queue(input));
  const makesSense =
    name.trim() !== "" && readers.length > 0 && modelIds.length >= (needsTwo(strategy) ? 2 : 1) && unlabelled >= FEWEST;
  return (
    <form
      aria-label={t("new")}
      onSubmit={(event) => {
        event.preventDefault();
        if (!makesSense) return;
        // Another seed for each queue, so that the random arms differ; it is kept with the queue.
        const seed = crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
        make.mutate(
          { name, strategy, modelIds, count, randomShare: percent / 100, seed, readers },
          {
            onSuccess: () => {
              setName(null);
              toast.say(t("started"));
            },
          },
        );
      }}
    >
      <Stack gap="md">
        <Group align="flex-start">
          <TextInput label={t("name")} value={name} onChange={(event) => setName(event.currentTarget.value)} w={240} />
          <Select
            label={t("strategy")}
            allowDeselect={false}
            data={STRATEGIES.map((value) => ({ value, label: t(`strategies.${value}`) }))}
            value={strategy}
            onChange={(value) => value && setStrategy(value as QueueStrategy)}
            w={320}
          />
          <MultiSelect
            label={t("models")}
            description={needsTwo(strategy) && modelIds.length < 2 ? t("twoModels") : undefined}
            data={models.map(({ id, name: label }) => ({ value: id, label }))}
            value={modelIds}
            onChange={setModelIds}
            w={320}
          />
        </Group>
        <Group align="flex-start">
          <NumberInput
            label={t("count")}
            description={t("unlabelled", { count: unlabelled })}
            min={FEWEST}
            max={MOST}
            allowDecimal={false}
            value={count}
            onChange={(value) => typeof value === "number" && setCount(value)}
            w={240}
          />
          <NumberInput
            label={t("share")}
            description={t("shareHelp")}
            min={0}
            max={100}
            value={percent}
            onChange={(value) => typeof value === "number" && setPercent(value)}
            w={320}
          />
        </Group>
        <Checkbox.Group label={t("readers")} value={readers} onChange={setReaders}>
          <Group mt={4}>
            {members.map(({ id, name: label }) => (
              <Checkbox key={id} value={id} label={label} />
            ))}
          </Group>
        </Checkbox.Group>
        {make.error && <Refused error={make.error} />}
        <Group>
          <Button type="submit" disabled={!makesSense} loading={make.isPending}>
            {t("make")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
