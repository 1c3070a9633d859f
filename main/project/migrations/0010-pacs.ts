// Archives that images are fetched from, and how our own node listens.
//
// `address` and `auth` are JSON of the contract; credentials need no lock of their own, because every page of the file is encrypted.

export const pacs = {
  number: 10,
  name: "pacs",
  sql: `
CREATE TABLE pacs_connections (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('dimse', 'dicomweb')), address TEXT NOT NULL, auth TEXT NOT NULL
) STRICT;
CREATE TABLE pacs_node (one INTEGER PRIMARY KEY CHECK (one = 1), settings TEXT NOT NULL, enabled INTEGER NOT NULL) STRICT;
`,
};
