// A project with as many finished runs as asked for, each with a learning curve of a thousand steps, as a long search leaves them.
import type { Project } from "../../main/project/project.ts";
import { type RunPoint, recipeSchema } from "../../preload/contract/index.ts";
import { fillLibrary } from "./large-library.ts";

const STEPS_OF_AN_EPOCH = 50;
const ARCHITECTURES = ["convnet", "resnet18", "classic", "densenet121", "logistic"] as const;

/** Ids, the newest first. The images are only there for a snapshot to be of something. */
export function fillRuns(project: Project, count: number, steps: number): string[] {
  fillLibrary(project, 60);
  const snapshot = project.snapshots.create({
    name: "First",
    seed: 1,
    train: 0.6,
    validation: 0.2,
    useSuggestedParts: false,
  });
  const ids = Array.from({ length: count }, (_, index) => {
    const learningRate = 10 ** (-4 + (index % 13) / 4);
    const recipe = recipeSchema.parse({
      architecture: ARCHITECTURES[index % ARCHITECTURES.length],
      inputSize: 32 * (1 + (index % 3)),
      width: 8 * (1 + (index % 4)),
      epochs: steps / STEPS_OF_AN_EPOCH,
      batchSize: 16 * (1 + (index % 2)),
      optimiser: index % 4 === 0 ? "sgd" : "adam",
      learningRate,
      weightDecay: 0.01 * (index % 5),
      dropout: 0.1 * (index % 4),
      schedule: "cosine",
      balanced: true,
      augment: null,
      patience: null,
      seed: index,
    });
    const { id } = project.runs.create({
      snapshotId: snapshot.id,
      recipe,
      name: `trial ${index + 1}`,
      device: "cpu",
      threads: 2,
      version: "0.1.0",
    });
    const skill = 0.5 + 0.4 * Math.sin(index) ** 2;
    const loss = (step: number): number => 0.2 + 0.5 * Math.exp((-4 * skill * step) / steps);
    const wave = (step: number): number => 0.03 * Math.sin(step * 1.7 + index);
    const points: RunPoint[] = [];
    for (let step = 1; step <= steps; step++) {
      const epoch = step / STEPS_OF_AN_EPOCH;
      points.push({ step, epoch, part: "train", metric: "loss", value: loss(step) + wave(step) });
      if (step % STEPS_OF_AN_EPOCH > 0) continue;
      const auc = 0.5 + 0.45 * skill * (step / steps);
      points.push({ step, epoch, part: "validation", metric: "auc", value: auc });
      points.push({ step, epoch, part: "validation", metric: "loss", value: loss(step) + 0.05 });
    }
    project.runs.addPoints(id, points);
    project.runs.update(id, {
      state: "done",
      step: steps,
      steps,
      seconds: 30 + ((index * 37) % 600),
      parameters: 1000 * (1 + ((index * 7919) % 997)),
      bestEpoch: steps / STEPS_OF_AN_EPOCH,
      validationAuc: 0.5 + 0.45 * skill,
      finishedAt: new Date().toISOString(),
    });
    if (index % 10 === 0) project.runs.describe(id, { name: `trial ${index + 1}`, notes: "", tags: ["round"] });
    return id;
  });
  return ids.reverse();
}
