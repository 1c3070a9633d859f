import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import {
  AppError,
  type Explanation,
  type ExplanationMethod,
  type ExplanationReport,
  explanationMethodSchema,
  type MapTarget,
  type Neighbourhood,
  type Part,
  PIXELS_PATH,
  type TrustFigures,
  type TrustReport,
} from "../../../../preload/contract/index.ts";
import { wholeNumber } from "../numbers.ts";
import { drawOverlay } from "../overlay.ts";
import { type Terminal, table } from "../terminal.ts";
import { inProject, type ProjectOptions, pickModel, type Workspace, withProjectOptions } from "../workspace.ts";
import { findImage } from "./label.ts";

interface Options extends ProjectOptions {
  model: string;
  method: ExplanationMethod;
  frame?: number;
  class?: number;
  output?: string;
  trust?: true;
  nearest?: number;
  onnx?: string;
  region?: MapTarget;
  at?: MapTarget;
  box?: number;
  mean: number;
  std: number;
  part?: Part;
  methods: readonly ExplanationMethod[];
  limit: number;
}

const METHODS = explanationMethodSchema.options;

export function explainCommand(terminal: Terminal): Command {
  const command = new Command("explain")
    .description(
      "where a model looks in one image, and how far that can be believed; or, with --part, whether it looks where readers drew",
    )
    .argument("[image]", "file name or id of an image; none with --part")
    .option("--model <id>", "id or its beginning, or latest", "latest")
    .addOption(new Option("--method <name>").choices(METHODS).default("grad-cam"))
    .option("--frame <number>", "of a multi-frame image, from 0; default: the middle one, as in training", wholeNumber)
    .option("--class <number>", "index of the class to explain; default: the predicted one", wholeNumber)
    .option("--trust", "also checks the map: randomisation, deletion, insertion, noise, what readers drew")
    .option("--nearest <number>", "also names so many training images that look most alike to the model", wholeNumber)
    .option("--onnx <file>", "explains a model in a file instead: classes, a class for each pixel, or boxes")
    .option("--at <x,y>", "with --onnx: what it says at this pixel of the image", (text) => regionOf(text, 2))
    .option("--region <x,y,width,height>", "with --onnx: what it says over these pixels", (text) => regionOf(text, 4))
    .option("--box <number>", "with --onnx: one of the boxes it finds, from 0", wholeNumber)
    .option(
      "--mean <number>",
      "with --onnx: taken from the pixels, which are 0 to 1 over the display window",
      Number,
      0,
    )
    .option("--std <number>", "with --onnx: what pixels are divided by after that", Number, 1)
    .option("--output <file.png>", "writes image and map as a PNG, unencrypted, outside the project")
    .addOption(
      new Option("--part <part>", "compares maps with shapes over a part").choices(["train", "validation", "test"]),
    )
    .option("--methods <names>", "with --part: methods, separated by commas", methodList, [
      "grad-cam",
      "integrated-gradients",
    ])
    .option("--limit <number>", "with --part: images at most", wholeNumber, 200);
  return withProjectOptions(command).action(async (wanted: string | undefined, options: Options) => {
    if ((wanted === undefined) === (options.part === undefined)) {
      throw new AppError("app/invalid-input", "Name an image, or a part with --part, but not both.");
    }
    await inProject(terminal, options, async (workspace) => {
      if (options.onnx !== undefined && wanted !== undefined)
        await explainFile(workspace, wanted, options.onnx, options);
      else if (options.part === undefined) await explainOne(workspace, wanted!, options);
      else await explainAll(workspace, options.part, options);
    });
  });
}

async function explainAll(workspace: Workspace, part: Part, { model: id, methods, limit }: Options): Promise<void> {
  const model = await pickModel(workspace, id);
  const report = (await workspace.finish(() =>
    workspace.client.explanations.overPart({ modelId: model.id, part, methods: [...methods], limit }),
  )) as ExplanationReport;
  workspace.terminal.answer(report, describeReport(report, model.classes));
}

