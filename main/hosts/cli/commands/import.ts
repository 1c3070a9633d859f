import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { ImportReport } from "../../../../preload/contract/index.ts";
import { wholeNumber } from "../numbers.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { inProject, type ProjectOptions, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  labels: "none" | "folders";
  csv?: string;
  sample?: boolean;
  images?: number;
  seed?: number;
}

export function importCommand(terminal: Terminal): Command {
  const command = new Command("import")
    .description("imports DICOM, NIfTI, PNG, JPEG, TIFF, MedMNIST-style .npz and ZIP archives; what is there already is not added twice")
    .argument("[path]", "a file, or a folder with everything below it")
    .addOption(
      new Option("--labels <source>", "folders: each file's folder is its class")
        .choices(["none", "folders"])
        .default("none"),
    )
    .option("--csv <file>", "image labels from a CSV with the columns file and label, after the import")
    .option("--sample", "draws the sample set instead: chest phantoms, two classes, lesions with masks")
    .option("--images <number>", "of the sample set", wholeNumber)
    .option("--seed <number>", "of the sample set", wholeNumber);
  return withProjectOptions(command).action(async (path: string | undefined, options: Options) => {
    if ((path === undefined) === !options.sample) throw new UsageError("Name a path, or --sample, one of the two.");
    const csv = options.csv === undefined ? null : await readText(options.csv);
    await inProject(terminal, options, async ({ client, finish }) => {
      const report = (await finish(() =>
        path === undefined
          ? client.images.importSample({ images: options.images, seed: options.seed })
          : client.images.importPath({ path: resolve(path), labels: options.labels }),
      )) as ImportReport;
      const labels = csv === null ? null : await client.labels.importCsv({ csv });
      terminal.answer(labels === null ? report : { ...report, csv: labels }, [
        `${report.imported} imported, ${report.duplicates} there already, ${report.labelled} labelled, ${report.refused.length} refused`,
        ...report.refused.map(({ file, code, message }) => `  ${file}: ${message} [${code}]`),
        ...(labels
          ? [`${labels.labelled} labelled from the CSV, ${labels.unmatched.length} names without an image`]
          : []),
      ]);
    });
  });
}

export async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => {
    throw new UsageError("The file cannot be read.");
  });
}
