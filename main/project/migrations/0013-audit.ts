// The log covers the label log: up to which of its lines, noted beside the head. And indexes for the filters of the log.

export const audit = {
  number: 13,
  name: "audit",
  sql: `
ALTER TABLE audit_head ADD COLUMN labels INTEGER NOT NULL DEFAULT 0;
UPDATE audit_head SET labels = (SELECT coalesce(max(sequence), 0) FROM label_changes);
CREATE INDEX audit_member ON audit (member);
CREATE INDEX audit_action ON audit (action);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_subject ON audit (subject);
`,
};
