// Copies of the project that were taken in: which ids of theirs are which of ours, what was said differently there, and their audit logs.
//
// `merge_differences.said` is everything that the copy said of the thing since the two parted, so nothing of it is lost whatever is chosen.

export const merges = {
  number: 15,
  name: "merges",
  sql: `
CREATE TABLE merged_ids (
  kind TEXT NOT NULL CHECK (kind IN ('image', 'class', 'attribute', 'question', 'option')),
  theirs TEXT NOT NULL, ours TEXT NOT NULL, PRIMARY KEY (kind, theirs)
) STRICT, WITHOUT ROWID;
CREATE TABLE merges (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, report TEXT NOT NULL
) STRICT;
CREATE TABLE merge_differences (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
  image INTEGER NOT NULL REFERENCES images (number), layer TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('class', 'shape', 'answer')), target TEXT NOT NULL,
  ours TEXT NOT NULL, ours_at TEXT NOT NULL, ours_by TEXT NOT NULL, theirs TEXT NOT NULL, said TEXT NOT NULL, digest TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'ours', 'theirs', 'same', 'superseded')),
  decided_by TEXT REFERENCES members (id), decided_at TEXT, UNIQUE (target, digest)
) STRICT;
CREATE INDEX merge_differences_state ON merge_differences (state);
CREATE TRIGGER merge_differences_stay BEFORE DELETE ON merge_differences
  BEGIN SELECT raise(ABORT, 'what a copy said never goes'); END;
CREATE TRIGGER merge_differences_keep BEFORE UPDATE OF said, ours, theirs ON merge_differences
  BEGIN SELECT raise(ABORT, 'what a copy said never changes'); END;
CREATE TABLE merged_audit (
  hash TEXT PRIMARY KEY, previous TEXT NOT NULL, project TEXT NOT NULL, sequence INTEGER NOT NULL, at TEXT NOT NULL,
  member TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER merged_audit_keeps BEFORE UPDATE ON merged_audit
  BEGIN SELECT raise(ABORT, 'audit entries never change'); END;
CREATE TRIGGER merged_audit_stays BEFORE DELETE ON merged_audit
  BEGIN SELECT raise(ABORT, 'audit entries never go'); END;
`,
};
