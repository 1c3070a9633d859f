// The one contract: everything the studio does, as named calls with validated input and output.
//
// All three doors (desktop window, browser window, command line) use this and nothing else. It imports nothing of ours.

import type { ContractRouterClient, InferContractRouterInputs, InferContractRouterOutputs } from "@orpc/contract";
import { appContract } from "./app.ts";
import { auditContract } from "./audit.ts";
import { comparisonContract } from "./comparison.ts";
import { complianceContract } from "./compliance.ts";
import { copiesContract } from "./copies.ts";
import { explanationsContract } from "./explanations.ts";
import { fairnessContract } from "./fairness.ts";
import { imagesContract } from "./images.ts";
import { jobsContract } from "./jobs.ts";
import { labelFilesContract } from "./label-files.ts";
import { labelsContract } from "./labels.ts";
import { modelsContract } from "./models.ts";
import { pacsContract } from "./pacs.ts";
import { projectsContract } from "./project.ts";
import { readingContract } from "./reading.ts";
import { rulesContract } from "./rules.ts";
import { runsContract } from "./runs.ts";
import { schemaContract } from "./schema.ts";
import { searchesContract } from "./searches.ts";
import { snapshotsContract } from "./snapshots.ts";
import { upkeepContract } from "./upkeep.ts";

export const contract = {
  app: appContract,
  projects: projectsContract,
  images: imagesContract,
  labels: labelsContract,
  labelFiles: labelFilesContract,
  schema: schemaContract,
  reading: readingContract,
  snapshots: snapshotsContract,
  runs: runsContract,
  searches: searchesContract,
  models: modelsContract,
  comparison: comparisonContract,
  fairness: fairnessContract,
  rules: rulesContract,
  explanations: explanationsContract,
  pacs: pacsContract,
  jobs: jobsContract,
  audit: auditContract,
  compliance: complianceContract,
  upkeep: upkeepContract,
  copies: copiesContract,
};

export type Contract = typeof contract;
/** A client of the whole contract: the same shape over HTTP, over Electron's scheme, and in process. */
export type Studio = ContractRouterClient<Contract>;
export type Inputs = InferContractRouterInputs<Contract>;
export type Outputs = InferContractRouterOutputs<Contract>;

/** Where a door mounts the calls. */
export const RPC_PATH = "/rpc";

export * from "./app.ts";
export * from "./apply-rules.ts";
export * from "./audit.ts";
export * from "./case-tags.ts";
export * from "./comparison.ts";
export * from "./compliance.ts";
export * from "./copies.ts";
export * from "./decision.ts";
export * from "./deidentification.ts";
export * from "./errors.ts";
export * from "./explanations.ts";
export * from "./fairness.ts";
export * from "./images.ts";
export * from "./jobs.ts";
export * from "./label-files.ts";
export * from "./labels.ts";
export * from "./models.ts";
export * from "./pacs.ts";
export * from "./pixels.ts";
export * from "./precision-recall.ts";
export * from "./project.ts";
export * from "./reading.ts";
export * from "./rule-document.ts";
export * from "./rules.ts";
export * from "./runs.ts";
export * from "./schema.ts";
export * from "./searches.ts";
export * from "./serving.ts";
export * from "./snapshots.ts";
export * from "./upkeep.ts";
