// What a model's maps have in common with readers' shapes, the last report of each part.

export const explanationReports = {
  number: 17,
  name: "explanation-reports",
  sql: `
CREATE TABLE explanation_reports (
  model TEXT NOT NULL REFERENCES models (id),
  part TEXT NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (model, part)
) STRICT;
`,
};