async function explainOne(workspace: Workspace, wanted: string, options: Options): Promise<void> {
  const { client } = workspace;
  const model = await pickModel(workspace, options.model);
  const image = await findImage(workspace, wanted);
  const request = {
    modelId: model.id,
    imageId: image.id,
    frame: options.frame ?? image.frames >> 1,
    method: options.method,
    ...(options.class === undefined ? {} : { classIndex: options.class }),
  };
  const explanation = await client.explanations.map(request);
  const lines = describeExplanation(explanation, model.classes);
  let document: object = explanation;
  if (options.trust) {
    const { figures, overlap } = (await workspace.finish(() => client.explanations.check(request))) as TrustReport;
    document = { ...document, figures, overlap };
    lines.push(...describeTrust({ figures, overlap }));
  }
  if (options.nearest !== undefined) {
    const { modelId, imageId, frame } = request;
    const asked = { modelId, imageId, frame, count: options.nearest };
    const { neighbours } = (await workspace.finish(() => client.explanations.nearest(asked))) as Neighbourhood;
    document = { ...document, neighbours };
    lines.push(...(await describeNeighbours(workspace, neighbours, model.classes)));
  }
  await answer(workspace, document, lines, image.id, explanation, options);
}

/** `region` is undefined unless the text is so many numbers, separated by commas. */
function regionOf(text: string, count: 2 | 4): MapTarget {
  const numbers = text.split(",").map(Number);
  const [x, y, width = 1, height = 1] = numbers;
  if (numbers.length !== count || !numbers.every(Number.isFinite) || !(width > 0 && height > 0)) {
    throw new InvalidArgumentError(`"${text}" is not ${count} numbers, separated by commas, in pixels of the image.`);
  }
  return { kind: "region", x: x!, y: y!, width, height };
}

async function explainFile(workspace: Workspace, wanted: string, path: string, options: Options): Promise<void> {
  const { client } = workspace;
  const image = await findImage(workspace, wanted);
  const { method, mean, std, box } = options;
  const target: MapTarget =
    box === undefined ? (options.region ?? options.at ?? { kind: "predicted" }) : { kind: "box", index: box };
  const request = { path, imageId: image.id, frame: options.frame ?? image.frames >> 1, method, target };
  const asked = {
    ...request,
    normalise: { mean, std },
    ...(options.class === undefined ? {} : { classIndex: options.class }),
  };
  const said = await client.explanations.ofFile(asked);
  const figures = options.trust
    ? ((await workspace.finish(() => client.explanations.checkOfFile(asked))) as TrustFigures)
    : null;
  const names = Array.from({ length: said.classes }, (_, index) => ({ name: `class ${index}` }));
  const lines = [
    ...describeExplanation(said.explanation, names),
    ...said.found.map(
      ({ classIndex, score, x, y, width, height }, index) =>
        `  ${said.answers === "boxes" ? `box ${index}` : "found"}: class ${classIndex}, ${score.toFixed(3)}, at ${x.toFixed(0)}, ${y.toFixed(0)}, ${width.toFixed(0)} × ${height.toFixed(0)} pixels`,
    ),
    ...(figures === null ? [] : describeTrust({ figures })),
  ];
  await answer(workspace, figures ? { ...said, figures } : said, lines, image.id, said.explanation, options);
}

async function answer(
  workspace: Workspace,
  document: object,
  lines: readonly string[],
  id: string,
  explanation: Explanation,
  options: Options,
): Promise<void> {
  const { terminal, client } = workspace;
  if (options.output === undefined) {
    terminal.answer(document, lines);
    return;
  }
  const output = resolve(options.output);
  await client.images.recordExport({ id, form: "explanation" });
  await writeFile(output, await overlayOf(workspace, explanation));
  terminal.answer({ ...document, output }, [...lines, `Wrote ${output}, which is not encrypted.`]);
}

async function overlayOf({ client, studio }: Workspace, explanation: Explanation): Promise<Uint8Array> {
  const { imageId, frame } = explanation;
  const { pixels } = await client.images.get({ id: imageId });
  const response = await studio.handle(new Request(`http://studio${PIXELS_PATH}${imageId}/${frame}`));
  if (!response.ok) throw new AppError("imaging/unreadable", "The image's pixels cannot be read.");
  return drawOverlay(await response.arrayBuffer(), pixels, explanation);
}

