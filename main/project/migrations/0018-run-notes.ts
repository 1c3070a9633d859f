// What people say about a run, and which version of the studio trained it; older runs do not know the latter.

export const runNotes = {
  number: 18,
  name: "run-notes",
  sql: `ALTER TABLE runs ADD COLUMN notes TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN version TEXT;`,
};
