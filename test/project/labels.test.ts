import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openProject, openProjectWithKey, type Project } from "../../main/project/project.ts";
import type { ImageLabels } from "../../preload/contract/index.ts";
import { addImages, closing, newProject, PASSPHRASE } from "./builder.ts";
import { addMember } from "./second-member.ts";

const refusal = (code: string) => expect.objectContaining({ code });

async function labelling(images = 3) {
  const { project } = await newProject();
  const ids = addImages(project, images);
  const [normal, lesion] = ["normal", "lesion"].map((name) => project.labels.saveClass({ name }));
  return { project, ids, normal: normal!.id, lesion: lesion!.id };
}
const box = (imageId: string, classId: string, more = {}) => ({
  imageId,
  classId,
  frame: 0,
  x: 1,
  y: 2,
  width: 3,
  height: 4,
  ...more,
});

describe("classes", () => {
  test("the first nine get the keys 1 to 9 and nine colours; the tenth has no key", async () => {
    const { project } = await newProject();
    const classes = Array.from({ length: 10 }, (_, index) => project.labels.saveClass({ name: `class ${index}` }));
    expect(classes.map(({ key }) => key)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, null]);
    expect(new Set(classes.slice(0, 9).map(({ color }) => color)).size).toBe(9);
    expect(project.labels.classes()).toEqual(classes);
  });

  test("a changed class keeps what is not said; a key that another has moves over", async () => {
    const { project, normal, lesion } = await labelling();
    const [first, second] = project.labels.classes();
    expect(project.labels.saveClass({ id: lesion, name: " 結節 ", key: 1 })).toEqual({
      ...second,
      name: "結節",
      key: 1,
    });
    expect(project.labels.classes()).toEqual([
      { ...second, name: "結節", key: 1 },
      { ...first, key: null },
    ]);
    expect(project.labels.saveClass({ id: normal, name: "normal", color: "#ABCDEF" }).color).toBe("#abcdef");
  });

  test("two classes of one name, a bad colour, and an unknown class are refused", async () => {
    const { project } = await labelling();
    expect(() => project.labels.saveClass({ name: "LESION" })).toThrow(refusal("app/invalid-input"));
    expect(() => project.labels.saveClass({ name: "x", color: "red" })).toThrow(refusal("app/invalid-input"));
    expect(() => project.labels.saveClass({ id: "nobody", name: "x" })).toThrow(refusal("labels/class-unknown"));
  });

  test("a class on an image, a box or a mask is not deleted; after that it is, and its name is free again", async () => {
    const { project, ids, lesion, normal } = await labelling();
    const image = ids[0]!;
    project.labels.setClass(image, lesion);
    expect(() => project.labels.deleteClass(lesion)).toThrow(refusal("labels/class-in-use"));
    project.labels.setClass(image, normal);
    const { id } = project.labels.saveBox(box(image, lesion)).boxes[0]!;
    expect(() => project.labels.deleteClass(lesion)).toThrow(refusal("labels/class-in-use"));
    project.labels.deleteBox(id);
    project.labels.deleteClass(lesion);
    expect(() => project.labels.setClass(image, lesion)).toThrow(refusal("labels/class-unknown"));
    // Nothing is left in undo that would bring the class back.
    while (project.labels.undo());
    expect(project.labels.forImage(image)).toMatchObject({ classId: normal, boxes: [] });
    while (project.labels.redo());
    expect(project.labels.forImage(image).boxes).toEqual([]);
    expect(project.labels.saveClass({ name: "lesion" }).id).not.toBe(lesion);
  });
});

