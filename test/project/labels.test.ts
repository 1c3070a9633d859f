import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openProject, openProjectWithKey, type Project } from "../../main/project/project.ts";
import type { Geometry, ImageLabels, Shape, ShapeInput } from "../../preload/contract/index.ts";
import { addImages, closing, newProject, PASSPHRASE } from "./builder.ts";
import { addMember } from "./second-member.ts";
import { box, shape } from "./shapes.ts";

const refusal = (code: string) => expect.objectContaining({ code });

async function labelling(images = 3) {
  const { project } = await newProject();
  const ids = addImages(project, images);
  const [normal, lesion] = ["normal", "lesion"].map((name) => project.labels.saveClass({ name }));
  return { project, ids, normal: normal!.id, lesion: lesion!.id };
}
const draw = (project: Project, shape: ShapeInput) => {
  project.labels.apply([{ do: "put", shape }]);
  return shape;
};
const erase = (project: Project, { imageId, id }: Pick<Shape, "imageId" | "id">) =>
  project.labels.apply([{ do: "remove", imageId, id }]);

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
    project.labels.apply([{ do: "class", imageId: image, classId: lesion }]);
    expect(() => project.labels.deleteClass(lesion)).toThrow(refusal("labels/class-in-use"));
    project.labels.apply([{ do: "class", imageId: image, classId: normal }]);
    const drawn = draw(project, box(image, lesion));
    expect(() => project.labels.deleteClass(lesion)).toThrow(refusal("labels/class-in-use"));
    erase(project, drawn);
    project.labels.deleteClass(lesion);
    expect(() => project.labels.apply([{ do: "class", imageId: image, classId: lesion }])).toThrow(
      refusal("labels/class-unknown"),
    );
    // Nothing is left in undo that would bring the class back.
    while (project.labels.undo());
    expect(project.labels.forImage(image)).toMatchObject({ classId: normal, shapes: [] });
    while (project.labels.redo());
    expect(project.labels.forImage(image).shapes).toEqual([]);
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
      layer: "",
      subjects: { series: "", patient: "" },
      answers: [],
      shapes: [],
    });
    const say = (classId: string | null) => project.labels.apply([{ do: "class", imageId: image, classId }]).classes;
    expect(say(normal)).toEqual([{ imageId: image, classId: normal, classReader: "Ada" }]);
    expect(say(lesion)).toMatchObject([{ classId: lesion }]);
    expect(project.images.list({ classId: lesion }, "imported", 0, 10).items.map(({ id }) => id)).toEqual([image]);
    expect(say(null)).toMatchObject([{ classId: null, classReader: null }]);
    expect(project.images.facets().unlabelled).toBe(3);
  });

  test("an answer that changes nothing is neither history nor audit", async () => {
    const { project, ids, normal } = await labelling();
    project.labels.apply([{ do: "class", imageId: ids[0]!, classId: normal }]);
    const before = [project.labels.history(), project.audit.list(0, 1).total];
    project.labels.apply([{ do: "class", imageId: ids[0]!, classId: normal }]);
    project.labels.apply([{ do: "class", imageId: ids[1]!, classId: null }]);
    expect([project.labels.history(), project.audit.list(0, 1).total]).toEqual(before);
  });

  test("shapes may touch the edges of the image and not cross them", async () => {
    const { project, ids, lesion } = await labelling();
    const put = (geometry: Geometry, more = {}) => draw(project, shape(ids[0]!, lesion, geometry, more));
    const inside: Geometry[] = [
      { kind: "box", x: 0, y: 0, width: 20, height: 10 },
      { kind: "ellipse", x: 10, y: 5, radiusX: 10, radiusY: 5, angle: 0 },
      { kind: "ellipse", x: 10, y: 5, radiusX: 3, radiusY: 5, angle: 90 },
      { kind: "polygon", points: [0, 0, 20, 0, 20, 10] },
      { kind: "polyline", points: [0, 0, 20, 10] },
      { kind: "point", x: 20, y: 10 },
      { kind: "length", points: [0, 0, 20, 10] },
      { kind: "angle", points: [0, 0, 10, 10, 20, 0] },
      { kind: "mask", rows: 10, columns: 20, runs: [50, 20, 130] },
    ];
    for (const geometry of inside) put(geometry);
    expect(project.labels.forImage(ids[0]!).shapes.map(({ geometry }) => geometry)).toEqual(inside);
    const box = { kind: "box", x: 0, y: 0, width: 5, height: 5 } as const;
    const outside: Geometry[] = [
      ...[{ x: -0.1 }, { y: -1 }, { x: 17.5 }, { y: 7 }, { width: 0 }, { height: -1 }, { width: Number.NaN }].map(
        (wrong) => ({ ...box, ...wrong }),
      ),
      { ...box, x: Number.POSITIVE_INFINITY },
      { kind: "ellipse", x: 10, y: 5, radiusX: 8, radiusY: 5, angle: 45 },
      { kind: "ellipse", x: 10, y: 5, radiusX: 0, radiusY: 5, angle: 0 },
      { kind: "polygon", points: [0, 0, 21, 0, 20, 10] },
      { kind: "polyline", points: [0, 0, 20] },
      { kind: "point", x: 3, y: Number.NaN },
      { kind: "mask", rows: 10, columns: 20, runs: [50, 20, 129] },
      { kind: "mask", rows: 10, columns: 20, runs: [-1, 201] },
      { kind: "mask", rows: 10, columns: 20, runs: [0.5, 199.5] },
      { kind: "mask", rows: 20, columns: 10, runs: [200] },
    ];
    for (const geometry of outside) {
      expect(() => put(geometry), JSON.stringify(geometry)).toThrow(refusal("labels/geometry-invalid"));
    }
    for (const frame of [1, -1, 0.5]) expect(() => put(box, { frame })).toThrow(refusal("labels/geometry-invalid"));
    expect(project.labels.forImage(ids[0]!).shapes).toHaveLength(inside.length);
  });

  test("only measurements go without a class", async () => {
    const { project, ids } = await labelling();
    draw(project, shape(ids[0]!, null, { kind: "length", points: [0, 0, 3, 4] }));
    const point = shape(ids[0]!, null, { kind: "point", x: 1, y: 1 });
    expect(() => draw(project, point)).toThrow(refusal("labels/geometry-invalid"));
  });

  test("shapes are counted in the library, change in place, and keep their order", async () => {
    const { project, ids, normal, lesion } = await labelling();
    const image = ids[1]!;
    const first = draw(project, box(image, lesion, { attributes: { certain: true, size: 3, note: "左下肺" } }));
    const second = draw(project, box(image, lesion, { x: 9, track: "t" }));
    const moved = draw(project, { ...first, ...box(image, normal, { id: first.id, y: 3 }) });
    expect(project.labels.forImage(image).shapes).toEqual(
      [moved, second].map((drawn) => ({ ...drawn, reader: "Ada" })),
    );
    expect(project.images.get(image).shapes).toBe(2);
    for (let x = 0; x < 10; x++) draw(project, box(ids[2]!, lesion, { x }));
    const places = project.labels.forImage(ids[2]!).shapes.map(({ geometry }) => geometry.kind === "box" && geometry.x);
    expect(places).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(() => draw(project, box(ids[0]!, lesion, { id: first.id }))).toThrow(refusal("app/not-found"));
    expect(erase(project, first).removed).toEqual([{ imageId: image, id: first.id }]);
    expect(project.labels.forImage(image).shapes.map(({ id }) => id)).toEqual([second.id]);
  });

  test("saying the same thing twice changes nothing: an answer that got lost can be asked for again", async () => {
    const { project, ids, lesion } = await labelling();
    const drawn = draw(project, box(ids[0]!, lesion));
    const before = [project.labels.history(), project.audit.list(0, 1).total];
    const again = project.labels.apply([{ do: "put", shape: drawn }]);
    expect(again.put).toEqual([{ ...drawn, reader: "Ada" }]);
    expect(erase(project, { ...drawn, id: "nothing" }).removed).toHaveLength(1);
    expect([project.labels.history(), project.audit.list(0, 1).total]).toEqual(before);
  });

  test("edits are kept together or not at all", async () => {
    const { project, ids, lesion } = await labelling();
    const edits = [
      { do: "class", imageId: ids[0]!, classId: lesion } as const,
      { do: "put", shape: box(ids[1]!, lesion, { x: 500 }) } as const,
    ];
    expect(() => project.labels.apply(edits)).toThrow(refusal("labels/geometry-invalid"));
    expect(project.labels.forImage(ids[0]!).classId).toBeNull();
    expect(project.labels.history()).toEqual({ undo: 0, redo: 0 });
  });

  test("a layer holds labels of its own, with a history of its own", async () => {
    const { project, ids, normal, lesion } = await labelling();
    const [image] = ids;
    const { id: listId } = project.reading.create({
      name: "list",
      imageIds: ids,
      readers: [project.member.id],
      readsPerCase: 1,
      blinded: false,
      commitFirst: false,
      modelId: null,
    });
    const layer = project.reading.mine(listId)[0]!.id;
    project.labels.apply([{ do: "class", imageId: image!, classId: normal }]);
    const drawn = box(image!, lesion);
    const edits = [{ do: "class", imageId: image!, classId: lesion } as const, { do: "put", shape: drawn } as const];
    expect(project.labels.apply(edits, layer)).toMatchObject({ layer, classes: [{ classId: lesion }] });
    expect(project.labels.forImage(image!)).toMatchObject({ classId: normal, shapes: [] });
    expect(project.labels.forImage(image!, layer)).toMatchObject({ classId: lesion, shapes: [{ id: drawn.id }] });
    expect(project.images.facets().classes).toEqual([{ classId: normal, count: 1 }]);
    expect(() => draw(project, drawn)).toThrow(refusal("app/not-found"));
    expect(project.labels.history(layer)).toEqual({ undo: 1, redo: 0 });
    expect(project.labels.undo(layer)).toMatchObject({ classes: [{ classId: null }], removed: [{ id: drawn.id }] });
    expect(project.labels.forImage(image!, layer)).toMatchObject({ classId: null, shapes: [] });
    expect(project.labels.history()).toEqual({ undo: 1, redo: 0 });
    expect(project.labels.redo(layer)).toMatchObject({ put: [{ id: drawn.id }] });
  });

  test("an import makes missing classes, counts what changed, and is not in anybody's undo", async () => {
    const { project, ids } = await labelling();
    const items = [
      { imageId: ids[0]!, className: "Normal" },
      { imageId: ids[1]!, className: "rare" },
    ];
    expect(project.labels.importClasses(items)).toEqual({ labelled: 2, newClasses: ["rare"] });
    expect(project.labels.importClasses(items)).toEqual({ labelled: 0, newClasses: [] });
    project.labels.importShapes([box(ids[0]!, project.labels.classes()[0]!.id)]);
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
    project.labels.apply([{ do: "class", imageId: ids[0]!, classId: normal }]);
    project.labels.apply([{ do: "class", imageId: ids[1]!, classId: lesion }]);
    project.labels.undo();
    project.close();
    const again = closing(await openProject({ path: project.path, passphrase: PASSPHRASE }));
    expect(again.labels.history()).toEqual({ undo: 1, redo: 1 });
    expect(again.labels.redo()).toMatchObject({ imageId: ids[1], classes: [{ classId: lesion }] });
    expect(again.labels.undo()).toMatchObject({ imageId: ids[1], classes: [{ classId: null }] });
    expect(again.labels.undo()).toMatchObject({ imageId: ids[0], classes: [{ classId: null }] });
    expect(again.labels.undo()).toBeNull();
  });

  test("a new change clears redo", async () => {
    const { project, ids, normal, lesion } = await labelling();
    project.labels.apply([{ do: "class", imageId: ids[0]!, classId: normal }]);
    project.labels.undo();
    project.labels.apply([{ do: "class", imageId: ids[1]!, classId: lesion }]);
    expect(project.labels.history()).toEqual({ undo: 1, redo: 0 });
    expect(project.labels.redo()).toBeNull();
  });

  test("a deleted box comes back the same, with its reader", async () => {
    const { project, ids, lesion } = await labelling();
    const drawn = draw(project, box(ids[0]!, lesion));
    erase(project, drawn);
    expect(project.labels.undo()?.put).toEqual([{ ...drawn, reader: "Ada" }]);
  });

  test("undo never erases what another reader said after me", async () => {
    const { project, ids, normal, lesion } = await labelling();
    const other = await addMember(project, "Blaise");
    const drawn = draw(project, box(ids[0]!, lesion));
    project.labels.apply([{ do: "class", imageId: ids[0]!, classId: normal }]);
    project.labels.apply([{ do: "class", imageId: ids[1]!, classId: normal }]);
    other.labels.apply([{ do: "class", imageId: ids[0]!, classId: lesion }]);
    draw(other, box(ids[0]!, lesion, { x: 5, id: drawn.id }));
    expect(project.labels.history()).toEqual({ undo: 1, redo: 0 });
    expect(project.labels.undo()?.imageId).toBe(ids[1]);
    expect(project.labels.undo()).toBeNull();
    expect(project.labels.forImage(ids[0]!)).toMatchObject({
      classId: lesion,
      classReader: "Blaise",
      shapes: [{ geometry: { x: 5 }, reader: "Blaise" }],
    });
    // Blaise takes back his own, and Ada's words are there again under her name.
    other.labels.undo();
    other.labels.undo();
    expect(project.labels.forImage(ids[0]!)).toMatchObject({
      classId: normal,
      classReader: "Ada",
      shapes: [{ geometry: { x: 1 }, reader: "Ada" }],
    });
  });

  test("any sequence of changes, undos and redos does what a list of states would do", async () => {
    const { project, ids, normal, lesion } = await labelling();
    const command = fc.oneof(
      fc.record({ do: fc.constant("class" as const), image: fc.nat(2), class: fc.constantFrom(normal, lesion, null) }),
      fc.record({ do: fc.constant("draw" as const), image: fc.nat(2), x: fc.integer({ min: 0, max: 17 }) }),
      fc.record({ do: fc.constant("move" as const), pick: fc.nat(), x: fc.integer({ min: 0, max: 17 }) }),
      fc.record({ do: fc.constant("delete" as const), pick: fc.nat() }),
      fc.record({ do: fc.constant("several" as const) }),
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
          const shapes = now.flatMap((labels) => labels.shapes);
          if (step.do === "class") {
            current.labels.apply([{ do: "class", imageId: ids[step.image]!, classId: step.class }]);
            changed(look());
          } else if (step.do === "draw") {
            draw(current, box(ids[step.image]!, lesion, { x: step.x }));
            changed(look());
          } else if (step.do === "move" && shapes.length > 0) {
            const { id, imageId } = shapes[step.pick % shapes.length]!;
            draw(current, box(imageId, lesion, { id, x: step.x }));
            changed(look());
          } else if (step.do === "delete" && shapes.length > 0) {
            erase(current, shapes[step.pick % shapes.length]!);
            changed(look());
          } else if (step.do === "several") {
            // A class and two shapes said at once are one step.
            const drawn = [1, 2].map((x) => ({ do: "put" as const, shape: box(ids[x]!, lesion, { x }) }));
            current.labels.apply([{ do: "class", imageId: ids[0]!, classId: lesion }, ...drawn]);
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
