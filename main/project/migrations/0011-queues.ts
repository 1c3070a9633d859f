// Active learning: in which arm a case of a queue is, what the models said of it before it was read, and how each queue was drawn.

export const queues = {
  number: 11,
  name: "queues",
  sql: `
ALTER TABLE work_cases ADD COLUMN arm TEXT CHECK (arm IN ('active', 'random'));
ALTER TABLE work_cases ADD COLUMN prediction TEXT;
CREATE TABLE queue_rounds (
  list INTEGER PRIMARY KEY REFERENCES work_lists (number), strategy TEXT NOT NULL, models TEXT NOT NULL, classes TEXT NOT NULL,
  seed INTEGER NOT NULL, labelled INTEGER NOT NULL
) STRICT;
`,
};
