import { randomUUID } from "node:crypto";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { beforeEach, expect, test } from "vitest";
import type {
  ImageLabels,
  LabelChange,
  LabelEdit,
  Shape,
  ShapeInput,
  Studio,
} from "../../../preload/contract/index.ts";
import { SaveQueue } from "../../../renderer/state/SaveQueue.ts";
import { applyEvent } from "../../../renderer/studio/events.ts";
import { LabelWriter } from "../../../renderer/studio/LabelWriter.ts";
import { keys } from "../../../renderer/studio/queries.ts";

const LAYER = "";
const empty: ImageLabels = {
  imageId: "i",
  layer: LAYER,
  classId: null,
  classReader: null,
  shapes: [],
  subjects: { series: "s", patient: "" },
  answers: [],
};
const NONE = { answers: [], schema: false };
let client: QueryClient;
let writer: LabelWriter;
let shapes: Map<string, Shape>;
let classId: string | null;
let calls: LabelEdit[][];
/** drops the answer of the next call after it took effect */
let lose: boolean;
let refuse: boolean;

const cached = () => client.getQueryData<ImageLabels>(keys.labels("i", LAYER))!;
const drawn = (x: number, id: string = randomUUID()): ShapeInput => ({
  id,
  imageId: "i",
  frame: 0,
  classId: "c",
  geometry: { kind: "box", x, y: 2, width: 3, height: 4 },
  attributes: {},
  track: null,
  source: null,
});

beforeEach(() => {
  client = new QueryClient();
  shapes = new Map();
  classId = null;
  calls = [];
  lose = false;
  refuse = false;
  const apply = async ({ edits }: { edits: LabelEdit[] }): Promise<LabelChange> => {
    if (refuse) throw new Error("refused");
    calls.push(edits);
    const put: Shape[] = [];
    for (const edit of edits) {
      if (edit.do === "class") classId = edit.classId;
      else if (edit.do === "remove") shapes.delete(edit.id);
      else if (edit.do === "put") put.push({ ...edit.shape, reader: "r" });
    }
    for (const shape of put) shapes.set(shape.id, shape);
    if (lose) {
      lose = false;
      throw new TypeError("Failed to fetch");
    }
    return {
      imageId: "i",
      frame: 0,
      layer: LAYER,
      classes: edits.some((edit) => edit.do === "class") ? [{ imageId: "i", classId, classReader: "r" }] : [],
      put,
      removed: edits.flatMap((edit) => (edit.do === "remove" ? [{ imageId: "i", id: edit.id }] : [])),
      answers: edits.flatMap((edit) =>
        edit.do === "answer"
          ? [{ questionId: "q", level: "series" as const, subject: "s", value: edit.value, reader: "r" }]
          : [],
      ),
      schema: false,
    };
  };
  const studio = { labels: { apply } } as unknown as Studio;
  client.setQueryData<ImageLabels>(keys.labels("i", LAYER), empty);
  const queue = new SaveQueue({ isPassing: () => !refuse, onRefused: () => {}, wait: async () => {} });
  writer = new LabelWriter(studio, client, queue);
});

test("a shape just drawn can be moved and deleted before the studio has answered", async () => {
  const shape = drawn(1);
  writer.put(LAYER, shape);
  writer.put(LAYER, drawn(10, shape.id));
  expect(cached().shapes).toMatchObject([{ id: shape.id, geometry: { x: 10 }, reader: "" }]);
  await writer.queue.settled();
  expect([...shapes.values()]).toMatchObject([{ geometry: { x: 10 } }]);
  expect(cached().shapes).toMatchObject([{ geometry: { x: 10 }, reader: "r" }]);
  writer.remove(LAYER, "i", shape.id);
  expect(cached().shapes).toEqual([]);
  await writer.queue.settled();
  expect([shapes.size, cached().shapes]).toEqual([0, []]);
});

test("a shape whose answer was lost on the way is sent again and is there once", async () => {
  lose = true;
  writer.put(LAYER, drawn(1));
  await writer.queue.settled();
  expect([calls.length, shapes.size, cached().shapes.length]).toEqual([2, 1, 1]);
});

test("a label shows at once and the studio's answer has the last word", async () => {
  writer.setClass(LAYER, "i", "a");
  writer.setClass(LAYER, "i", "b");
  expect(cached().classId).toBe("b");
  await writer.queue.settled();
  expect(cached()).toMatchObject({ classId: "b", classReader: "r" });
});

test("a refused change is asked for anew", async () => {
  refuse = true;
  writer.put(LAYER, drawn(1));
  await writer.queue.settled();
  expect(client.getQueryState(keys.labels("i", LAYER))?.isInvalidated).toBe(true);
});

test("what another window said arrives with its event; while own changes wait it is asked for when they are through", async () => {
  const other = { ...drawn(5), reader: "other" };
  const change: LabelChange = { imageId: "i", frame: 0, layer: LAYER, classes: [], put: [other], removed: [], ...NONE };
  applyEvent(client, { type: "labels", change });
  expect(cached().shapes).toEqual([other]);
  applyEvent(client, { type: "labels", change: { ...change, put: [], removed: [{ imageId: "i", id: other.id }] } });
  expect(cached().shapes).toEqual([]);
  writer.put(LAYER, drawn(1));
  writer.put(LAYER, drawn(2));
  applyEvent(client, { type: "labels", change });
  expect(cached().shapes.some(({ id }) => id === other.id)).toBe(false);
  await writer.queue.settled();
  expect(client.getQueryState(keys.labels("i", LAYER))?.isInvalidated).toBe(true);
});

test("an answer about a series shows at once on every slice of it, and on no other image", async () => {
  const seen = (imageId: string) => client.getQueryData<ImageLabels>(keys.labels(imageId, LAYER))?.answers;
  const known = cached();
  for (const [imageId, series] of [
    ["j", "s"],
    ["k", "other"],
  ] as const) {
    const subjects = { series, patient: "" };
    client.setQueryData<ImageLabels>(keys.labels(imageId, LAYER), { ...known, imageId, subjects });
  }
  client.setQueryData(keys.questions, [{ id: "q", level: "series" }]);
  writer.answer(LAYER, "i", "q", "a");
  expect([seen("i"), seen("j"), seen("k")]).toMatchObject([[{ value: "a" }], [{ value: "a", reader: "" }], []]);
  await writer.queue.settled();
  expect([seen("i"), seen("j"), seen("k")]).toMatchObject([[{ reader: "r" }], [{ reader: "r" }], []]);
  writer.answer(LAYER, "i", "q", null);
  expect([seen("i"), seen("j")]).toEqual([[], []]);
  await writer.queue.settled();
  expect([seen("i"), seen("j")]).toEqual([[], []]);
});

test("a label given while the labels are still on their way does not stop them, and has them asked for again", async () => {
  client.removeQueries({ queryKey: keys.labels("i", LAYER) });
  let asked = 0;
  let answer: (labels: ImageLabels) => void = () => {};
  const observer = new QueryObserver<ImageLabels>(client, {
    queryKey: keys.labels("i", LAYER),
    queryFn: () => {
      asked += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  const stop = observer.subscribe(() => {});
  writer.setClass(LAYER, "i", "a");
  await writer.queue.settled();
  await expect.poll(() => asked).toBe(2);
  answer({ ...empty, classId: "a" });
  await expect.poll(() => cached()?.classId).toBe("a");
  stop();
});
