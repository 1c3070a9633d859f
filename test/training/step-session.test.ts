import { expect, test } from "vitest";
import { floatTensor, type Tensor } from "../../main/graph/graph.ts";
import { writeOnnx } from "../../main/graph/onnx-writer.ts";
import { buildArchitecture } from "../../main/models/build-model.ts";
import { createRandom } from "../../main/models/random.ts";
import { trainingStep } from "../../main/models/training-step.ts";
import { forProcessor } from "../../main/training/engines/processor.ts";
import { createSession, type DeviceId } from "../../main/training/engines/session.ts";
import { openStep } from "../../main/training/engines/step-session.ts";

const BATCH = 4;
const STEPS = 6;

/** A small net learning with Adam, its first state, and what each step is fed. */
function learning() {
  const model = buildArchitecture(
    "convnet",
    {
      input: { kind: "image", channels: 1, size: [16, 16] },
      output: { kind: "class", classes: 2 },
      normalise: { mean: 0, std: 1 },
      seed: 3,
    },
    4,
  );
  const step = trainingStep(model, { optimiser: "adam", batchSize: BATCH, weightDecay: 0 });
  const random = createRandom(1, 1);
  const image = floatTensor(
    [BATCH, 1, 16, 16],
    Array.from({ length: BATCH * 256 }, () => random.uniform()),
  );
  const target = floatTensor([BATCH, 2], [1, 0, 0, 1, 1, 0, 0, 1]);
  return {
    step,
    initial: new Map(step.state.map(({ name, initial }) => [name, initial])),
    feeds: (at: number) => ({ image, target, ...Object.fromEntries(step.scalars(at + 1, 1e-2)) }),
  };
}

type Learning = ReturnType<typeof learning>;

const copied = (state: ReadonlyMap<string, Tensor>): Map<string, number[]> =>
  new Map([...state].map(([name, { data }]) => [name, Array.from(data, Number)]));

/** The same steps, every answer a new array. */
async function byHand({ step, initial, feeds }: Learning, device: DeviceId): Promise<Map<string, Tensor>> {
  const graph = device === "cpu" ? await forProcessor(step.graph) : step.graph;
  const session = await createSession(writeOnnx(graph), { device, threads: 1, use: "training" });
  let state = initial;
  for (let at = 0; at < STEPS; at++) {
    const answers = await session.run({ ...feeds(at), ...Object.fromEntries(state) });
    state = new Map(step.state.map(({ name, output }) => [name, answers[output]!]));
  }
  await session.dispose();
  return state;
}

for (const device of ["cpu", "tensorflow"] as const) {
  test(`${device}: two states that take turns learn what fresh ones learn`, async () => {
    const one = learning();
    const session = await openStep(one.step.graph, one.step.state, one.initial, { device, threads: 1 });
    const before = copied(one.initial);
    for (let at = 0; at < STEPS; at++) await session.step(one.feeds(at));
    expect(copied(await session.state())).toEqual(copied(await byHand(learning(), device)));
    expect(copied(one.initial), "the first state is the caller's").toEqual(before);
    await session.dispose();
  });

  test(`${device}: a state that was handed out stays what it was while steps go on`, async () => {
    const { step, initial, feeds } = learning();
    const session = await openStep(step.graph, step.state, initial, { device, threads: 1 });
    for (let at = 0; at < 3; at++) await session.step(feeds(at));
    const handed = await session.state();
    const then = copied(handed);
    for (let at = 3; at < STEPS; at++) await session.step(feeds(at));
    expect(copied(handed)).toEqual(then);
    expect(copied(await session.state())).not.toEqual(then);
    await session.dispose();
  });

  test(`${device}: a loss that is no number leaves the state, and the next step goes on from it`, async () => {
    const { step, initial, feeds } = learning();
    const session = await openStep(step.graph, step.state, initial, { device, threads: 1 });
    for (let at = 0; at < 3; at++) await session.step(feeds(at));
    const before = copied(await session.state());
    const image = floatTensor([BATCH, 1, 16, 16], new Array<number>(BATCH * 256).fill(Number.NaN));
    expect(await session.step({ ...feeds(3), image })).toBeNaN();
    await session.step({ ...feeds(3), image });
    expect(copied(await session.state())).toEqual(before);
    for (let at = 3; at < STEPS; at++) await session.step(feeds(at));
    expect(copied(await session.state())).toEqual(copied(await byHand(learning(), device)));
    await session.dispose();
  });
}
