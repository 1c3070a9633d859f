// More forms of models come with time, and a check cannot be widened in place: the contract says which there are.

export const modelForms = {
  number: 20,
  name: "model-forms",
  sql: `
    ALTER TABLE models RENAME COLUMN form TO checked_form;
    ALTER TABLE models ADD COLUMN form TEXT;
    UPDATE models SET form = checked_form;
    ALTER TABLE models DROP COLUMN checked_form;
  `,
};
