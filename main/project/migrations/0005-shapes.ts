// Labels of every kind in layers: shapes instead of boxes and masks apart, image labels of one read beside the shared ones, steps
// of undo that hold several changes. What was said before stays in the log, in the new words.

const LOG_COLUMNS = `
  sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, reader TEXT NOT NULL REFERENCES members (id),
  image INTEGER NOT NULL REFERENCES images (number), layer TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('class', 'shape')),
  target TEXT NOT NULL, before TEXT, after TEXT, cause TEXT NOT NULL CHECK (cause IN ('edit', 'undo', 'redo', 'import'))`;

/** A box's or mask's state in the old log as the state of a shape, keys in the order of canonical JSON. */
const boxState = (state: string) => `json_object(
  'attributes', json('{}'), 'classId', ${state} ->> 'classId', 'drawn', ${state} ->> 'drawn', 'frame', ${state} ->> 'frame',
  'geometry', json_object('height', ${state} ->> 'height', 'kind', 'box', 'width', ${state} ->> 'width', 'x', ${state} ->> 'x', 'y', ${state} ->> 'y'),
  'id', ${state} ->> 'id', 'reader', ${state} ->> 'reader', 'source', NULL, 'track', NULL)`;
const maskState = (state: string) => `json_object(
  'attributes', json('{}'), 'classId', ${state} ->> 'classId', 'drawn', sequence, 'frame', ${state} ->> 'frame',
  'geometry', json_object('columns', ${state} ->> 'columns', 'kind', 'mask', 'rows', ${state} ->> 'rows', 'runs', json(${state} -> 'runs')),
  'id', ${state} ->> 'id', 'reader', ${state} ->> 'reader', 'source', 'import', 'track', NULL)`;
const stateOf = (state: string) => `CASE
  WHEN ${state} IS NULL OR kind = 'class' THEN ${state} WHEN kind = 'box' THEN ${boxState(state)} ELSE ${maskState(state)} END`;

export const shapes = {
  number: 5,
  name: "shapes",
  sql: `
CREATE TABLE shapes (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, layer TEXT NOT NULL, image INTEGER NOT NULL REFERENCES images (number),
  frame INTEGER NOT NULL, class TEXT REFERENCES label_classes (id), geometry TEXT NOT NULL, attributes TEXT NOT NULL,
  track TEXT, source TEXT, reader TEXT NOT NULL REFERENCES members (id), drawn INTEGER NOT NULL
) STRICT;
INSERT INTO shapes (id, layer, image, frame, class, geometry, attributes, reader, drawn)
  SELECT id, '', image, frame, class, json_object('height', height, 'kind', 'box', 'width', width, 'x', x, 'y', y), '{}', reader, drawn
  FROM boxes ORDER BY drawn;
INSERT INTO shapes (id, layer, image, frame, class, geometry, attributes, source, reader, drawn)
  SELECT masks.id, '', masks.image, masks.frame, class,
    json_object('columns', columns, 'kind', 'mask', 'rows', rows, 'runs', json(runs)), '{}', 'import', masks.reader, label_changes.sequence
  FROM masks JOIN label_changes ON label_changes.target = 'mask ' || masks.id ORDER BY masks.number;
DROP TABLE boxes;
DROP TABLE masks;
CREATE INDEX shapes_image ON shapes (image, layer);
CREATE INDEX shapes_class ON shapes (class);
CREATE INDEX shapes_layer ON shapes (layer) WHERE layer <> '';

CREATE TABLE layer_classes (
  layer TEXT NOT NULL, image INTEGER NOT NULL REFERENCES images (number), class TEXT NOT NULL REFERENCES label_classes (id),
  reader TEXT NOT NULL REFERENCES members (id), PRIMARY KEY (layer, image)
) STRICT, WITHOUT ROWID;
CREATE INDEX layer_classes_class ON layer_classes (class);

CREATE TABLE new_changes (${LOG_COLUMNS}
) STRICT;
INSERT INTO new_changes SELECT sequence, at, reader, image, '', CASE kind WHEN 'class' THEN 'class' ELSE 'shape' END,
  CASE kind WHEN 'class' THEN target WHEN 'box' THEN 'shape ' || substr(target, 5) ELSE 'shape ' || substr(target, 6) END,
  ${stateOf("before")}, ${stateOf("after")}, cause FROM label_changes;
CREATE TABLE new_undo (
  member TEXT NOT NULL REFERENCES members (id), layer TEXT NOT NULL, undone INTEGER NOT NULL, step INTEGER NOT NULL,
  change INTEGER NOT NULL, target TEXT NOT NULL, PRIMARY KEY (member, layer, undone, step, change)
) STRICT, WITHOUT ROWID;
INSERT INTO new_undo SELECT member, '', undone, change, change,
  CASE WHEN target LIKE 'box %' THEN 'shape ' || substr(target, 5) ELSE target END FROM undo_entries;
DROP TABLE undo_entries;
DROP TABLE label_changes;
ALTER TABLE new_changes RENAME TO label_changes;
ALTER TABLE new_undo RENAME TO undo_entries;
CREATE INDEX undo_entries_target ON undo_entries (target);
CREATE INDEX label_changes_image ON label_changes (image);
CREATE TRIGGER label_changes_keep BEFORE UPDATE ON label_changes
  BEGIN SELECT raise(ABORT, 'label changes never change'); END;
CREATE TRIGGER label_changes_stay BEFORE DELETE ON label_changes BEGIN SELECT raise(ABORT, 'label changes never go'); END;
`,
};
