// What a model makes of its training images, so that images that look alike are found at once.

export const embeddings = {
  number: 23,
  name: "embeddings",
  sql: `
CREATE TABLE embeddings (
  model TEXT PRIMARY KEY REFERENCES models (id),
  vectors BLOB NOT NULL
) STRICT;
`,
};
