import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { AppError } from "../../../../preload/contract/index.ts";
import type { Region } from "../../../imaging/deidentify/blank.ts";
import { type DeidentifyReport, deidentifyDicom } from "../../../imaging/deidentify/deidentify.ts";
import { keyedMapping, type Mapping } from "../../../imaging/deidentify/mapping.ts";
import { OPTIONS, type Option } from "../../../imaging/deidentify/profile.ts";
import { type Look, type SuspectedRegion, suspectsIn } from "../../../imaging/deidentify/suspects.ts";
import { looksLikeDicom } from "../../../imaging/dicom/dataset.ts";
import { Refusal } from "../refusal.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";

interface Options {
  options?: string;
  regions?: string;
  blankSuspected?: boolean;
  secretFile?: string;
  report?: string;
  nameSources?: boolean;
}

/** Rectangles that a person has found; without `file` for every file, without `frame` for every frame. */
const regionsSchema = z.strictObject({
  regions: z.array(
    z.strictObject({
      file: z.string().optional(),
      frame: z.int().min(0).nullable().default(null),
      x: z.number(),
      y: z.number(),
      width: z.number().positive(),
      height: z.number().positive(),
    }),
  ),
});
type ConfirmedRegion = z.infer<typeof regionsSchema>["regions"][number];

interface Written extends DeidentifyReport {
  /** place in the sorted list of files, from 1: the report says nothing of names unless asked to */
  readonly number: number;
  readonly source?: string;
  /** path below OUTPUT */
  readonly file: string;
  /** what was suspected to be text before anything was blanked, and what still is */
  readonly suspected: readonly SuspectedRegion[];
  readonly stillSuspected: readonly SuspectedRegion[];
  readonly lookedAt: string;
}

interface Refused {
  readonly number: number;
  readonly source?: string;
  readonly code: string;
  readonly message: string;
}

export function deidentifyCommand(terminal: Terminal): Command {
  return new Command("deidentify")
    .description("writes DICOM files without the persons in them (PS3.15 Basic Profile), under names that say nothing")
    .argument("<input>", "a DICOM file, or a folder with everything below it")
    .argument("<output>", "a folder that does not exist yet; nothing is ever overwritten")
    .option("--options <list>", `options of the profile, separated by commas: ${Object.keys(OPTIONS).join(", ")}`)
    .option(
      "--regions <file>",
      'what a person found to blank: {"regions": [{"file", "frame", "x", "y", "width", "height"}]}',
    )
    .option(
      "--blank-suspected",
      "also blanks what the program takes for text; no person has looked, and the file says so",
    )
    .option("--secret-file <file>", "at least 16 bytes: the same secret gives the same UIDs, patients and dates again")
    .option("--report <file>", "JSON: what was done to every file, by tag, never by value")
    .option("--name-sources", "names the input files in the report, which then leads back to them")
    .action(async (input: string, output: string, options: Options) => {
      await deidentifyAll(terminal, resolve(input), resolve(output), options);
    });
}

