// Models whose channels were removed are a kind of their own. The check on `kind` cannot be widened in place, so what a float model has become stands beside it.

export const prunedModels = {
  number: 19,
  name: "pruned-models",
  sql: "ALTER TABLE models ADD COLUMN form TEXT CHECK (form IN ('pruned'));",
};
