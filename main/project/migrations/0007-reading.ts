// Work lists: who reads which cases, what was committed when, what was decided.

export const reading = {
  number: 7,
  name: "reading",
  sql: `
CREATE TABLE work_lists (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at TEXT NOT NULL,
  reads_per_case INTEGER NOT NULL, blinded INTEGER NOT NULL, commit_first INTEGER NOT NULL, model TEXT REFERENCES models (id),
  removed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE work_cases (
  list INTEGER NOT NULL REFERENCES work_lists (number), position INTEGER NOT NULL,
  image INTEGER NOT NULL REFERENCES images (number), PRIMARY KEY (list, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX work_cases_image ON work_cases (image);
CREATE TABLE reads (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, list INTEGER NOT NULL, position INTEGER NOT NULL,
  reader TEXT NOT NULL REFERENCES members (id), state TEXT NOT NULL CHECK (state IN ('assigned', 'open', 'committed', 'done')),
  opened_at TEXT, committed_at TEXT, seconds REAL, seconds_after REAL, suggestion TEXT, changed_mind INTEGER,
  UNIQUE (list, position, reader), FOREIGN KEY (list, position) REFERENCES work_cases (list, position)
) STRICT;
CREATE INDEX reads_reader ON reads (reader, state);
CREATE TABLE decisions (
  list INTEGER NOT NULL, position INTEGER NOT NULL, read TEXT REFERENCES reads (id), class TEXT REFERENCES label_classes (id),
  member TEXT NOT NULL REFERENCES members (id), at TEXT NOT NULL, before TEXT NOT NULL, PRIMARY KEY (list, position),
  FOREIGN KEY (list, position) REFERENCES work_cases (list, position)
) STRICT, WITHOUT ROWID;
`,
};
