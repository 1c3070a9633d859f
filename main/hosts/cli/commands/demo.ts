import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { Command } from "commander";
import type { CompressionReport, ExportReport, ImportReport } from "../../../../preload/contract/index.ts";
import { buildParts } from "../../build.ts";
import { type PassphraseOptions, readPassphrase } from "../passphrase.ts";
import { duration, type Terminal } from "../terminal.ts";
import { inStudio, withPassphraseOption } from "../workspace.ts";
import { describeCompression } from "./compress.ts";
import { describeEvaluation } from "./evaluate.ts";
import { describeExplanation } from "./explain.ts";
import { describeExport } from "./export.ts";
import { describeSnapshot } from "./snapshot.ts";
import { describeRun, suggested } from "./train.ts";

interface Options extends PassphraseOptions {
  folder?: string;
}

export function demoCommand(terminal: Terminal): Command {
  const command = new Command("demo")
    .description("the whole job on the sample set: draw, freeze, train, evaluate, compress, explain, export")
    .option("--folder <folder>", "where the project and the container image go; default: Loupe in the home folder");
  return withPassphraseOption(command).action(async (options: Options) => {
    const began = performance.now();
    const given = options.passphraseFile !== undefined || Boolean(process.env.LOUPE_PASSPHRASE);
    const passphrase = given ? await readPassphrase(options) : randomBytes(9).toString("base64url");
    await buildParts(["server"], (line) => terminal.note(line));
    await inStudio(terminal, async (workspace) => {
      const { client, finish } = workspace;
      const { projectsFolder } = await client.app.info();
      const folder = options.folder === undefined ? projectsFolder : resolve(options.folder);
      const name = `Demo ${new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", "-")}`;
      const { project, recoveryKey } = await client.projects.create({
        name,
        folder,
        member: "Demo reader",
        passphrase,
      });
      terminal.note(`Project ${project.path}`);
      const step = (lines: readonly string[]): void => terminal.note(lines.join("\n"));

      const imported = (await finish(() => client.images.importSample({}))) as ImportReport;
      step([`${imported.imported} phantoms drawn and imported, ${imported.labelled} labelled`]);
      const snapshot = await client.snapshots.create({ name: "Demo" });
      step(describeSnapshot(snapshot));
      const recipe = await suggested(workspace, snapshot.id, "convnet");
      let runId = "";
      await finish(async () => {
        const { run, job } = await client.runs.start({ snapshotId: snapshot.id, recipe });
        runId = run.id;
        return job;
      });
      const run = await client.runs.get({ id: runId });
      step(describeRun(run));
      const model = await client.models.get({ id: run.modelId! });
      const evaluation = await client.models.evaluation({ modelId: model.id, part: "test" });
      step(describeEvaluation(evaluation));
      const compression = (await finish(() => client.models.compress({ modelId: model.id }))) as CompressionReport;
      step(compression.accepted ? describeCompression(compression) : [`Compression refused: ${compression.reason}`]);
      const positive = model.classes.findIndex(({ name }) => name === "lesion");
      const found = evaluation.cases.find(({ truth, predicted }) => truth === positive && predicted === positive);
      const lesion = found ?? evaluation.cases[0]!;
      const explanation = await client.explanations.map({
        modelId: model.id,
        imageId: lesion.imageId,
        method: "grad-cam",
      });
      step(describeExplanation(explanation, model.classes));
      const shipped = compression.accepted ? compression.modelId : model.id;
      const exported = (await finish(() =>
        client.models.export({ modelId: shipped, name: "chest-demo", folder, overwrite: true }),
      )) as ExportReport;
      step(describeExport(exported));

      const seconds = (performance.now() - began) / 1000;
      const { values: _, ...explained } = explanation;
      const document = {
        project: project.path,
        recoveryKey,
        ...(given ? {} : { passphrase }),
        imported,
        snapshot,
        run,
        evaluation: { accuracy: evaluation.accuracy, auc: evaluation.auc, confusion: evaluation.confusion },
        compression,
        explanation: explained,
        export: exported,
        seconds,
      };
      terminal.answer(document, [
        `The whole job took ${duration(seconds)}.`,
        `Project: ${project.path}`,
        ...(given ? [] : [`Passphrase of this demo project: ${passphrase}`]),
        `Recovery key: ${recoveryKey}`,
        `Container image: ${exported.path}`,
      ]);
    });
  });
}
