// Who may ask for what: one row for every call of the contract, and for the plain requests beside them.
//
// Pure data, read by both sides: `main/api` refuses by it, the page hides by it. The record is total, so a call without a row does
// not compile. A row says who may ask at all; which labels a person then sees is decided where the labels lie (main/project/layers.ts).
//
// A reader labels the cases of their own work lists and sees what that takes. An adjudicator also sees what readers said, decides, and may
// write in the shared layer. An analyst brings images and schema in and makes data sets, models and files of them, but decides no case.
// An administrator may do everything.

import type { AnyContractProcedure } from "@orpc/contract";
import type { Contract } from "./index.ts";
import type { Role } from "./project.ts";

type NamesOf<Router> = {
  [Key in keyof Router & string]: Router[Key] extends AnyContractProcedure ? Key : `${Key}.${NamesOf<Router[Key]>}`;
}[keyof Router & string];

/** A call as `group.name`. */
export type CallName = NamesOf<Contract>;
/** `pixels`, `thumbnails`: images over GET. `labels.shared`: writing in the layer that everybody shares, through whichever call. */
export type Deed = CallName | "pixels" | "thumbnails" | "labels.shared";

/** `open`: answers without a project. */
export type Access = "open" | readonly Role[];

const everyone = ["reader", "adjudicator", "analyst", "administrator"] as const satisfies readonly Role[];
/** Whoever sees what all readers said. */
const seeing = ["adjudicator", "analyst", "administrator"] as const satisfies readonly Role[];
/** Whoever decides what is true of a case. */
const deciding = ["adjudicator", "administrator"] as const satisfies readonly Role[];
/** Whoever changes what the project is made of, and whatever leaves it. */
const working = ["analyst", "administrator"] as const satisfies readonly Role[];
const administering = ["administrator"] as const satisfies readonly Role[];

