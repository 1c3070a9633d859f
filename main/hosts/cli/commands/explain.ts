import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { AppError, type Explanation, PIXELS_PATH } from "../../../../preload/contract/index.ts";
import { wholeNumber } from "../numbers.ts";
import { drawOverlay } from "../overlay.ts";
import type { Terminal } from "../terminal.ts";
import { inProject, type ProjectOptions, pickModel, type Workspace, withProjectOptions } from "../workspace.ts";
import { findImage } from "./label.ts";

interface Options extends ProjectOptions {
  model: string;
  method: Explanation["method"];
  frame?: number;
  class?: number;
  output?: string;
}

export function explainCommand(terminal: Terminal): Command {
  const command = new Command("explain")
    .description("where a model looks in one image; the picture is written only where --output says")
    .argument("<image>", "file name or id of an image")
    .option("--model <id>", "id or its beginning, or latest", "latest")
    .addOption(new Option("--method <name>").choices(["grad-cam", "input-gradient"]).default("grad-cam"))
    .option("--frame <number>", "of a multi-frame image, from 0; default: the middle one, as in training", wholeNumber)
    .option("--class <number>", "index of the class to explain; default: the predicted one", wholeNumber)
    .option("--output <file.png>", "writes image and map as a PNG, unencrypted, outside the project");
  return withProjectOptions(command).action(async (wanted: string, options: Options) => {
    await inProject(terminal, options, async (workspace) => {
      const model = await pickModel(workspace, options.model);
      const image = await findImage(workspace, wanted);
      const explanation = await workspace.client.models.explain({
        modelId: model.id,
        imageId: image.id,
        frame: options.frame ?? image.frames >> 1,
        method: options.method,
        classIndex: options.class,
      });
      const lines = describeExplanation(explanation, model.classes);
      if (options.output === undefined) {
        terminal.answer(explanation, lines);
        return;
      }
      const output = resolve(options.output);
      await workspace.client.images.recordExport({ id: image.id, form: "explanation" });
      await writeFile(output, await overlayOf(workspace, explanation));
      terminal.answer({ ...explanation, output }, [...lines, `Wrote ${output}, which is not encrypted.`]);
    });
  });
}

async function overlayOf({ client, studio }: Workspace, explanation: Explanation): Promise<Uint8Array> {
  const { imageId, frame } = explanation;
  const { pixels } = await client.images.get({ id: imageId });
  const response = await studio.handle(new Request(`http://studio${PIXELS_PATH}${imageId}/${frame}`));
  if (!response.ok) throw new AppError("imaging/unreadable", "The image's pixels cannot be read.");
  return drawOverlay(await response.arrayBuffer(), pixels, explanation);
}

export function describeExplanation(
  { method, classIndex, probabilities, rows, columns, values }: Explanation,
  classes: readonly { name: string }[],
): string[] {
  let top = 0;
  values.forEach((value, index) => {
    if (value > values[top]!) top = index;
  });
  const share = values.filter((value) => value >= 0.5).length / Math.max(1, values.length);
  return [
    `${method} for ${classes[classIndex]?.name ?? classIndex}, ${rows} × ${columns}`,
    ...classes.map(({ name }, index) => `  ${name}: probability ${probabilities[index]?.toFixed(4)}`),
    `  looks most at row ${Math.floor(top / columns)}, column ${top % columns}; ${(100 * share).toFixed(1)} % of the image above half`,
  ];
}
