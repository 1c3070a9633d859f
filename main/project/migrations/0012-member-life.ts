// Members come and go: when somebody was removed (the row stays, because labels and audit entries name it), when they last unlocked the
// project, and the public key that a new data key is sealed to. keys.json holds the public keys too, but anybody who can write the folder
// can write that file; these are behind the data key.

export const memberLife = {
  number: 12,
  name: "member-life",
  sql: `
ALTER TABLE members ADD COLUMN removed_at TEXT;
ALTER TABLE members ADD COLUMN last_seen_at TEXT;
ALTER TABLE members ADD COLUMN public_key BLOB;
`,
};