export const ACCESS = {
  "app.info": "open",
  "app.browse": "open",
  "app.settings": "open",
  "app.saveSettings": administering, // the lock of every project on this machine
  "app.events": "open",

  "projects.recent": "open",
  "projects.forget": "open",
  "projects.create": "open",
  "projects.open": "open",
  "projects.recover": "open",
  "projects.keyStore": "open",
  "projects.openRemembered": "open",
  "projects.lock": "open",
  "projects.current": "open",
  "projects.changePassphrase": everyone,
  "projects.members": working, // who reads is chosen among them
  "projects.addMember": administering,
  "projects.setRole": administering,
  "projects.removeMember": administering,
  "projects.renewRecoveryKey": administering,
  "projects.rememberOnThisMachine": everyone,
  "projects.forgetOnThisMachine": everyone,

  "upkeep.restore": "open",
  "upkeep.health": seeing,
  "upkeep.check": working,
  "upkeep.backup": administering,
  "upkeep.compact": administering,

  "copies.give": working,
  "copies.take": working,
  "copies.merges": seeing,
  "copies.conflicts": seeing,
  "copies.choose": deciding,

  "audit.list": administering,
  "audit.members": administering,
  "audit.state": administering,
  "audit.labels": administering,
  "audit.printHead": administering,
  "audit.checkHead": administering,
  "audit.export": administering,
  "compliance.report": administering,
  "compliance.save": administering,

  "images.list": everyone,
  "images.facets": everyone,
  "images.get": everyone,
  "images.stack": everyone,
  "images.deidentification": everyone,
  "images.importPath": working,
  "images.importSample": working,
  "images.importFile": working,
  "images.lookForText": working,
  "images.reviewText": working,
  "images.recordExport": working,
  pixels: everyone,
  thumbnails: everyone,

  "labels.classes": everyone,
  "labels.forImage": everyone,
  "labels.forImages": everyone,
  "labels.apply": everyone,
  "labels.interpolate": everyone,
  "labels.undo": everyone,
  "labels.redo": everyone,
  "labels.history": everyone,
  "labels.shared": seeing,
  "labels.saveClass": working,
  "labels.deleteClass": working,
  "labels.importCsv": working,

  "labelFiles.formats": working,
  "labelFiles.preview": working,
  "labelFiles.export": working,
  "labelFiles.import": working,

  "schema.questions": everyone,
  "schema.attributes": everyone,
  "schema.typed": everyone,
  "schema.usage": working,
  "schema.saveQuestion": working,
  "schema.deleteQuestion": working,
  "schema.orderQuestions": working,
  "schema.previewKind": working,
  "schema.changeKind": working,
  "schema.mergeOptions": working,
  "schema.attributeUsage": working,
  "schema.saveAttributes": working,
  "schema.previewAttributeKind": working,
  "schema.changeAttributeKind": working,
  "schema.mergeChoices": working,

  "reading.lists": everyone,
  "reading.mine": everyone,
  "reading.open": everyone,
  "reading.commit": everyone,
  "reading.cases": seeing,
  "reading.agreement": seeing,
  "reading.activeCurve": seeing,
  "reading.adjudicate": deciding,
  "reading.takeBack": deciding,
  "reading.create": working,
  "reading.remove": working,
  "reading.queue": working,

  "snapshots.list": seeing,
  "snapshots.get": seeing,
  "snapshots.create": working,

  "runs.list": seeing,
  "runs.get": seeing,
  "runs.points": seeing,
  "runs.devices": seeing,
  "runs.describe": working,
  "runs.reproduce": working,
  "runs.recipes": working,
  "runs.preview": working,
  "runs.start": working,
  "runs.resume": working,
  "runs.cancel": working,

  // What a model says of a case is no reader's to ask: a list shows it when its reader has committed.
  "searches.list": seeing,
  "searches.get": seeing,
  "searches.importance": seeing,
  "searches.suggest": working,
  "searches.start": working,
  "searches.resume": working,
  "searches.cancel": working,

  "models.list": seeing,
  "models.get": seeing,
  "models.starting": seeing,
  "models.evaluation": seeing,
  "models.compressionReport": seeing,
  "models.compressions": seeing,
  "models.exports": seeing,
  "comparison.models": seeing,
  "fairness.audit": seeing,
  "fairness.balance": seeing,
  "rules.list": seeing,
  "rules.save": seeing,
  "rules.remove": seeing,
  "rules.test": seeing,
  "rules.switch": deciding, // when a model's answer is not enough is for those to say who decide cases
  "explanations.map": seeing,
  "explanations.check": seeing,
  "explanations.nearest": seeing,
  // Files of this machine, as models.importStarting.
  "explanations.ofFile": working,
  "explanations.checkOfFile": working,
  "explanations.report": seeing,
  "explanations.overPart": working,
  "comparison.curves": seeing,
  "comparison.export": working,
  "comparison.notebookLeaving": working,
  "comparison.notebook": working,
  "comparison.reportPage": seeing,
  "comparison.report": working,
  "models.card": seeing,
  "models.saveCard": working,
  "models.importStarting": working,
  "models.compress": working,
  "models.export": working,
  "models.save": working,

  "pacs.connections.list": working,
  "pacs.echo": working,
  "pacs.search": working,
  "pacs.retrieve": working,
  "pacs.node.status": working,
  // Credentials of an archive, and a port that others can reach.
  "pacs.connections.save": administering,
  "pacs.connections.remove": administering,
  "pacs.node.start": administering,
  "pacs.node.stop": administering,

  "jobs.list": seeing,
  "jobs.get": seeing,
  "jobs.cancel": working,
} as const satisfies Record<Deed, Access>;

/** null while no project is open: then only what is open may be done. */
export function may(role: Role | null, deed: Deed): boolean {
  const access: Access = ACCESS[deed];
  return access === "open" || (role !== null && access.includes(role));
}

/** The roles that may, the least first; none for what is open. */
export function rolesThatMay(deed: Deed): readonly Role[] {
  const access: Access = ACCESS[deed];
  return access === "open" ? [] : access;
}
