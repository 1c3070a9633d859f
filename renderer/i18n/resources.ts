// Every sentence of the interface, by language and namespace (one file each in resources/locales/).
//
// English gives the keys their types; a test holds the other languages to the same keys.

import audit from "../../resources/locales/en/audit.json";
import commands from "../../resources/locales/en/commands.json";
import compare from "../../resources/locales/en/compare.json";
import compliance from "../../resources/locales/en/compliance.json";
import data from "../../resources/locales/en/data.json";
import errors from "../../resources/locales/en/errors.json";
import fairness from "../../resources/locales/en/fairness.json";
import library from "../../resources/locales/en/library.json";
import members from "../../resources/locales/en/members.json";
import models from "../../resources/locales/en/models.json";
import pacs from "../../resources/locales/en/pacs.json";
import project from "../../resources/locales/en/project.json";
import reading from "../../resources/locales/en/reading.json";
import report from "../../resources/locales/en/report.json";
import rules from "../../resources/locales/en/rules.json";
import runs from "../../resources/locales/en/runs.json";
import schema from "../../resources/locales/en/schema.json";
import search from "../../resources/locales/en/search.json";
import shell from "../../resources/locales/en/shell.json";
import viewer from "../../resources/locales/en/viewer.json";
import welcome from "../../resources/locales/en/welcome.json";
import zhAudit from "../../resources/locales/zh-CN/audit.json";
import zhCommands from "../../resources/locales/zh-CN/commands.json";
import zhCompare from "../../resources/locales/zh-CN/compare.json";
import zhCompliance from "../../resources/locales/zh-CN/compliance.json";
import zhData from "../../resources/locales/zh-CN/data.json";
import zhErrors from "../../resources/locales/zh-CN/errors.json";
import zhFairness from "../../resources/locales/zh-CN/fairness.json";
import zhLibrary from "../../resources/locales/zh-CN/library.json";
import zhMembers from "../../resources/locales/zh-CN/members.json";
import zhModels from "../../resources/locales/zh-CN/models.json";
import zhPacs from "../../resources/locales/zh-CN/pacs.json";
import zhProject from "../../resources/locales/zh-CN/project.json";
import zhReading from "../../resources/locales/zh-CN/reading.json";
import zhReport from "../../resources/locales/zh-CN/report.json";
import zhRules from "../../resources/locales/zh-CN/rules.json";
import zhRuns from "../../resources/locales/zh-CN/runs.json";
import zhSchema from "../../resources/locales/zh-CN/schema.json";
import zhSearch from "../../resources/locales/zh-CN/search.json";
import zhShell from "../../resources/locales/zh-CN/shell.json";
import zhViewer from "../../resources/locales/zh-CN/viewer.json";
import zhWelcome from "../../resources/locales/zh-CN/welcome.json";

const en = {
  audit,
  compliance,
  members,
  project,
  commands,
  compare,
  data,
  errors,
  fairness,
  library,
  models,
  pacs,
  reading,
  report,
  rules,
  runs,
  schema,
  search,
  shell,
  viewer,
  welcome,
};

export const resources = {
  en,
  "zh-CN": {
    commands: zhCommands,
    compare: zhCompare,
    data: zhData,
    errors: zhErrors,
    fairness: zhFairness,
    library: zhLibrary,
    models: zhModels,
    pacs: zhPacs,
    reading: zhReading,
    report: zhReport,
    rules: zhRules,
    runs: zhRuns,
    schema: zhSchema,
    search: zhSearch,
    shell: zhShell,
    viewer: zhViewer,
    audit: zhAudit,
    compliance: zhCompliance,
    members: zhMembers,
    project: zhProject,
    welcome: zhWelcome,
  },
};

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "shell";
    resources: typeof en;
  }
}
