// What the project knows of the images of a snapshot beside their pixels: tags of their files, and what readers answered in the layer that all share.

import type { Part } from "../../preload/contract/index.ts";
import { SHARED_LAYER } from "../../preload/contract/labels.ts";
import type { ProjectDatabase } from "./database.ts";

export interface CaseFacts {
  readonly imageId: string;
  /** Patient ID, or empty. */
  readonly patient: string;
  readonly modality: string;
  /** By DICOM keyword, as text; those that the file does not have are left out. */
  readonly tags: Record<string, string>;
  /** Names of chosen options by question; of questions with one answer. */
  readonly answers: Record<string, string>;
}

const ITEMS = `FROM snapshots JOIN snapshot_items ON snapshot_items.snapshot = snapshots.number
  JOIN images ON images.number = snapshot_items.image
  WHERE snapshots.id = ? AND snapshot_items.part = ?`;

/** Of the images of one part, in the snapshot's order. */
export function readCaseFacts(
  database: ProjectDatabase,
  snapshotId: string,
  part: Part,
  keywords: readonly string[],
): CaseFacts[] {
  return database.read(() => {
    const facts = database
      .all<Pick<CaseFacts, "imageId" | "patient" | "modality">>(
        `SELECT images.id AS imageId, snapshot_items.patient, images.modality ${ITEMS} ORDER BY position`,
        snapshotId,
        part,
      )
      .map((row): CaseFacts => ({ ...row, tags: {}, answers: {} }));
    const byImage = new Map(facts.map((one) => [one.imageId, one]));
    const tags = database.all<{ imageId: string; name: string; value: string }>(
      `SELECT imageId, tag.value ->> 'name' AS name, tag.value ->> 'value' AS value
      FROM (SELECT images.id AS imageId, images.number AS image ${ITEMS}) AS item
      JOIN image_headers ON image_headers.image = item.image, json_each(image_headers.tags) AS tag
      WHERE tag.value ->> 'name' IN (SELECT value FROM json_each(?))`,
      snapshotId,
      part,
      JSON.stringify(keywords),
    );
    for (const { imageId, name, value } of tags) byImage.get(imageId)!.tags[name] = value;
    const answers = database.all<{ imageId: string; question: string; name: string }>(
      `SELECT item.imageId, questions.id AS question, choice.value ->> 'name' AS name
      FROM (SELECT images.id AS imageId, images.series, images.patient ${ITEMS}) AS item
      CROSS JOIN questions ON questions.kind IN ('single', 'ordinal')
      JOIN answers ON answers.question = questions.id AND answers.layer = ?
        AND subject = CASE level WHEN 'image' THEN item.imageId WHEN 'series' THEN item.series ELSE item.patient END,
      json_each(questions.options) AS choice
      WHERE choice.value ->> 'id' = answers.value ->> '$'`,
      snapshotId,
      part,
      SHARED_LAYER,
    );
    for (const { imageId, question, name } of answers) byImage.get(imageId)!.answers[question] = name;
    return facts;
  });
}
