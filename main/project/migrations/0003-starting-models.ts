// Models from elsewhere that runs can begin with.

export const startingModels = {
  number: 3,
  name: "starting-models",
  sql: `CREATE TABLE starting_models (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at TEXT NOT NULL, bytes INTEGER NOT NULL,
  size INTEGER, classes INTEGER NOT NULL, layers INTEGER NOT NULL
) STRICT;
CREATE TABLE starting_model_files (model INTEGER PRIMARY KEY REFERENCES starting_models (number), onnx BLOB NOT NULL) STRICT;`,
};
