// An archive asked by hand: does it answer, and what does it have. The same questions by DIMSE and by DICOMweb.

import { AppError, type Inputs, type PacsFound } from "../../preload/contract/index.ts";
import { qido } from "../network/dicomweb/qido.ts";
import type { DicomWebServer } from "../network/dicomweb/server.ts";
import { echo } from "../network/echo.ts";
import { find } from "../network/find.ts";
import type { Found, Keys } from "../network/identifier.ts";
import type { PacsAddress } from "../project/index.ts";

type Search = Omit<Inputs["pacs"]["search"], "id" | "criteria"> & {
  criteria: Required<NonNullable<Inputs["pacs"]["search"]["criteria"]>>;
  limit: number;
};

/** Errors: network/*, app/aborted. */
export async function tryArchive(address: PacsAddress, signal?: AbortSignal): Promise<void> {
  if (address.kind === "dimse") return echo(address, { signal });
  // DICOMweb has no echo: a search that may find nothing says the same.
  for await (const _ of qido(serverOf(address), "study", {}, { limit: 1, signal })) return;
}

/** Errors: network/*, app/invalid-input, app/aborted. */
export async function searchArchive(
  address: PacsAddress,
  search: Search,
  signal?: AbortSignal,
): Promise<{ items: PacsFound[]; more: boolean }> {
  const items: PacsFound[] = [];
  const seen = new Set<string>();
  for await (const found of answersOf(address, search, signal)) {
    const item = readFound(found, search);
    // DICOMweb has no patients: they are those of its studies. Some archives answer twice.
    const key = search.level === "patient" ? item.patientId : search.level === "study" ? item.study : item.series;
    if (key === "" || seen.has(key)) continue;
    if (items.length === search.limit) return { items, more: true };
    seen.add(key);
    items.push(item);
  }
  return { items, more: false };
}

function answersOf(address: PacsAddress, search: Search, signal?: AbortSignal): AsyncGenerator<Found, void, undefined> {
  const { level, limit } = search;
  const keys = keysOf(search);
  // One more than shown says whether there are more; patients of studies cannot be counted beforehand.
  if (address.kind === "dimse") return find(address, level, keys, { limit: limit + 1, signal });
  const options = { ...(level === "patient" ? {} : { limit: limit + 1 }), signal };
  return qido(serverOf(address), level === "series" ? "series" : "study", keys, options);
}

function serverOf({ url, certificate, auth }: Extract<PacsAddress, { kind: "dicomweb" }>): DicomWebServer {
  return { url, ...(certificate ? { ca: certificate } : {}), ...(auth.kind === "none" ? {} : { auth }) };
}

/** Each level matches its own attributes only (PS3.4 C.6.2.1). */
function keysOf({ level, criteria, study }: Search): Keys {
  const { patientName, patientId, accession, modality, from, to } = criteria;
  const patient: Keys = { PatientName: namePattern(patientName), PatientID: patientId };
  if (level === "patient") {
    if (accession || modality || from || to) {
      throw new AppError("app/invalid-input", "Patients are found by name and ID; search studies for anything else.");
    }
    return patient;
  }
  if (level === "series") {
    if (study === undefined) throw new AppError("app/invalid-input", "Series are searched within a study: name it.");
    return { StudyInstanceUID: study, Modality: modality };
  }
  const day = (iso: string): string => iso.replaceAll("-", "");
  return {
    ...patient,
    PatientBirthDate: "",
    AccessionNumber: accession,
    ModalitiesInStudy: modality,
    StudyDate: from || to ? `${day(from)}-${day(to)}` : "",
  };
}

/** As it begins: "mül an" finds "Müller^Anna". What has a wildcard is asked as it is. */
function namePattern(name: string): string {
  if (name === "" || /[*?]/.test(name)) return name;
  return `${name
    .split(/[\s^,]+/)
    .filter(Boolean)
    .join("*")}*`;
}

function readFound(found: Found, { level, study }: Search): PacsFound {
  const one = (keyword: string): string => found[keyword]?.[0] ?? "";
  const count = (keyword: string): number | null => (/^\d{1,9}$/.test(one(keyword)) ? Number(one(keyword)) : null);
  const series = level === "series";
  return {
    patientName: nameOf(one("PatientName")),
    patientId: one("PatientID"),
    birthDate: dateOf(one("PatientBirthDate")),
    study: one("StudyInstanceUID") || (study ?? ""),
    date: dateOf(one("StudyDate")),
    description: one(series ? "SeriesDescription" : "StudyDescription"),
    accession: one("AccessionNumber"),
    modalities: series ? (found.Modality ?? []).slice(0, 1) : [...(found.ModalitiesInStudy ?? [])],
    series: series ? one("SeriesInstanceUID") : "",
    number: count("SeriesNumber"),
    seriesCount: count("NumberOfStudyRelatedSeries"),
    objects: count(series ? "NumberOfSeriesRelatedInstances" : "NumberOfStudyRelatedInstances"),
  };
}

/** "Müller^Anna^^Dr" as "Müller, Anna Dr"; of several scripts the first that is there. */
function nameOf(value: string): string {
  const group = value.split("=").find((text) => text.replaceAll("^", "").trim() !== "") ?? "";
  const [family = "", ...given] = group.split("^").map((part) => part.trim());
  return [family, given.filter(Boolean).join(" ")].filter(Boolean).join(", ");
}

function dateOf(value: string): string {
  const parts = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(value);
  return parts ? `${parts[1]}-${parts[2]}-${parts[3]}` : value;
}
