// Rules that readers write for a model: when its answer is not enough. A rule's test is forgotten when the rule changes.

export const modelRules = {
  number: 21,
  name: "model-rules",
  sql: `
CREATE TABLE model_rules (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  model TEXT NOT NULL REFERENCES models (id),
  body TEXT NOT NULL,
  live INTEGER NOT NULL DEFAULT 0 CHECK (live IN (0, 1)),
  test TEXT,
  CHECK (live = 0 OR test IS NOT NULL)
) STRICT;
CREATE INDEX model_rules_by_model ON model_rules (model, number);
`,
};
