// The contract, answered: one file in `calls/` for each part of it.

import { appCalls } from "./calls/app.ts";
import { auditCalls } from "./calls/audit.ts";
import { comparisonCalls } from "./calls/comparison.ts";
import { complianceCalls } from "./calls/compliance.ts";
import { copiesCalls } from "./calls/copies.ts";
import { explanationCalls } from "./calls/explanations.ts";
import { fairnessCalls } from "./calls/fairness.ts";
import { imageCalls } from "./calls/images.ts";
import { jobCalls } from "./calls/jobs.ts";
import { labelFileCalls } from "./calls/label-files.ts";
import { labelCalls } from "./calls/labels.ts";
import { modelCalls } from "./calls/models.ts";
import { pacsCalls } from "./calls/pacs.ts";
import { projectCalls } from "./calls/projects.ts";
import { readingCalls } from "./calls/reading.ts";
import { ruleCalls } from "./calls/rules.ts";
import { runCalls } from "./calls/runs.ts";
import { schemaCalls } from "./calls/schema.ts";
import { searchCalls } from "./calls/searches.ts";
import { snapshotCalls } from "./calls/snapshots.ts";
import { upkeepCalls } from "./calls/upkeep.ts";
import { open } from "./procedures.ts";

export const router = open.router({
  app: appCalls,
  projects: projectCalls,
  images: imageCalls,
  labels: labelCalls,
  labelFiles: labelFileCalls,
  schema: schemaCalls,
  reading: readingCalls,
  snapshots: snapshotCalls,
  runs: runCalls,
  searches: searchCalls,
  models: modelCalls,
  comparison: comparisonCalls,
  fairness: fairnessCalls,
  rules: ruleCalls,
  explanations: explanationCalls,
  pacs: pacsCalls,
  jobs: jobCalls,
  audit: auditCalls,
  compliance: complianceCalls,
  upkeep: upkeepCalls,
  copies: copiesCalls,
});
