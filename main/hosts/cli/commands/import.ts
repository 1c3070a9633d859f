import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import {
  DEFAULT_DEIDENTIFY,
  type DeidentifyOption,
  deidentifyOptionSchema,
  type ImportReport,
} from "../../../../preload/contract/index.ts";
import { wholeNumber } from "../numbers.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { inProject, type ProjectOptions, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  labels: "none" | "folders";
  deidentify: "basic" | "none";
  options?: string;
  csv?: string;
  sample?: boolean;
  images?: number;
  seed?: number;
}

export function importCommand(terminal: Terminal): Command {
  const command = new Command("import")
    .description(
      "imports DICOM, NIfTI, PNG, JPEG, TIFF, MedMNIST-style .npz and ZIP archives; what is there already is not added twice",
    )
    .argument("[path]", "a file, or a folder with everything below it")
    .addOption(
      new Option("--labels <source>", "folders: each file's folder is its class")
        .choices(["none", "folders"])
        .default("none"),
    )
    .addOption(
      new Option(
        "--deidentify <profile>",
        "basic: takes out of DICOM files who the patient is (PS3.15), and their names",
      )
        .choices(["basic", "none"])
        .default("basic"),
    )
    .option(
      "--options <list>",
      `of the profile, separated by commas: ${deidentifyOptionSchema.options.join(", ")}; default: ${DEFAULT_DEIDENTIFY.options.join(", ")}; "" for none`,
    )
    .option("--csv <file>", "image labels from a CSV with the columns file and label, after the import")
    .option("--sample", "draws the sample set instead: chest phantoms, two classes, lesions with masks")
    .option("--images <number>", "of the sample set", wholeNumber)
    .option("--seed <number>", "of the sample set", wholeNumber);
  return withProjectOptions(command).action(async (path: string | undefined, options: Options) => {
    if ((path === undefined) === !options.sample) throw new UsageError("Name a path, or --sample, one of the two.");
    const deidentify = { profile: options.deidentify, options: readOptions(options.options) };
    const csv = options.csv === undefined ? null : await readText(options.csv);
    await inProject(terminal, options, async ({ client, finish }) => {
      const report = (await finish(() =>
        path === undefined
          ? client.images.importSample({ images: options.images, seed: options.seed })
          : client.images.importPath({ path: resolve(path), labels: options.labels, deidentify }),
      )) as ImportReport;
      const labels = csv === null ? null : await client.labels.importCsv({ csv });
      terminal.answer(labels === null ? report : { ...report, csv: labels }, [
        `${report.imported} imported, ${report.duplicates} there already, ${report.labelled} labelled, ${report.refused.length} refused`,
        ...(report.deidentified > 0 ? [`${report.deidentified} without who the patient is: ${counted(report)}`] : []),
        ...report.refused.map(({ file, code, message }) => `  ${file}: ${message} [${code}]`),
        ...(labels
          ? [`${labels.labelled} labelled from the CSV, ${labels.unmatched.length} names without an image`]
          : []),
      ]);
    });
  });
}

const counted = ({ actions }: ImportReport): string =>
  Object.entries(actions)
    .sort()
    .map(([done, count]) => `${count} attributes ${done}`)
    .join(", ");

function readOptions(text: string | undefined): DeidentifyOption[] {
  if (text === undefined) return [...DEFAULT_DEIDENTIFY.options];
  const names = text.split(",").map((name) => name.trim());
  return names
    .filter((name) => name !== "")
    .map((name) => {
      const known = deidentifyOptionSchema.safeParse(name);
      if (!known.success) throw new UsageError(`There is no option called ${name}.`);
      return known.data;
    });
}

export async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => {
    throw new UsageError("The file cannot be read.");
  });
}
