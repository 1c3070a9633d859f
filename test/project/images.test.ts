import { describe, expect, test } from "vitest";
import type { ImageFilter } from "../../preload/contract/index.ts";
import { addImages, newImage, newProject } from "./builder.ts";

const refusal = (code: string) => expect.objectContaining({ code });

describe("adding", () => {
  test("an image comes back as it went in, frame by frame", async () => {
    const { project } = await newProject();
    const image = newImage(1, {
      pixels: { ...newImage(1).pixels, frames: 2, unit: "HU", slope: 0.1, spacing: [0.5, 0.25] },
      frames: [
        { transferSyntax: "1.2.840.10008.1.2.4.70", bytes: Uint8Array.of(1, 2, 3) },
        { transferSyntax: "1.2.840.10008.1.2.4.70", bytes: Uint8Array.of(4) },
      ],
      tags: [{ tag: "00100010", name: "PatientName", value: "山田^太郎" }],
      patient: "山田",
      suggestedPart: "test",
      suggestedClass: "lesion",
    });
    const { id, added } = project.images.add(image);
    expect(added).toBe(true);
    const detail = project.images.get(id);
    expect(detail).toMatchObject({ id, name: "image1.png", patient: "山田", frames: 2, classId: null, shapes: 0 });
    expect(detail.pixels).toEqual(image.pixels);
    expect(detail.tags).toEqual(image.tags);
    expect(detail.suggestedPart).toBe("test");
    const { frame, pixels, encoding } = project.images.frame(id, 1);
    expect([frame.transferSyntax, [...frame.bytes]]).toEqual(["1.2.840.10008.1.2.4.70", [4]]);
    expect([pixels, encoding]).toEqual([image.pixels, image.encoding]);
    expect([...project.images.thumbnail(id)]).toEqual([...image.thumbnail]);
    expect(project.images.names()).toEqual([{ id, name: "image1.png", suggestedClass: "lesion" }]);
  });

  test("the same identity again adds nothing and answers the id that is there", async () => {
    const { project } = await newProject();
    const first = project.images.add(newImage(1));
    const before = project.audit.list(0, 1).total;
    expect(project.images.add(newImage(1, { name: "copy.png" }))).toEqual({ id: first.id, added: false });
    expect(project.images.list({}, "imported", 0, 10).total).toBe(1);
    expect(project.audit.list(0, 1).total).toBe(before);
  });

  test("an image whose frames are not all there is refused", async () => {
    const { project } = await newProject();
    expect(() => project.images.add(newImage(1, { frames: [] }))).toThrow(refusal("imaging/frame-missing"));
    expect(project.images.facets().total).toBe(0);
  });

  test("unknown images and frames are refused by name", async () => {
    const { project } = await newProject();
    const [id] = addImages(project, 1);
    expect(() => project.images.get("nothing")).toThrow(refusal("app/not-found"));
    expect(() => project.images.thumbnail("nothing")).toThrow(refusal("app/not-found"));
    expect(() => project.images.frame("nothing", 0)).toThrow(refusal("app/not-found"));
    for (const index of [1, -1, 0.5, Number.NaN]) {
      expect(() => project.images.frame(id!, index)).toThrow(refusal("imaging/frame-missing"));
    }
  });
});

describe("finding", () => {
  test("filters, sorts and pages agree with a plain filter over all images", async () => {
    const { project } = await newProject();
    const ids = addImages(project, 60, (index) => ({
      name: `Série ${(index * 7) % 60}.PNG`,
      patient: index % 4 === 0 ? "" : `Ørsted-${index % 5}`,
      modality: ["CT", "MR", "CR"][index % 3],
    }));
    const classes = ["normal", "lesion"].map((name) => project.labels.saveClass({ name }).id);
    ids.slice(0, 40).forEach((id, index) => {
      project.labels.apply([{ do: "class", imageId: id, classId: classes[index % 2]! }]);
    });
    const all = project.images.list({}, "imported", 0, 500).items;
    expect(all.map(({ id }) => id)).toEqual(ids);

    const filters: [ImageFilter, (image: (typeof all)[number]) => boolean][] = [
      [{}, () => true],
      [{ text: "SÉRIE 1" }, ({ name }) => name.startsWith("Série 1")],
      [{ text: "se\u0301rie 2" }, ({ name }) => name.startsWith("Série 2")],
      [{ text: "øRSTED-3" }, ({ patient }) => patient === "Ørsted-3"],
      [{ text: "%" }, () => false],
      [{ text: "" }, () => true],
      [{ classId: classes[1]! }, ({ classId }) => classId === classes[1]],
      [{ classId: "nothing" }, () => false],
      [{ labelled: true }, ({ classId }) => classId !== null],
      [{ labelled: false, modality: "CR" }, ({ classId, modality }) => classId === null && modality === "CR"],
      [{ labelled: true, classId: classes[0]! }, ({ classId }) => classId === classes[0]],
      [{ labelled: false, classId: classes[0]! }, () => false],
      [{ labelled: false }, ({ classId }) => classId === null],
      [{ modality: "MR", labelled: true }, ({ modality, classId }) => modality === "MR" && classId !== null],
      [{ patient: "Ørsted-1", modality: "CT" }, ({ patient, modality }) => patient === "Ørsted-1" && modality === "CT"],
      [{ patient: "" }, ({ patient }) => patient === ""],
      [{ ids: [...ids.slice(5, 9), "nothing"] }, ({ id }) => ids.slice(5, 9).includes(id)],
      [{ ids: [] }, () => false],
    ];
    for (const [filter, keep] of filters) {
      const expected = all.filter(keep).map(({ id }) => id);
      const found = project.images.list(filter, "imported", 0, 500);
      expect([filter, found.total, found.items.map(({ id }) => id)]).toEqual([filter, expected.length, expected]);
      for (const sort of ["name", "patient"] as const) {
        const offsets = [0, 7, 14, 21, 28, 35, 42, 49, 56, 63];
        const pages = offsets.flatMap((offset) => project.images.list(filter, sort, offset, 7).items);
        expect(pages).toEqual(project.images.list(filter, sort, 0, 500).items);
      }
    }
    const numbers = project.images.list({}, "name", 0, 500).items.map(({ name }) => Number(/\d+/.exec(name)?.[0]));
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index));
    const patients = project.images.list({}, "patient", 0, 500).items.map(({ patient }) => patient);
    expect(patients).toEqual(patients.toSorted());
  });

  test("facets count the whole project", async () => {
    const { project } = await newProject();
    expect(project.images.facets()).toEqual({
      total: 0,
      unlabelled: 0,
      classes: [],
      modalities: [],
      findings: [],
      patients: 0,
    });
    const ids = addImages(project, 10, (index) => ({
      patient: index < 2 ? "" : `P${index >> 1}`,
      modality: index < 4 ? "CR" : "CT",
    }));
    const { id: classId } = project.labels.saveClass({ name: "lesion" });
    project.labels.apply([{ do: "class", imageId: ids[0]!, classId: classId }]);
    expect(project.images.facets()).toEqual({
      total: 10,
      unlabelled: 9,
      classes: [{ classId, count: 1 }],
      modalities: [
        { modality: "CR", count: 4 },
        { modality: "CT", count: 6 },
      ],
      findings: [],
      patients: 4,
    });
    expect(project.summary().counts).toMatchObject({ images: 10, patients: 4, labelled: 1 });
  });
});
