// The judgement of a compliance report: figures in, one state for each check out. Pure.
//
// Thresholds are ours, not the law's: none of these rules names a number. Where good people may differ the state is "look", and a person judges.

import type { CheckState, ComplianceCheck, ComplianceCheckId } from "../../preload/contract/index.ts";

export interface ComplianceFacts {
  readonly cipher: { readonly name: string; readonly ciphertext: boolean };
  /** the cheapest guess at any member's passphrase */
  readonly kdf: { readonly memoryKiB: number; readonly passes: number; readonly members: number };
  /** since when the present recovery key is there, and how often one was used in the period */
  readonly recoveryKey: { readonly since: string; readonly used: number };
  readonly backupAt: string | null;
  readonly checkedAt: string | null;
  readonly images: {
    readonly total: number;
    readonly dicom: number;
    readonly deidentified: number;
    readonly textSuspected: number;
    readonly textLooked: number;
  };
  /** who may open the project now */
  readonly members: readonly { readonly role: string; readonly seenAt: string }[];
  /** in the period */
  readonly failedUnlocks: number;
  readonly audit: { readonly entries: number; readonly broken: number | null; readonly printedAt: string | null };
  /** in the period */
  readonly exports: {
    readonly labels: number;
    readonly images: number;
    /** as containers, files or notebooks */
    readonly models: number;
    /** models with pictures of a part */
    readonly notebooks: number;
    readonly runs: number;
    readonly parts: number;
    readonly logs: number;
  };
  /** work lists that show a model's suggestion before the reader has committed */
  readonly openSuggestions: number;
  readonly archives: readonly ("dimse" | "http" | "https")[];
  readonly node: { readonly enabled: boolean; readonly network: boolean; readonly onlyKnown: boolean };
}

/** What only the host knows. */
export interface HostFacts {
  readonly host: "electron" | "browser" | "cli";
  readonly idleLockMs: number | null;
}

const DAY_MS = 86_400_000;
/** RFC 9106 §4, second recommendation, and what OWASP's password storage sheet asks at least. */
const KDF = { good: { memoryKiB: 65_536, passes: 3 }, least: { memoryKiB: 19_456, passes: 2 } };
const BACKUP_DAYS = { good: 7, most: 30 };
const CHECK_DAYS = 30;
const HEAD_DAYS = 30;
const IDLE_MEMBER_DAYS = 90;
const IDLE_LOCK_MS = 60 * 60_000;

type Judged = { readonly state: CheckState; readonly figure: string; readonly values?: ComplianceCheck["values"] };

/** `now`: ISO date-time of the report. */
export function judge(facts: ComplianceFacts, host: HostFacts, now: string): ComplianceCheck[] {
  const days = (at: string) => Math.max(0, Math.floor((Date.parse(now) - Date.parse(at)) / DAY_MS));
  const checks: Record<ComplianceCheckId, Judged> = {
    encryption: facts.cipher.ciphertext
      ? { state: "met", figure: "ciphertext", values: { cipher: facts.cipher.name } }
      : { state: "unmet", figure: "plain" },
    "key-derivation": keyDerivation(facts.kdf),
    "recovery-key":
      facts.recoveryKey.used > 0
        ? { state: "look", figure: "recoveryUsed", values: { count: facts.recoveryKey.used } }
        : { state: "unknown", figure: "recoverySince", values: { date: facts.recoveryKey.since.slice(0, 10) } },
    backup: aged(facts.backupAt, days, BACKUP_DAYS.good, BACKUP_DAYS.most, "backup", "unmet"),
    integrity: aged(facts.checkedAt, days, CHECK_DAYS, Number.POSITIVE_INFINITY, "integrity", "look"),
    deidentified: deidentified(facts.images),
    "burned-in-text": burnedIn(facts.images),
    "idle-members": idleMembers(
      facts.members.filter(({ seenAt }) => days(seenAt) > IDLE_MEMBER_DAYS).length,
      facts.members.length,
    ),
    administrators: administrators(facts.members),
    "failed-unlocks": none(facts.failedUnlocks, "failedUnlocks"),
    "idle-lock": idleLock(host),
    "audit-chain":
      facts.audit.broken === null
        ? { state: "met", figure: "chainHolds", values: { count: facts.audit.entries } }
        : { state: "unmet", figure: "chainBroken", values: { entry: facts.audit.broken } },
    "printed-head": aged(facts.audit.printedAt, days, HEAD_DAYS, Number.POSITIVE_INFINITY, "head", "look"),
    exports: {
      state: Object.values(facts.exports).some((count) => count > 0) ? "look" : "met",
      figure: "exports",
      values: { ...facts.exports },
    },
    "models-exported": none(facts.exports.models, "modelsExported"),
    suggestions: none(facts.openSuggestions, "suggestions"),
    "archive-connections": archives(facts.archives),
    "receiving-node": node(facts.node),
    door: { state: host.host === "browser" ? "look" : "met", figure: `door-${host.host}` },
  };
  return Object.entries(checks).map(([id, { state, figure, values }]) => ({
    id: id as ComplianceCheckId,
    state,
    figure,
    values: values ?? {},
  }));
}

