// The list of migrations, in order. Numbers are contiguous from 1; a gap or a swap is a mistake of ours and stops at load.

import { initial } from "./0001-initial.ts";
import { modelThreshold } from "./0002-model-threshold.ts";
import { startingModels } from "./0003-starting-models.ts";
import { runMemory } from "./0004-run-memory.ts";
import { shapes } from "./0005-shapes.ts";
import { series } from "./0006-series.ts";
import { reading } from "./0007-reading.ts";
import { questions } from "./0008-questions.ts";
import { deidentification } from "./0009-deidentification.ts";
import { pacs } from "./0010-pacs.ts";
import { queues } from "./0011-queues.ts";
import { memberLife } from "./0012-member-life.ts";
import { audit } from "./0013-audit.ts";
import { upkeep } from "./0014-upkeep.ts";
import { merges } from "./0015-merges.ts";
import { auditFilters } from "./0016-audit-filters.ts";
import { explanationReports } from "./0017-explanation-reports.ts";
import { runNotes } from "./0018-run-notes.ts";
import { prunedModels } from "./0019-pruned-models.ts";
import { modelForms } from "./0020-model-forms.ts";
import { modelRules } from "./0021-model-rules.ts";
import { searches } from "./0022-searches.ts";
import { embeddings } from "./0023-embeddings.ts";
import { modelCards } from "./0024-model-cards.ts";

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** Throws where the numbers are not 1, 2, 3, … or a name comes twice. */
export function checkMigrations(migrations: readonly Migration[]): readonly Migration[] {
  const names = new Set<string>();
  migrations.forEach(({ number, name }, index) => {
    if (number !== index + 1) throw new Error(`migration ${name} has number ${number}, expected ${index + 1}`);
    if (!/^[a-z][a-z0-9-]*$/.test(name) || names.has(name)) {
      throw new Error(`migration ${number} needs a name of its own in lower case`);
    }
    names.add(name);
  });
  return migrations;
}

export const MIGRATIONS = checkMigrations([
  initial,
  modelThreshold,
  startingModels,
  runMemory,
  shapes,
  series,
  reading,
  questions,
  deidentification,
  pacs,
  queues,
  memberLife,
  audit,
  upkeep,
  merges,
  auditFilters,
  explanationReports,
  runNotes,
  prunedModels,
  modelForms,
  modelRules,
  searches,
  embeddings,
  modelCards,
]);
