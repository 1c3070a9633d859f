import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import type { ImageLabels, Studio } from "../../../preload/contract/index.ts";
import { SaveQueue } from "../../../renderer/state/SaveQueue.ts";
import { LabelWriter } from "../../../renderer/studio/LabelWriter.ts";
import { keys } from "../../../renderer/studio/queries.ts";

/** A studio that keeps labels of one image in memory; `lose` drops the answer of the next call after it took effect. */
function labelStudio() {
  const labels: ImageLabels = { imageId: "i", classId: null, classReader: null, boxes: [], masks: [] };
  const calls: string[] = [];
  let lose = false;
  let ids = 0;
  const answer = (call: string) => {
    calls.push(call);
    if (lose) {
      lose = false;
      throw new TypeError("Failed to fetch");
    }
    return structuredClone(labels);
  };
  const studio = {
    labels: {
      forImage: async () => structuredClone(labels),
      setClass: async ({ classId }: { classId: string | null }) => {
        labels.classId = classId;
        return answer(`class ${classId}`);
      },
      saveBox: async ({ id, ...box }: { id?: string } & Omit<ImageLabels["boxes"][number], "id" | "reader">) => {
        const old = labels.boxes.findIndex((other) => other.id === id);
        if (old >= 0) labels.boxes[old] = { ...box, id: labels.boxes[old].id, reader: "r" };
        else labels.boxes.push({ ...box, id: `s${++ids}`, reader: "r" });
        return answer(id ? `change ${id}` : "draw");
      },
      deleteBox: async ({ id }: { id: string }) => {
        labels.boxes = labels.boxes.filter((box) => box.id !== id);
        return answer(`delete ${id}`);
      },
    },
  } as unknown as Studio;
  return { studio, labels, calls, loseNext: () => (lose = true) };
}

function writerOf(studio: Studio) {
  const client = new QueryClient();
  client.setQueryData<ImageLabels>(keys.labels("i"), {
    imageId: "i",
    classId: null,
    classReader: null,
    boxes: [],
    masks: [],
  });
  const queue = new SaveQueue({ isPassing: () => true, onRefused: () => {}, wait: async () => {} });
  return { writer: new LabelWriter(studio, client, queue), client };
}

const draft = { imageId: "i", frame: 0, classId: "c", x: 1, y: 2, width: 3, height: 4 };

test("a box just drawn can be moved and deleted before the studio has named it", async () => {
  const { studio, labels, calls } = labelStudio();
  const { writer, client } = writerOf(studio);
  const id = writer.saveBox(draft);
  writer.saveBox({ ...draft, id, x: 10 });
  expect(client.getQueryData<ImageLabels>(keys.labels("i"))?.boxes).toMatchObject([{ id, x: 10 }]);
  await writer.queue.settled();
  expect(labels.boxes).toMatchObject([{ id: "s1", x: 10 }]);
  expect(writer.isSame(id, "s1")).toBe(true);
  writer.deleteBox("i", id);
  await writer.queue.settled();
  expect(labels.boxes).toEqual([]);
  expect(calls).toEqual(["draw", "change s1", "delete s1"]);
});

test("a box whose answer was lost on the way is not drawn twice", async () => {
  const { studio, labels, calls, loseNext } = labelStudio();
  const { writer } = writerOf(studio);
  loseNext();
  const id = writer.saveBox(draft);
  await writer.queue.settled();
  expect(labels.boxes).toHaveLength(1);
  expect(calls).toEqual(["draw"]);
  expect(writer.isSame(id, "s1")).toBe(true);
});

test("a label shows at once and the studio's answer has the last word", async () => {
  const { studio } = labelStudio();
  const { writer, client } = writerOf(studio);
  writer.setClass("i", "a");
  writer.setClass("i", "b");
  expect(client.getQueryData<ImageLabels>(keys.labels("i"))?.classId).toBe("b");
  await writer.queue.settled();
  expect(client.getQueryData<ImageLabels>(keys.labels("i"))?.classId).toBe("b");
});
