import { Command } from "commander";
import { AppError, type ImageSummary } from "../../../../preload/contract/index.ts";
import { type Terminal, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { inProject, type ProjectOptions, type Workspace, withProjectOptions } from "../workspace.ts";
import { readText } from "./import.ts";

interface Options extends ProjectOptions {
  csv?: string;
  clear?: boolean;
}

export function labelCommand(terminal: Terminal): Command {
  const command = new Command("label")
    .description("gives an image a class, takes labels from a CSV, or (with nothing named) counts labels")
    .argument("[image]", "file name or id of an image")
    .argument("[class]", "name of the class; made when there is none of this name")
    .option("--csv <file>", "image labels from a CSV with the columns file and label")
    .option("--clear", "takes the image's label back");
  return withProjectOptions(command).action(
    async (image: string | undefined, className: string | undefined, options: Options) => {
      const oneImage = image !== undefined && (className !== undefined) !== (options.clear === true);
      if (image !== undefined && !oneImage) throw new UsageError("Name an image and a class, or an image and --clear.");
      if (image !== undefined && options.csv !== undefined) throw new UsageError("Name an image or a CSV, not both.");
      const csv = options.csv === undefined ? null : await readText(options.csv);
      await inProject(terminal, options, async (workspace) => {
        if (csv !== null) await labelFromCsv(workspace, csv);
        else if (image !== undefined) await labelOne(workspace, image, className ?? null);
        else await countLabels(workspace);
      });
    },
  );
}

async function labelFromCsv({ client, terminal }: Workspace, csv: string): Promise<void> {
  const report = await client.labels.importCsv({ csv });
  terminal.answer(report, [
    `${report.labelled} labelled, ${report.newClasses.length} new classes, ${report.unmatched.length} names without an image`,
    ...report.unmatched.map((name) => `  no image: ${name}`),
  ]);
}

export async function labelOne(workspace: Workspace, image: string, className: string | null): Promise<void> {
  const { client, terminal } = workspace;
  const { id } = await findImage(workspace, image);
  const classes = await client.labels.classes();
  const known = classes.find(({ name }) => className !== null && nameKey(name) === nameKey(className.trim()));
  const classId = className === null ? null : (known ?? (await client.labels.saveClass({ name: className }))).id;
  const labels = await client.labels.apply({ edits: [{ do: "class", imageId: id, classId }] });
  terminal.answer(labels, [className === null ? "The label was taken back." : `Labelled ${className}.`]);
}

async function countLabels({ client, terminal }: Workspace): Promise<void> {
  const [classes, facets] = await Promise.all([client.labels.classes(), client.images.facets()]);
  const counts = classes.map((labelClass) => ({
    ...labelClass,
    count: facets.classes.find(({ classId }) => classId === labelClass.id)?.count ?? 0,
  }));
  terminal.answer({ classes: counts, unlabelled: facets.unlabelled, total: facets.total }, [
    ...table(
      ["class", "images"],
      counts.map(({ name, count }) => [name, String(count)]),
    ),
    `${facets.unlabelled} of ${facets.total} images have no label`,
  ]);
}

/** Classes whose names differ in case or in how accents are written are one class, as in the project. */
const nameKey = (name: string): string => name.normalize("NFC").toLowerCase();

/** Images asked for at a time; the most that a call gives. */
const PAGE = 500;

/** By id, or by its whole file name: a text is in many names, "1.png" in that of every tenth image. */
export async function findImage({ client }: Workspace, wanted: string): Promise<ImageSummary> {
  const byId = await client.images.list({ filter: { ids: [wanted] }, limit: 1 });
  if (byId.items[0]) return byId.items[0];
  const found: ImageSummary[] = [];
  for (let offset = 0, total = 1; offset < total; offset += PAGE) {
    const page = await client.images.list({ filter: { text: wanted }, offset, limit: PAGE });
    found.push(...page.items.filter(({ name }) => `/${name.normalize("NFC")}`.endsWith(`/${wanted.normalize("NFC")}`)));
    total = page.total;
  }
  if (found.length !== 1) {
    throw new AppError(
      "app/not-found",
      `There is ${found.length === 0 ? "no" : "more than one"} image of this name or id.`,
    );
  }
  return found[0]!;
}
