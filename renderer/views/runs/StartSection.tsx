// Where a run begins: with new weights, with those of a model of this project, or with a classifier that another tool wrote; and whose answers it learns from.
import { Alert, Button, Group, Paper, Select, Stack } from "@mantine/core";
import { Download, Info } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Inputs, Model, StartingModel } from "../../../preload/contract/index.ts";
import { useCall, useModels, useStartingModels } from "../../studio/queries.ts";
import { PathField } from "../../ui/PathField.tsx";
import { Refused } from "../../ui/Refused.tsx";
import { type RecipeDraft, USUAL_TEACHING } from "./recipe-fields.ts";

const NEW = "new";
const NONE = "none";

interface StartSectionProps {
  draft: RecipeDraft;
  onChange: (draft: RecipeDraft) => void;
}

export function StartSection({ draft, onChange }: StartSectionProps) {
  const { t } = useTranslation("runs");
  const models = useModels();
  const starting = useStartingModels();
  const [path, setPath] = useState("");
  const importing = useCall((studio, input: Inputs["models"]["importStarting"]) => studio.models.importStarting(input));
  const all = models.data ?? [];
  const own = all.filter(({ kind }) => kind === "trained" || kind === "distilled");
  const others = starting.data ?? [];

  /** The recipe with this beginning; a model that needs a size sets it. */
  const begin = (id: string | null, from: readonly (Model | StartingModel)[]) => {
    const found = from.find((one) => one.id === id);
    const size = found && ("input" in found ? found.input.size : found.size);
    const probe = found !== undefined && draft.probe;
    onChange({ ...draft, startFrom: found?.id ?? null, probe, ...(size ? { inputSize: size } : {}) });
  };
  const take = () =>
    importing.mutate(
      { path },
      {
        onSuccess: (made) => {
          setPath("");
          begin(made.id, [made]);
        },
      },
    );
  const chosen = others.find(({ id }) => id === draft.startFrom);
  const teach = (id: string | null) => {
    const teacher = all.find((one) => one.id === id);
    const distil = teacher ? { ...(draft.distil ?? USUAL_TEACHING), teacher: teacher.id } : null;
    onChange({ ...draft, distil, ...(teacher ? { inputSize: teacher.input.size } : {}) });
  };

  return (
    <Paper withBorder p="md" component="section" aria-label={t("start.title")}>
      <Stack>
        <Select
          label={t("start.title")}
          description={t("start.help")}
          allowDeselect={false}
          value={draft.startFrom ?? NEW}
          onChange={(id) => begin(id, [...own, ...others])}
          data={[
            { value: NEW, label: t("start.new") },
            ...(own.length > 0
              ? [{ group: t("start.own"), items: own.map(({ id, name }) => ({ value: id, label: name })) }]
              : []),
            ...(others.length > 0
              ? [{ group: t("start.others"), items: others.map(({ id, name }) => ({ value: id, label: name })) }]
              : []),
          ]}
        />
        {draft.startFrom !== null ? (
          <Alert color="blue" variant="light" icon={<Info size={18} aria-hidden />} role="status">
            {chosen ? t("start.chosenOther", { layers: chosen.layers, classes: chosen.classes }) : t("start.chosen")}
          </Alert>
        ) : null}
        {models.error ? <Refused error={models.error} onRetry={() => void models.refetch()} /> : null}
        {starting.error ? <Refused error={starting.error} onRetry={() => void starting.refetch()} /> : null}
        <PathField
          label={t("start.path")}
          description={t("start.pathHelp")}
          kind="any"
          value={path}
          onChange={setPath}
        />
        {importing.error ? <Refused error={importing.error} /> : null}
        <Group>
          <Button
            variant="default"
            leftSection={<Download size={16} aria-hidden />}
            loading={importing.isPending}
            disabled={path.trim() === ""}
            onClick={take}
          >
            {t("start.take")}
          </Button>
        </Group>
        {all.length > 0 ? (
          <Select
            label={t("teacher.title")}
            description={t("teacher.help")}
            allowDeselect={false}
            searchable
            value={draft.distil?.teacher ?? NONE}
            onChange={teach}
            data={[
              { value: NONE, label: t("teacher.none") },
              ...all.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        ) : null}
        {draft.distil !== null ? (
          <Alert color="blue" variant="light" icon={<Info size={18} aria-hidden />} role="status">
            {t("teacher.chosen")}
          </Alert>
        ) : null}
      </Stack>
    </Paper>
  );
}
