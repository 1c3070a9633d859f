// The fields of a recipe, each with its limits from the contract and a line of help.
import { Fieldset, NumberInput, Select, SimpleGrid, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFigures } from "../../ui/plots/use-plot-style.ts";
import {
  type FieldProblem,
  isFieldUsed,
  MILD_AUGMENTATION,
  type RecipeDraft,
  type RecipeField,
} from "./recipe-fields.ts";

export interface RecipeFormProps {
  draft: RecipeDraft;
  problems: Partial<Record<RecipeField, FieldProblem>>;
  onChange: (draft: RecipeDraft) => void;
}

type NumberField = "inputSize" | "width" | "epochs" | "batchSize" | "learningRate" | "weightDecay" | "seed";
type AugmentNumber = "shift" | "rotate" | "scale" | "intensity";

export function RecipeForm({ draft, problems, onChange }: RecipeFormProps) {
  const { t } = useTranslation("runs");
  const problemText = useProblemText();
  const set = (part: Partial<RecipeDraft>) => onChange({ ...draft, ...part });
  const toNumber = (value: number | string) => (typeof value === "number" ? value : null);

  const numberInput = (field: NumberField, options: { step?: number; decimals?: number }) => (
    <NumberInput
      key={field}
      label={t(`field.${field}`)}
      description={t(`help.${field}`)}
      value={draft[field] ?? ""}
      onChange={(value) => set({ [field]: toNumber(value) })}
      error={problemText(problems[field])}
      step={options.step ?? 1}
      allowDecimal={options.decimals !== undefined}
      decimalScale={options.decimals}
      allowNegative={false}
    />
  );

  const augmentInput = (field: AugmentNumber, step: number) => (
    <NumberInput
      key={field}
      label={t(`field.${field}`)}
      description={t(`help.${field}`)}
      value={draft.augment?.[field] ?? ""}
      onChange={(value) => draft.augment && set({ augment: { ...draft.augment, [field]: toNumber(value) } })}
      error={problemText(problems[`augment.${field}`])}
      step={step}
      decimalScale={field === "rotate" ? 1 : 3}
      allowNegative={false}
    />
  );

  return (
    <>
      <Fieldset bg="var(--mantine-color-body)" legend={t("group.model")}>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          {numberInput("inputSize", { step: 8 })}
          {isFieldUsed(draft, "width") ? numberInput("width", { step: 4 }) : null}
          {numberInput("seed", {})}
        </SimpleGrid>
      </Fieldset>
      <Fieldset bg="var(--mantine-color-body)" legend={t("group.training")}>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          {numberInput("epochs", {})}
          {numberInput("batchSize", { step: 8 })}
          <Select
            label={t("field.optimiser")}
            description={t("help.optimiser")}
            value={draft.optimiser}
            allowDeselect={false}
            onChange={(value) => set({ optimiser: value === "sgd" ? "sgd" : "adam" })}
            data={[
              { value: "adam", label: t("value.optimiser.adam") },
              { value: "sgd", label: t("value.optimiser.sgd") },
            ]}
          />
          {numberInput("learningRate", { step: 0.0001, decimals: 8 })}
          {numberInput("weightDecay", { step: 0.0001, decimals: 8 })}
          <Select
            label={t("field.schedule")}
            description={t("help.schedule")}
            value={draft.schedule}
            allowDeselect={false}
            onChange={(value) => set({ schedule: value === "constant" ? "constant" : "cosine" })}
            data={[
              { value: "cosine", label: t("value.schedule.cosine") },
              { value: "constant", label: t("value.schedule.constant") },
            ]}
          />
          <NumberInput
            label={t("field.patience")}
            description={t("help.patience")}
            value={draft.patience ?? ""}
            onChange={(value) => set({ patience: toNumber(value) })}
            error={problemText(problems.patience)}
            allowDecimal={false}
            allowNegative={false}
          />
          <Switch
            label={t("field.balanced")}
            description={t("help.balanced")}
            checked={draft.balanced}
            onChange={(event) => set({ balanced: event.currentTarget.checked })}
          />
        </SimpleGrid>
      </Fieldset>
      <Fieldset bg="var(--mantine-color-body)" legend={t("group.augment")}>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          <Switch
            label={t("field.augment")}
            description={t("help.augmentOn")}
            checked={draft.augment !== null}
            onChange={(event) => set({ augment: event.currentTarget.checked ? MILD_AUGMENTATION : null })}
          />
          {draft.augment ? (
            <>
              {augmentInput("shift", 0.01)}
              {augmentInput("rotate", 1)}
              {augmentInput("scale", 0.01)}
              {augmentInput("intensity", 0.01)}
              <Switch
                label={t("field.flip")}
                description={t("help.flip")}
                checked={draft.augment.flip}
                onChange={(event) =>
                  draft.augment && set({ augment: { ...draft.augment, flip: event.currentTarget.checked } })
                }
              />
            </>
          ) : null}
        </SimpleGrid>
      </Fieldset>
    </>
  );
}

function useProblemText(): (problem: FieldProblem | undefined) => string | undefined {
  const { t } = useTranslation("runs");
  const figures = useFigures();
  return (problem) => {
    switch (problem?.kind) {
      case undefined:
        return undefined;
      case "needed":
        return t("problem.needed");
      case "notWhole":
        return t("problem.notWhole");
      case "tooLarge":
        return t("problem.tooLarge", { limit: figures.significant(problem.limit) });
      case "tooSmall":
        return t(problem.exclusive ? "problem.notAbove" : "problem.tooSmall", {
          limit: figures.significant(problem.limit),
        });
    }
  };
}
