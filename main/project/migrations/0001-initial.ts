// Never edited after a release: later changes are later migrations.
//
// `number` columns are small local row numbers, used for joins; `id` columns are the UUIDs that leave this room.
// Tables whose rows must never change (audit, label log, snapshot items) refuse it by trigger.

export const initial = {
  number: 1,
  name: "initial",
  sql: `
CREATE TABLE project (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL, name TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;

CREATE TABLE members (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('reader', 'adjudicator', 'analyst', 'administrator')), created_at TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, member TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
  detail TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'audit entries never change'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'audit entries never go'); END;
CREATE TABLE audit_head (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
INSERT INTO audit_head VALUES (1, 0, '');

CREATE TABLE images (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, identity TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, name_key TEXT NOT NULL, search TEXT NOT NULL,
  format TEXT NOT NULL, modality TEXT NOT NULL, patient TEXT NOT NULL, study TEXT NOT NULL, series TEXT NOT NULL,
  sop_instance TEXT NOT NULL, instance_number INTEGER,
  rows INTEGER NOT NULL, columns INTEGER NOT NULL, frames INTEGER NOT NULL,
  suggested_class TEXT, suggested_part TEXT, imported_at TEXT NOT NULL,
  class TEXT REFERENCES label_classes (id), class_reader TEXT REFERENCES members (id)
) STRICT;
-- The orders that the library has, alone and within a class or modality. With the text that is searched inside, a search never leaves the index.
CREATE INDEX images_name ON images (name_key, search);
CREATE INDEX images_patient ON images (patient, name_key, search);
CREATE INDEX images_class ON images (class);
CREATE INDEX images_class_name ON images (class, name_key, search);
CREATE INDEX images_class_patient ON images (class, patient, name_key, search);
CREATE INDEX images_modality ON images (modality);
CREATE INDEX images_modality_name ON images (modality, name_key, search);
CREATE TABLE image_headers (
  image INTEGER PRIMARY KEY REFERENCES images (number), pixels TEXT NOT NULL, encoding TEXT NOT NULL, tags TEXT NOT NULL
) STRICT;
CREATE TABLE thumbnails (image INTEGER PRIMARY KEY REFERENCES images (number), png BLOB NOT NULL) STRICT;
CREATE TABLE frames (
  number INTEGER PRIMARY KEY, image INTEGER NOT NULL REFERENCES images (number), position INTEGER NOT NULL,
  transfer_syntax TEXT NOT NULL, bytes BLOB NOT NULL, UNIQUE (image, position)
) STRICT;

CREATE TABLE label_classes (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, name_key TEXT NOT NULL, color TEXT NOT NULL,
  key INTEGER CHECK (key BETWEEN 1 AND 9), deleted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX label_classes_name ON label_classes (name_key) WHERE deleted = 0;
CREATE UNIQUE INDEX label_classes_key ON label_classes (key) WHERE deleted = 0 AND key IS NOT NULL;

CREATE TABLE label_changes (
  sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, reader TEXT NOT NULL REFERENCES members (id),
  image INTEGER NOT NULL REFERENCES images (number), kind TEXT NOT NULL CHECK (kind IN ('class', 'box', 'mask')),
  target TEXT NOT NULL, before TEXT, after TEXT, cause TEXT NOT NULL CHECK (cause IN ('edit', 'undo', 'redo', 'import'))
) STRICT;
CREATE INDEX label_changes_image ON label_changes (image);
CREATE TRIGGER label_changes_keep BEFORE UPDATE ON label_changes
  BEGIN SELECT raise(ABORT, 'label changes never change'); END;
CREATE TRIGGER label_changes_stay BEFORE DELETE ON label_changes BEGIN SELECT raise(ABORT, 'label changes never go'); END;
CREATE TABLE boxes (
  id TEXT PRIMARY KEY, image INTEGER NOT NULL REFERENCES images (number), frame INTEGER NOT NULL,
  class TEXT NOT NULL REFERENCES label_classes (id), x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL,
  height REAL NOT NULL, reader TEXT NOT NULL REFERENCES members (id), drawn INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX boxes_image ON boxes (image);
CREATE INDEX boxes_class ON boxes (class);
CREATE TABLE masks (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, image INTEGER NOT NULL REFERENCES images (number),
  frame INTEGER NOT NULL, class TEXT NOT NULL REFERENCES label_classes (id), rows INTEGER NOT NULL,
  columns INTEGER NOT NULL, runs TEXT NOT NULL, reader TEXT NOT NULL REFERENCES members (id)
) STRICT;
CREATE INDEX masks_image ON masks (image);
CREATE INDEX masks_class ON masks (class);
CREATE TABLE undo_entries (
  member TEXT NOT NULL REFERENCES members (id), change INTEGER NOT NULL REFERENCES label_changes (sequence),
  target TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (member, undone, change)
) STRICT, WITHOUT ROWID;
CREATE INDEX undo_entries_target ON undo_entries (target);

CREATE TABLE snapshots (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, hash TEXT NOT NULL, created_at TEXT NOT NULL,
  seed INTEGER NOT NULL, settings TEXT NOT NULL, classes TEXT NOT NULL, counts TEXT NOT NULL
) STRICT;
CREATE TABLE snapshot_items (
  snapshot INTEGER NOT NULL REFERENCES snapshots (number), position INTEGER NOT NULL,
  image INTEGER NOT NULL REFERENCES images (number), part TEXT NOT NULL CHECK (part IN ('train', 'validation', 'test')),
  class_index INTEGER NOT NULL, patient TEXT NOT NULL, PRIMARY KEY (snapshot, position), UNIQUE (snapshot, image)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER snapshot_items_keep BEFORE UPDATE ON snapshot_items
  BEGIN SELECT raise(ABORT, 'a snapshot never changes'); END;
CREATE TRIGGER snapshot_items_stay BEFORE DELETE ON snapshot_items
  BEGIN SELECT raise(ABORT, 'a snapshot never changes'); END;

CREATE TABLE runs (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  snapshot TEXT NOT NULL REFERENCES snapshots (id), recipe TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
  device TEXT NOT NULL, threads INTEGER NOT NULL, created_at TEXT NOT NULL, finished_at TEXT, seconds REAL NOT NULL,
  step INTEGER NOT NULL, steps INTEGER NOT NULL, parameters INTEGER, best_epoch INTEGER, validation_auc REAL,
  model TEXT REFERENCES models (id), job TEXT, error TEXT
) STRICT;
CREATE INDEX runs_state ON runs (state);
CREATE TABLE run_points (
  run INTEGER NOT NULL REFERENCES runs (number), part TEXT NOT NULL, metric TEXT NOT NULL, step INTEGER NOT NULL,
  epoch REAL NOT NULL, value REAL NOT NULL, PRIMARY KEY (run, step, part, metric)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (run INTEGER PRIMARY KEY REFERENCES runs (number), step INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;

CREATE TABLE models (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, run TEXT NOT NULL REFERENCES runs (id),
  snapshot TEXT NOT NULL REFERENCES snapshots (id), kind TEXT NOT NULL CHECK (kind IN ('trained', 'int8')),
  parent TEXT REFERENCES models (id), created_at TEXT NOT NULL, bytes INTEGER NOT NULL, input TEXT NOT NULL,
  classes TEXT NOT NULL, accepted INTEGER NOT NULL
) STRICT;
CREATE TABLE model_files (model INTEGER PRIMARY KEY REFERENCES models (number), onnx BLOB NOT NULL) STRICT;
CREATE TABLE evaluations (
  model TEXT NOT NULL REFERENCES models (id), part TEXT NOT NULL, evaluation TEXT NOT NULL, PRIMARY KEY (model, part)
) STRICT;
CREATE TABLE compression_reports (model TEXT PRIMARY KEY REFERENCES models (id), report TEXT NOT NULL) STRICT;

CREATE TABLE exports (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, model TEXT NOT NULL REFERENCES models (id), report TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, job TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_state ON jobs (state);
`,
};
