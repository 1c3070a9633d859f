// Backups, checks and compactions of the project's file: what came of each, newest last.

export const upkeep = {
  number: 14,
  name: "upkeep",
  sql: `
CREATE TABLE upkeep (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('backup', 'check', 'compact')), report TEXT NOT NULL
) STRICT;
CREATE INDEX upkeep_kind ON upkeep (kind, number);
`,
};