/** Nothing of it is as it should be; something is for a person to judge. */
function none(count: number, figure: string): Judged {
  return { state: count === 0 ? "met" : "look", figure, values: { count } };
}

function aged(
  at: string | null,
  days: (at: string) => number,
  good: number,
  most: number,
  figure: string,
  never: CheckState,
): Judged {
  if (at === null) return { state: never, figure: `${figure}Never` };
  const age = days(at);
  return {
    state: age <= good ? "met" : age <= most ? "look" : "unmet",
    figure: `${figure}Age`,
    values: { count: age },
  };
}

function keyDerivation({ memoryKiB, passes, members }: ComplianceFacts["kdf"]): Judged {
  const reaches = (cost: { memoryKiB: number; passes: number }) => memoryKiB >= cost.memoryKiB && passes >= cost.passes;
  const state = reaches(KDF.good) ? "met" : reaches(KDF.least) ? "look" : "unmet";
  return { state, figure: "kdf", values: { memory: Math.floor(memoryKiB / 1024), passes, count: members } };
}

function deidentified({ total, dicom, deidentified: done }: ComplianceFacts["images"]): Judged {
  // "100 % of 0" would be praise for nothing, and images of other formats may show a name too.
  if (dicom === 0) return { state: "nothing", figure: "deidentifiedNone", values: { other: total } };
  const percent = Math.floor((100 * Math.min(done, dicom)) / dicom);
  return {
    state: done >= dicom ? "met" : "look",
    figure: "deidentified",
    values: { percent, done: Math.min(done, dicom), dicom, other: total - dicom },
  };
}

function burnedIn({ total, textLooked, textSuspected }: ComplianceFacts["images"]): Judged {
  if (total === 0) return { state: "nothing", figure: "textNone" };
  const unseen = Math.max(0, total - textLooked);
  return {
    state: textSuspected === 0 && unseen === 0 ? "met" : "look",
    figure: "text",
    values: { suspected: textSuspected, unseen },
  };
}

function idleMembers(idle: number, members: number): Judged {
  return {
    state: idle === 0 ? "met" : "look",
    figure: "idleMembers",
    values: { count: idle, members, days: IDLE_MEMBER_DAYS },
  };
}

/** One alone cannot be stood in for; many are more than administer. */
function administrators(members: ComplianceFacts["members"]): Judged {
  const count = members.filter(({ role }) => role === "administrator").length;
  const many = count > 3 && count > members.length / 2;
  return {
    state: count >= 2 && !many ? "met" : "look",
    figure: "administrators",
    values: { count, members: members.length },
  };
}

function idleLock({ host, idleLockMs }: HostFacts): Judged {
  if (host === "cli") return { state: "unknown", figure: "idleLockCli" };
  if (idleLockMs === null) return { state: "unmet", figure: "idleLockNever" };
  return {
    state: idleLockMs <= IDLE_LOCK_MS ? "met" : "look",
    figure: "idleLock",
    values: { count: Math.round(idleLockMs / 60_000) },
  };
}

function archives(kinds: ComplianceFacts["archives"]): Judged {
  if (kinds.length === 0) return { state: "nothing", figure: "archivesNone" };
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  const [http, dimse] = [count("http"), count("dimse")];
  return {
    state: http > 0 ? "unmet" : dimse > 0 ? "look" : "met",
    figure: "archives",
    values: { count: kinds.length, http, dimse },
  };
}

function node({ enabled, network, onlyKnown }: ComplianceFacts["node"]): Judged {
  if (!enabled) return { state: "met", figure: "nodeOff" };
  if (!network) return { state: "met", figure: "nodeHere" };
  return onlyKnown ? { state: "look", figure: "nodeKnown" } : { state: "unmet", figure: "nodeAnybody" };
}