export function describeExplanation(
  { method, asked, reason, classIndex, probabilities, rows, columns, values }: Explanation,
  classes: readonly { name: string }[],
): string[] {
  let top = 0;
  values.forEach((value, index) => {
    if (value > values[top]!) top = index;
  });
  const share = values.filter((value) => value >= 0.5).length / Math.max(1, values.length);
  return [
    `${method} for ${classes[classIndex]?.name ?? classIndex}, ${rows} × ${columns}`,
    ...(reason === null ? [] : [`  instead of ${asked}: ${reason}`]),
    ...classes.map(({ name }, index) => `  ${name}: probability ${probabilities[index]?.toFixed(4)}`),
    `  looks most at row ${Math.floor(top / columns)}, column ${top % columns}; ${(100 * share).toFixed(1)} % of the image above half`,
  ];
}

async function describeNeighbours(
  { client }: Workspace,
  neighbours: Neighbourhood["neighbours"],
  classes: readonly { name: string }[],
): Promise<string[]> {
  const names = await Promise.all(
    neighbours.map(async ({ imageId }) => (await client.images.get({ id: imageId })).name),
  );
  const rows = neighbours.map(({ classIndex, similarity, samePatient }, i) => [
    ...[names[i]!, classes[classIndex]?.name ?? String(classIndex), similarity.toFixed(3)],
    samePatient ? "same patient" : "",
  ]);
  return [
    "  training images that look most alike to the model:",
    ...table(["image", "class", "similarity", ""], rows).map((line) => `    ${line}`),
  ];
}

function describeTrust({
  figures,
  overlap,
}: Pick<TrustReport, "figures"> & { overlap?: TrustReport["overlap"] }): string[] {
  const figure = (value: number) => value.toFixed(3);
  const verdict =
    figures.passed === null
      ? "does not apply: no layers that could be drawn anew"
      : `${figures.passed ? "passed" : "FAILED: the map shows the picture, not the model's reasons"}, similarity ${figure(figures.randomisation!)}`;
  return [
    `  randomisation test ${verdict}`,
    `  stability under 5 % noise ${figure(figures.stability)}`,
    `  deletion area ${figure(figures.deletion)} (random order ${figure(figures.randomDeletion)}), insertion area ${figure(figures.insertion)} (random order ${figure(figures.randomInsertion)})`,
    ...(overlap === undefined ? [] : [describeOverlap(overlap)]),
  ];
}

function describeOverlap(overlap: TrustReport["overlap"]): string {
  return overlap === null
    ? "  readers drew nothing of this class here"
    : `  ${overlap.pointing ? "points" : "does not point"} at what readers drew; ${(100 * overlap.inside).toFixed(1)} % of the map inside (${(100 * overlap.share).toFixed(1)} % by chance), IoU ${overlap.iou.toFixed(3)}`;
}

function describeReport({ part, images, without, rows }: ExplanationReport, classes: readonly { name: string }[]) {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    `On the ${part} part, ${images} images with shapes of their class; ${without} without were left out:`,
    ...table(
      ["method", "class", "images", "pointing game", "random model", "inside", "by chance", "IoU"],
      rows.map(({ asked, method, classIndex, images, pointing, randomisedPointing, inside, share, iou }) => [
        method === asked ? method : `${method} (no gradients for ${asked})`,
        ...[classes[classIndex]?.name ?? String(classIndex), String(images), percent(pointing)],
        ...[percent(randomisedPointing), percent(inside), percent(share), iou.toFixed(3)],
      ]),
    ).map((line) => `  ${line}`),
  ];
}

function methodList(text: string): ExplanationMethod[] {
  return text.split(",").map((name) => {
    const known = METHODS.find((method) => method === name.trim());
    if (known === undefined) throw new InvalidArgumentError(`"${name}" is none of ${METHODS.join(", ")}.`);
    return known;
  });
}
