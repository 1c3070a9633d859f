// The secret behind pseudonyms, what de-identification did to each image, and text suspected in pixels with what a person said of it.
//
// Slices of a series have the same report more often than not, so a report is kept once and found by its digest.

export const deidentification = {
  number: 9,
  name: "deidentification",
  sql: `
CREATE TABLE deidentification (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL) STRICT;
CREATE TABLE deidentification_reports (
  number INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, report TEXT NOT NULL
) STRICT;
CREATE TABLE deidentified_images (
  image INTEGER PRIMARY KEY REFERENCES images (number), report INTEGER NOT NULL REFERENCES deidentification_reports (number)
) STRICT;
CREATE TABLE text_looks (
  image INTEGER PRIMARY KEY REFERENCES images (number), looked_at TEXT NOT NULL, suspects TEXT NOT NULL, frames_looked INTEGER NOT NULL
) STRICT;
CREATE TABLE text_reviews (
  number INTEGER PRIMARY KEY, image INTEGER NOT NULL REFERENCES images (number), reviewed_at TEXT NOT NULL,
  reader TEXT NOT NULL REFERENCES members (id), blanked TEXT NOT NULL, still_suspected TEXT NOT NULL
) STRICT;
CREATE INDEX text_reviews_image ON text_reviews (image);
`,
};
