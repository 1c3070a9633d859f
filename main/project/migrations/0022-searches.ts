// Hyperparameter searches: their plan, and which run each trial is. What a trial was chosen from stands with it, so its choice can be followed later.

export const searches = {
  number: 22,
  name: "searches",
  sql: `CREATE TABLE searches (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, snapshot TEXT NOT NULL REFERENCES snapshots (id),
  plan TEXT NOT NULL, earlier TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
  created_at TEXT NOT NULL, finished_at TEXT, error TEXT
) STRICT;
CREATE TABLE trials (
  search INTEGER NOT NULL REFERENCES searches (number), number INTEGER NOT NULL, run INTEGER NOT NULL UNIQUE REFERENCES runs (number),
  configuration TEXT NOT NULL, told TEXT NOT NULL, bracket INTEGER NOT NULL, epochs INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'waiting', 'done', 'failed')), measures TEXT, seconds REAL NOT NULL,
  PRIMARY KEY (search, number)
) STRICT, WITHOUT ROWID;`,
};
