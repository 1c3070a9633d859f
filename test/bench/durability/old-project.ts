// A project as an older studio left it, for openings that migrate: the schema before its last migrations, images with pixels, labels, no audit.

import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ProjectDatabase } from "../../../main/project/database.ts";
import { newMemberSlot, newRecoverySlot } from "../../../main/project/key-slots.ts";
import { newKeyFile, writeKeyFile } from "../../../main/project/keys.ts";
import { MIGRATIONS } from "../../../main/project/migrations/index.ts";
import { DATABASE_FILE, KEYS_FILE } from "../../../main/project/project-folder.ts";
import { makeRecoveryKey, readRecoveryKey } from "../../../main/project/recovery-key.ts";
import { migrate } from "../../../main/project/schema.ts";

/** A guess costs next to nothing: the bench measures kills, not hashing. */
export const CHEAP = { memoryKiB: 64, passes: 1, lanes: 1 };

/** Boxes and masks had tables of their own until migration 5, which rewrites the whole log. */
const SCHEMA = 4;

/** Makes the folder `path`, of `images` images of which each has a class and a box. */
export async function makeOldProject(path: string, passphrase: string, images: number): Promise<void> {
  const [id, member, label] = [randomUUID(), randomUUID(), randomUUID()];
  const key = new Uint8Array(randomBytes(32));
  mkdirSync(path, { recursive: true });
  const database = new ProjectDatabase(join(path, DATABASE_FILE), key, { create: true });
  const now = new Date().toISOString();
  migrate(database, MIGRATIONS.slice(0, SCHEMA));
  database.transaction(() => {
    database.run("INSERT INTO project VALUES (1, ?, 'Old', ?)", id, now);
    database.run("INSERT INTO members VALUES (1, ?, 'Ada', 'administrator', ?)", member, now);
    database.run(
      "INSERT INTO label_classes (id, name, name_key, color) VALUES (?, 'lesion', 'lesion', '#aa0000')",
      label,
    );
    for (let number = 1; number <= images; number++) {
      const name = `${number}.png`;
      database.run(
        `INSERT INTO images (number, id, identity, name, name_key, search, format, modality, patient, study, series, sop_instance,
          rows, columns, frames, imported_at, class, class_reader)
          VALUES (?, ?, ?, ?, ?, ?, 'png', 'OT', '', '', '', '', 16, 16, 1, ?, ?, ?)`,
        ...[number, randomUUID(), name, name, name, name, now, label, member],
      );
      database.run(
        "INSERT INTO image_headers (image, pixels, encoding, tags) VALUES (?, ?, '{}', '[]')",
        ...[number, JSON.stringify(PIXELS)],
      );
      database.run("INSERT INTO thumbnails VALUES (?, ?)", number, Uint8Array.of(137, 80, 78, 71));
      database.run(
        "INSERT INTO frames (image, position, transfer_syntax, bytes) VALUES (?, 0, 'raw', ?)",
        ...[number, new Uint8Array(20_000).fill(number)],
      );
      const box = { classId: label, drawn: number, frame: 0, height: 4, id: randomUUID(), reader: member, width: 2 };
      const after = JSON.stringify({ ...box, x: 1, y: 2 });
      database.run(
        "INSERT INTO label_changes (at, reader, image, kind, target, after, cause) VALUES (?, ?, ?, 'box', ?, ?, 'edit')",
        ...[now, member, number, `box ${box.id}`, after],
      );
      database.run(
        "INSERT INTO boxes VALUES (?, ?, 0, ?, 1, 2, 2, 4, ?, ?)",
        ...[box.id, number, label, member, number],
      );
    }
  });
  database.close();
  const slot = await newMemberSlot(key, id, member, passphrase, CHEAP);
  const recovery = newRecoverySlot(key, id, readRecoveryKey(makeRecoveryKey()));
  writeKeyFile(join(path, KEYS_FILE), newKeyFile(id, slot, recovery));
  key.fill(0);
}

const PIXELS = {
  rows: 16,
  columns: 16,
  frames: 1,
  samples: 1,
  type: "uint8",
  bitsStored: 8,
  inverted: false,
  slope: 1,
  intercept: 0,
  unit: "",
  window: { center: 128, width: 256 },
  spacing: null,
};
