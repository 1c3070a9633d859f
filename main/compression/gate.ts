// Nothing is called good that lost more, or gained less, than the user allowed.
import type { CompressionLimits, CompressionReport, MissedLimit } from "../../preload/contract/index.ts";

type Cost = CompressionReport["before"];
type Savings = Pick<Cost, "bytes" | "latencyMs">;
type SavingMissed = MissedLimit & { readonly limit: "size" | "latency" };

/** Every limit that does not hold, with what was allowed and what was found. Empty when the model is accepted. */
export function missedLimits(before: Cost, after: Cost, limits: CompressionLimits): readonly MissedLimit[] {
  const missed: MissedLimit[] = [];
  const atMost = (limit: MissedLimit["limit"], allowed: number | null, found: number | null): void => {
    if (allowed !== null && found !== null && found > allowed) missed.push({ limit, allowed, found });
  };
  atMost("auc", limits.maxAucDrop, before.auc - after.auc);
  atMost("accuracy", limits.maxAccuracyDrop, before.accuracy - after.accuracy);
  const worst = before.worstClass === null || after.worstClass === null ? null : before.worstClass - after.worstClass;
  atMost("worst-class", limits.maxWorstClassDrop, worst);
  const [one, other] = [before.worstGroup, after.worstGroup];
  atMost("worst-group", limits.maxWorstGroupDrop, one && other && one.accuracy - other.accuracy);
  return [...missed, ...missedSavings(before, after, limits)];
}

/** Limits on size and time that do not hold: those of every kind of model. */
export function missedSavings(
  before: Savings,
  after: Savings,
  limits: Pick<CompressionLimits, "minSmaller" | "minFaster">,
): readonly SavingMissed[] {
  const missed: SavingMissed[] = [];
  const smaller = before.bytes / after.bytes;
  // A compressed model that is not smaller is none, whatever was asked.
  const least = smaller <= 1 ? Math.max(1, limits.minSmaller ?? 1) : limits.minSmaller;
  if (least !== null && (smaller < least || smaller <= 1))
    missed.push({ limit: "size", allowed: least, found: smaller });
  const faster = before.latencyMs / after.latencyMs;
  if (limits.minFaster !== null && faster < limits.minFaster)
    missed.push({ limit: "latency", allowed: limits.minFaster, found: faster });
  return missed;
}

/** Whether what is missed is quality, which layers put back to float can mend. */
export function lostQuality(missed: readonly MissedLimit[]): boolean {
  return missed.some(({ limit }) => limit !== "size" && limit !== "latency");
}

/** Which limits were missed and by how much, in sentences; "" for none. */
export function refusal(before: Cost, after: Cost, missed: readonly MissedLimit[]): string {
  return missed.map((one) => sentence(before, after, one)).join(" ");
}

function sentence(before: Cost, after: Cost, missed: MissedLimit): string {
  switch (missed.limit) {
    case "auc":
      return fell("The AUC", before.auc, after.auc, missed);
    case "accuracy":
      return fell("The accuracy", before.accuracy, after.accuracy, missed);
    case "worst-class":
      return fell("The worst class's share of right answers", before.worstClass ?? 0, after.worstClass ?? 0, missed);
    case "worst-group":
      return fell(
        `The share of right answers in the worst group of patients (${groupText(after)})`,
        before.worstGroup?.accuracy ?? 0,
        after.worstGroup?.accuracy ?? 0,
        missed,
      );
    default:
      return savedTooLittle(before, after, { ...missed, limit: missed.limit });
  }
}

/** F · 40–59: the values that make the group. */
function groupText({ worstGroup }: Cost): string {
  return (worstGroup?.values ?? []).map((value) => value || "not known").join(" · ");
}

type Figures = Pick<MissedLimit, "allowed" | "found">;

export function fell(what: string, from: number, to: number, { allowed, found }: Figures): string {
  return `${what} fell by ${found.toFixed(4)} (from ${from.toFixed(4)} to ${to.toFixed(4)}); the limit is ${allowed}, missed by ${(found - allowed).toFixed(4)}.`;
}

export function savedTooLittle(before: Savings, after: Savings, { limit, allowed, found }: SavingMissed): string {
  const missedBy = `the limit is ${allowed} times, missed by ${(allowed - found).toFixed(2)}.`;
  if (limit === "size")
    return `The model became ${found.toFixed(2)} times smaller (${before.bytes} bytes before, ${after.bytes} after); ${missedBy}`;
  return `One image became ${found.toFixed(2)} times faster (${before.latencyMs.toFixed(2)} ms before, ${after.latencyMs.toFixed(2)} after); ${missedBy}`;
}