async function deidentifyAll(terminal: Terminal, input: string, output: string, options: Options): Promise<void> {
  const chosen = readOptions(options);
  const regions = options.regions === undefined ? [] : await readRegions(options.regions);
  const mapping = keyedMapping(
    options.secretFile === undefined ? randomBytes(32) : await readSecret(options.secretFile),
  );
  const files = await listFiles(input);
  const nameOf = (path: string): string => relative(input, path).split(sep).join("/") || (path.split(sep).pop() ?? "");
  const names = new Set(files.map(nameOf));
  // A region for a file that is not there is a name mistyped, and text that would stay.
  const astray = regions.filter(({ file }) => file !== undefined && !names.has(file)).length;
  if (astray > 0) throw new UsageError(`${astray} regions are for files that are not in the input.`);
  await refuseExisting(output, options.report);
  await mkdir(output, { recursive: true });
  const written: Written[] = [];
  const refused: Refused[] = [];
  for (const [index, path] of files.entries()) {
    terminal.progress({ done: index, total: files.length, unit: "files", secondsLeft: null, note: "de-identifying" });
    const about = { number: index + 1, ...(options.nameSources && { source: nameOf(path) }) };
    try {
      const own = regions.filter(({ file }) => file === undefined || file === nameOf(path));
      written.push({ ...about, ...(await one(path, output, mapping, chosen, own, options.blankSuspected === true)) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push({ ...about, code: error.code, message: error.message });
    }
  }
  const document = { options: chosen, written, refused };
  if (options.report !== undefined) {
    await writeFile(resolve(options.report), `${JSON.stringify(document, null, 2)}\n`, { flag: "wx" });
  }
  if (written.length === 0) throw new Refusal("imaging/format-unknown", "No file could be de-identified.", document);
  terminal.answer(document, describe(written, refused));
}

async function one(
  path: string,
  output: string,
  mapping: Mapping,
  options: readonly Option[],
  confirmed: readonly ConfirmedRegion[],
  blankSuspected: boolean,
): Promise<Omit<Written, "number" | "source">> {
  const bytes = new Uint8Array(await readFile(path));
  if (!looksLikeDicom(bytes)) throw new AppError("imaging/format-unknown", "The file is no DICOM file.");
  const before = look(bytes);
  const suspected = blankSuspected ? before.suspects : [];
  const regions: Region[] = [...confirmed, ...suspected].map(({ frame, x, y, width, height }) => ({
    frame,
    x,
    y,
    width,
    height,
  }));
  const { bytes: clean, report } = deidentifyDicom(bytes, { options, mapping, regions });
  const after = regions.length > 0 ? look(clean) : before;
  // Named by a UID that leads nowhere, even where the UIDs inside are retained.
  const name = options.includes("retain-uids") ? mapping.uid(report.sopInstance) : report.sopInstance;
  const file = `${report.patient}/${name}.dcm`;
  await write(join(output, file), clean);
  return {
    ...report,
    file,
    suspected: before.suspects,
    stillSuspected: after.suspects,
    lookedAt: `${before.looked} of ${before.frames} frames`,
  };
}

/** Frames that no codec of ours reads are not looked at; what the file says of itself is changed all the same. */
function look(bytes: Uint8Array): Look {
  try {
    return suspectsIn(bytes);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { suspects: [], looked: 0, frames: 0 };
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    throw new AppError(
      "shipping/target-exists",
      "Another file of the input has the same SOP Instance UID and was written.",
    );
  });
}

function readOptions({ options = "", regions }: Options): Option[] {
  const names = options
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const unknown = names.filter((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown.length > 0) throw new UsageError(`There is no option called ${unknown.join(", ")}.`);
  if (names.includes("clean-pixel-data") && regions === undefined) {
    throw new UsageError(
      "clean-pixel-data says that a person has looked: name what was found with --regions, even if it is nothing.",
    );
  }
  return [...new Set(names)] as Option[];
}

async function readRegions(file: string): Promise<ConfirmedRegion[]> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new UsageError("The file of regions cannot be read.");
  });
  try {
    return regionsSchema.parse(JSON.parse(text)).regions;
  } catch {
    throw new UsageError(
      'The file of regions is not of the form {"regions": [{"file", "frame", "x", "y", "width", "height"}]}.',
    );
  }
}

async function readSecret(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch(() => {
    throw new UsageError("The file of the secret cannot be read.");
  });
  if (bytes.length < 16) throw new UsageError("The secret has at least 16 bytes.");
  return bytes;
}

/** Files below a folder in the order of their paths; links are not followed. */
async function listFiles(input: string): Promise<string[]> {
  const info = await lstat(input).catch(() => {
    throw new UsageError("The input does not exist.");
  });
  if (!info.isDirectory()) return [input];
  const entries = await readdir(input, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function refuseExisting(output: string, report: string | undefined): Promise<void> {
  for (const path of [output, ...(report === undefined ? [] : [resolve(report)])]) {
    const there = await lstat(path).then(
      () => true,
      () => false,
    );
    if (there)
      throw new AppError("shipping/target-exists", "The output or the report exists already; nothing is overwritten.");
  }
}

function describe(written: readonly Written[], refused: readonly Refused[]): string[] {
  const suspected = written.filter(({ stillSuspected }) => stillSuspected.length > 0);
  const unseen = written.filter(({ lookedAt }) => lookedAt.startsWith("0 of")).length;
  const warnings = new Set(written.flatMap((file) => file.warnings));
  return [
    `${written.length} written, ${refused.length} refused`,
    ...refused.map(({ number, source, message, code }) => `  file ${source ?? number}: ${message} [${code}]`),
    `${suspected.length} files may hold text in their pixels that nobody has looked at`,
    ...(unseen > 0 ? [`${unseen} files without pixels that could be looked at`] : []),
    ...[...warnings].map((warning) => `  ${warning}`),
  ];
}
