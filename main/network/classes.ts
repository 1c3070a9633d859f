// Which storage classes a wish will bring, asked before a C-GET: its association must name them all, and has room for 128 contexts only.

import { AppError } from "../../preload/contract/errors.ts";
import type { RemoteNode } from "./connect.ts";
import { find } from "./find.ts";
import type { Wanted } from "./retrieve.ts";

/** Instances looked at in each series: classes rarely change within one. */
const LOOKED_AT = 20;

/**
 * Classes of the instances wanted, as C-FIND tells them; none where the node offers no search or tells nothing.
 * Errors: those of the network other than that, app/aborted.
 */
export async function classesOf(node: RemoteNode, wanted: Wanted, signal?: AbortSignal): Promise<string[]> {
  const classes = new Set<string>();
  try {
    for (const study of wanted.study ? [wanted.study] : await studiesOf(node, wanted.patient ?? "", signal)) {
      for (const series of wanted.series ? [wanted.series] : await seriesOf(node, study, signal)) {
        const keys = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: wanted.instance ?? "" };
        for await (const { SOPClassUID } of find(node, "instance", keys, { limit: LOOKED_AT, signal })) {
          if (SOPClassUID) classes.add(SOPClassUID[0]);
        }
      }
    }
  } catch (error) {
    const unanswered = error instanceof AppError && ["network/no-service", "network/failed"].includes(error.code);
    if (!unanswered) throw error;
  }
  return [...classes];
}

async function studiesOf(node: RemoteNode, patient: string, signal?: AbortSignal): Promise<string[]> {
  const uids: string[] = [];
  for await (const { StudyInstanceUID } of find(node, "study", { PatientID: patient }, { signal })) {
    if (StudyInstanceUID) uids.push(StudyInstanceUID[0]);
  }
  return uids;
}

async function seriesOf(node: RemoteNode, study: string, signal?: AbortSignal): Promise<string[]> {
  const uids: string[] = [];
  for await (const { SeriesInstanceUID } of find(node, "series", { StudyInstanceUID: study }, { signal })) {
    if (SeriesInstanceUID) uids.push(SeriesInstanceUID[0]);
  }
  return uids;
}
