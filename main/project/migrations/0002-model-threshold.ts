// Models of two classes carry the probability from which the second is predicted; those made before it was chosen keep one half.

export const modelThreshold = {
  number: 2,
  name: "model-threshold",
  sql: "ALTER TABLE models ADD COLUMN threshold REAL NOT NULL DEFAULT 0.5 CHECK (threshold BETWEEN 0 AND 1);",
};