describe("labels", () => {
  test("an image label is given, changed and taken back, and says who gave it", async () => {
    const { project, ids, normal, lesion } = await labelling();
    const image = ids[0]!;
    expect(project.labels.forImage(image)).toEqual({
      imageId: image,
      classId: null,
      classReader: null,
      boxes: [],
      masks: [],
    });
    expect(project.labels.setClass(image, normal)).toMatchObject({ classId: normal, classReader: "Ada" });
    expect(project.labels.setClass(image, lesion)).toMatchObject({ classId: lesion });
    expect(project.images.list({ classId: lesion }, "imported", 0, 10).items.map(({ id }) => id)).toEqual([image]);
    expect(project.labels.setClass(image, null)).toMatchObject({ classId: null, classReader: null });
    expect(project.images.facets().unlabelled).toBe(3);
  });

  test("an answer that changes nothing is neither history nor audit", async () => {
    const { project, ids, normal } = await labelling();
    project.labels.setClass(ids[0]!, normal);
    const before = [project.labels.history(), project.audit.list(0, 1).total];
    project.labels.setClass(ids[0]!, normal);
    project.labels.setClass(ids[1]!, null);
    expect([project.labels.history(), project.audit.list(0, 1).total]).toEqual(before);
  });

  test("a box may touch the edges of the image and not cross them", async () => {
    const { project, ids, lesion } = await labelling();
    const save = (more: object) => project.labels.saveBox(box(ids[0]!, lesion, more));
    expect(save({ x: 0, y: 0, width: 20, height: 10 }).boxes).toHaveLength(1);
    const outside = [
      { x: -0.1 },
      { y: -1 },
      { x: 17.5 },
      { y: 7 },
      { width: 0 },
      { height: -1 },
      { width: Number.NaN },
      { x: Number.POSITIVE_INFINITY },
      { frame: 1 },
      { frame: -1 },
      { frame: 0.5 },
    ];
    for (const wrong of outside)
      expect(() => save(wrong), JSON.stringify(wrong)).toThrow(refusal("labels/geometry-invalid"));
    expect(project.labels.forImage(ids[0]!).boxes).toHaveLength(1);
  });

  test("boxes are counted in the library, change in place, and keep their order", async () => {
    const { project, ids, normal, lesion } = await labelling();
    const image = ids[1]!;
    const first = project.labels.saveBox(box(image, lesion)).boxes[0]!;
    const second = project.labels.saveBox(box(image, lesion, { x: 9 })).boxes[1]!;
    const moved = project.labels.saveBox({ ...box(image, normal, { y: 3 }), id: first.id });
    expect(moved.boxes).toEqual([{ ...first, classId: normal, y: 3 }, second]);
    expect(project.images.get(image).boxes).toBe(2);
    const more = Array.from({ length: 10 }, (_, x) => project.labels.saveBox(box(ids[2]!, lesion, { x })).boxes);
    expect(more.at(-1)?.map(({ x }) => x)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(() => project.labels.saveBox({ ...box(ids[0]!, lesion), id: first.id })).toThrow(refusal("app/not-found"));
    expect(() => project.labels.deleteBox("nothing")).toThrow(refusal("app/not-found"));
    expect(project.labels.deleteBox(first.id).boxes).toEqual([second]);
  });

  test("a mask covers its image exactly", async () => {
    const { project, ids, lesion } = await labelling();
    const mask = { imageId: ids[0]!, frame: 0, classId: lesion, rows: 10, columns: 20, runs: [50, 20, 130] };
    const { masks } = project.labels.addMask(mask);
    expect(masks).toEqual([{ ...mask, id: masks[0]!.id, reader: "Ada" }]);
    const wrong = [{ runs: [50, 20, 129] }, { runs: [-1, 201] }, { runs: [0.5, 199.5] }, { rows: 20, columns: 10 }];
    for (const more of wrong) {
      expect(() => project.labels.addMask({ ...mask, ...more })).toThrow(refusal("labels/geometry-invalid"));
    }
    expect(() => project.labels.deleteClass(lesion)).toThrow(refusal("labels/class-in-use"));
  });

  test("an import makes missing classes, counts what changed, and is not in anybody's undo", async () => {
    const { project, ids } = await labelling();
    const items = [
      { imageId: ids[0]!, className: "Normal" },
      { imageId: ids[1]!, className: "rare" },
    ];
    expect(project.labels.importClasses(items)).toEqual({ labelled: 2, newClasses: ["rare"] });
    expect(project.labels.importClasses(items)).toEqual({ labelled: 0, newClasses: [] });
    project.labels.addBox(box(ids[0]!, project.labels.classes()[0]!.id));
    expect(project.labels.history()).toEqual({ undo: 0, redo: 0 });
    const unknown = [
      { imageId: ids[2]!, className: "rare" },
      { imageId: "nothing", className: "new" },
    ];
    expect(() => project.labels.importClasses(unknown)).toThrow(refusal("app/not-found"));
    expect(project.labels.forImage(ids[2]!).classId).toBeNull();
    const long = [{ imageId: ids[2]!, className: `${"x".repeat(120)} and more` }];
    expect(project.labels.importClasses(long).newClasses).toEqual(["x".repeat(120)]);
    expect(project.labels.classes()).toHaveLength(4);
  });
});

describe("undo and redo", () => {
  test("they survive closing and opening again", async () => {
    const { project, ids, normal, lesion } = await labelling();
    project.labels.setClass(ids[0]!, normal);
    project.labels.setClass(ids[1]!, lesion);
    project.labels.undo();
    project.close();
    const again = closing(await openProject({ path: project.path, passphrase: PASSPHRASE }));
    expect(again.labels.history()).toEqual({ undo: 1, redo: 1 });
    expect(again.labels.redo()).toMatchObject({ imageId: ids[1], kind: "class", labels: { classId: lesion } });
    expect(again.labels.undo()).toMatchObject({ imageId: ids[1], labels: { classId: null } });
    expect(again.labels.undo()).toMatchObject({ imageId: ids[0], labels: { classId: null } });
    expect(again.labels.undo()).toBeNull();
  });

  test("a new change clears redo", async () => {
    const { project, ids, normal, lesion } = await labelling();
    project.labels.setClass(ids[0]!, normal);
    project.labels.undo();
    project.labels.setClass(ids[1]!, lesion);
    expect(project.labels.history()).toEqual({ undo: 1, redo: 0 });
    expect(project.labels.redo()).toBeNull();
  });

  test("a deleted box comes back the same, with its reader", async () => {
    const { project, ids, lesion } = await labelling();
    const { boxes } = project.labels.saveBox(box(ids[0]!, lesion));
    project.labels.deleteBox(boxes[0]!.id);
    expect(project.labels.undo()?.labels.boxes).toEqual(boxes);
  });

  test("undo never erases what another reader said after me", async () => {
    const { project, ids, normal, lesion } = await labelling();
    const other = addMember(project, "Blaise");
    const drawn = project.labels.saveBox(box(ids[0]!, lesion)).boxes[0]!;
    project.labels.setClass(ids[0]!, normal);
    project.labels.setClass(ids[1]!, normal);
    other.labels.setClass(ids[0]!, lesion);
    other.labels.saveBox({ ...box(ids[0]!, lesion, { x: 5 }), id: drawn.id });
    expect(project.labels.history()).toEqual({ undo: 1, redo: 0 });
    expect(project.labels.undo()?.imageId).toBe(ids[1]);
    expect(project.labels.undo()).toBeNull();
    expect(project.labels.forImage(ids[0]!)).toMatchObject({
      classId: lesion,
      classReader: "Blaise",
      boxes: [{ x: 5, reader: "Blaise" }],
    });
    // Blaise takes back his own, and Ada's words are there again under her name.
    other.labels.undo();
    other.labels.undo();
    expect(project.labels.forImage(ids[0]!)).toMatchObject({
      classId: normal,
      classReader: "Ada",
      boxes: [{ x: 1, reader: "Ada" }],
    });
  });

  test("any sequence of changes, undos and redos does what a list of states would do", async () => {
    const { project, ids, normal, lesion } = await labelling();
    const command = fc.oneof(
      fc.record({ do: fc.constant("class" as const), image: fc.nat(2), class: fc.constantFrom(normal, lesion, null) }),
      fc.record({ do: fc.constant("draw" as const), image: fc.nat(2), x: fc.integer({ min: 0, max: 17 }) }),
      fc.record({ do: fc.constant("move" as const), pick: fc.nat(), x: fc.integer({ min: 0, max: 17 }) }),
      fc.record({ do: fc.constant("delete" as const), pick: fc.nat() }),
      fc.record({ do: fc.constant("undo" as const) }),
      fc.record({ do: fc.constant("redo" as const) }),
      fc.record({ do: fc.constant("reopen" as const) }),
    );
    let current: Project = project;
    const look = () => ids.map((id) => current.labels.forImage(id));
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        // The model: all states there were, and where in them we are.
        let past: ImageLabels[][] = [];
        let future: ImageLabels[][] = [];
        const start = current.labels.history();
        let now = look();
        const changed = (after: ImageLabels[]) => {
          if (JSON.stringify(after) === JSON.stringify(now)) return;
          past.push(now);
          future = [];
        };
        for (const step of commands) {
          const boxes = now.flatMap((labels) => labels.boxes);
          if (step.do === "class") {
            current.labels.setClass(ids[step.image]!, step.class);
            changed(look());
          } else if (step.do === "draw") {
            current.labels.saveBox(box(ids[step.image]!, lesion, { x: step.x }));
            changed(look());
          } else if (step.do === "move" && boxes.length > 0) {
            const { reader: _, ...moved } = boxes[step.pick % boxes.length]!;
            current.labels.saveBox({ ...moved, x: step.x });
            changed(look());
          } else if (step.do === "delete" && boxes.length > 0) {
            current.labels.deleteBox(boxes[step.pick % boxes.length]!.id);
            changed(look());
          } else if (step.do === "undo" && past.length > 0) {
            current.labels.undo();
            future.push(now);
            expect(look()).toEqual(past.at(-1));
            past = past.slice(0, -1);
          } else if (step.do === "redo") {
            const answer = current.labels.redo();
            if (future.length > 0) {
              past.push(now);
              expect(look()).toEqual(future.pop());
            } else if (past.length > 0) expect(answer).toBeNull();
            else if (answer !== null) current.labels.undo();
          } else if (step.do === "reopen") {
            const { path, key, member } = current;
            current.close();
            current = closing(openProjectWithKey({ path, key, memberId: member.id }));
          }
          now = look();
          expect(current.labels.history().undo).toBe(start.undo + past.length);
        }
      }),
      { numRuns: 40 },
    );
    expect(current.audit.list(0, 1).intact).toBe(true);
    expect(current.integrityCheck()).toBe("ok");
  });
});
