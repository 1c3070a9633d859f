// Where frames lie in the patient, what an import found wrong with an image, and how alike pictures are; images of a series together.

export const series = {
  number: 6,
  name: "series",
  sql: `
ALTER TABLE image_headers ADD COLUMN geometry TEXT NOT NULL DEFAULT '[]';
CREATE INDEX images_series ON images (series) WHERE series <> '';
CREATE TABLE image_findings (
  image INTEGER NOT NULL REFERENCES images (number), code TEXT NOT NULL, PRIMARY KEY (code, image)
) STRICT, WITHOUT ROWID;
ALTER TABLE images ADD COLUMN picture_hash TEXT;
CREATE INDEX images_picture ON images (picture_hash) WHERE picture_hash IS NOT NULL;
`,
};
