// Questions beside the class of an image, their answers in the same log, and what can be said of shapes of a class.
//
// `schema_merges` remembers which step of the log merged which choices (`attribute` null: of a question), so that undoing the step offers
// them again.

export const questions = {
  number: 8,
  name: "questions",
  sql: `
CREATE TABLE questions (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, position INTEGER NOT NULL, name TEXT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('image', 'series', 'patient')),
  kind TEXT NOT NULL CHECK (kind IN ('single', 'multi', 'ordinal', 'text')),
  options TEXT NOT NULL, required INTEGER NOT NULL, help TEXT NOT NULL, archived INTEGER NOT NULL
) STRICT;
CREATE TABLE answers (
  question TEXT NOT NULL REFERENCES questions (id), layer TEXT NOT NULL, subject TEXT NOT NULL,
  image INTEGER NOT NULL REFERENCES images (number), value TEXT NOT NULL, reader TEXT NOT NULL REFERENCES members (id),
  PRIMARY KEY (question, layer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_layer ON answers (layer) WHERE layer <> '';
ALTER TABLE label_classes ADD COLUMN attributes TEXT NOT NULL DEFAULT '[]';
CREATE TABLE schema_merges (
  step INTEGER PRIMARY KEY, owner TEXT NOT NULL, attribute TEXT, gone TEXT NOT NULL, stays TEXT NOT NULL
) STRICT;

CREATE TABLE new_changes (
  sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, reader TEXT NOT NULL REFERENCES members (id),
  image INTEGER NOT NULL REFERENCES images (number), layer TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('class', 'shape', 'answer')),
  target TEXT NOT NULL, before TEXT, after TEXT,
  cause TEXT NOT NULL CHECK (cause IN ('edit', 'undo', 'redo', 'import', 'schema'))
) STRICT;
INSERT INTO new_changes SELECT sequence, at, reader, image, layer, kind, target, before, after, cause FROM label_changes;
DROP TABLE label_changes;
ALTER TABLE new_changes RENAME TO label_changes;
CREATE INDEX label_changes_image ON label_changes (image);
CREATE INDEX label_changes_answers ON label_changes (target) WHERE kind = 'answer';
CREATE TRIGGER label_changes_keep BEFORE UPDATE ON label_changes
  BEGIN SELECT raise(ABORT, 'label changes never change'); END;
CREATE TRIGGER label_changes_stay BEFORE DELETE ON label_changes BEGIN SELECT raise(ABORT, 'label changes never go'); END;
`,
};
