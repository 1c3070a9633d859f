// What a run needed of memory and how its batches were divided for it; how long its steps waited for images.

export const runMemory = {
  number: 4,
  name: "run-memory",
  sql: `ALTER TABLE runs ADD COLUMN memory TEXT;
ALTER TABLE runs ADD COLUMN waited REAL NOT NULL DEFAULT 0;`,
};
