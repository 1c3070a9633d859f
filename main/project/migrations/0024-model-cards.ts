// What people wrote about a model: what it is for, for whom, and what it must not be used for.

export const modelCards = {
  number: 24,
  name: "model-cards",
  sql: `
CREATE TABLE model_cards (model TEXT PRIMARY KEY REFERENCES models (id), card TEXT NOT NULL) STRICT;
`,
};
