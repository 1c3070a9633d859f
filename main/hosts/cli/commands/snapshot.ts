import { Command } from "commander";
import type { Snapshot } from "../../../../preload/contract/index.ts";
import { fraction, wholeNumber } from "../numbers.ts";
import { type Terminal, table } from "../terminal.ts";
import { inProject, type ProjectOptions, withProjectOptions } from "../workspace.ts";

interface Options extends ProjectOptions {
  seed?: number;
  train?: number;
  validation?: number;
  suggestedParts: boolean;
  list?: boolean;
}

export function snapshotCommand(terminal: Terminal): Command {
  const command = new Command("snapshot")
    .description("freezes the labelled images with a split that keeps a patient on one side")
    .argument("[name]", "name of the snapshot; default: its date")
    .option("--seed <number>", "of the split", wholeNumber)
    .option("--train <fraction>", "of the images", fraction)
    .option("--validation <fraction>", "of the images; the rest is for the test", fraction)
    .option("--no-suggested-parts", "splits anew even where images came with a part")
    .option("--list", "lists the snapshots instead");
  return withProjectOptions(command).action(async (name: string | undefined, options: Options) => {
    await inProject(terminal, options, async ({ client }) => {
      if (options.list) {
        const snapshots = await client.snapshots.list();
        terminal.answer(
          snapshots,
          table(
            ["id", "name", "images", "created"],
            snapshots.map(({ id, name, counts, createdAt }) => [
              id.slice(0, 8),
              name,
              String(counts.reduce((sum, { images }) => sum + images, 0)),
              createdAt,
            ]),
          ),
        );
        return;
      }
      const snapshot = await client.snapshots.create({
        name: name ?? new Date().toISOString().slice(0, 16).replace("T", " "),
        seed: options.seed,
        train: options.train,
        validation: options.validation,
        useSuggestedParts: options.suggestedParts,
      });
      terminal.answer(snapshot, describeSnapshot(snapshot));
    });
  });
}

export function describeSnapshot({ id, name, hash, classes, counts }: Snapshot): string[] {
  return [
    `Snapshot ${name} (${id.slice(0, 8)}, SHA-256 ${hash.slice(0, 12)}…)`,
    ...table(
      ["part", "images", "patients", ...classes.map(({ name }) => name)],
      counts.map(({ part, images, patients, perClass }) => [part, ...[images, patients, ...perClass].map(String)]),
    ),
  ];
}
