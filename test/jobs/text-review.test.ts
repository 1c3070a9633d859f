// Text in pixels: found by the program, judged by a person, blanked for good, and looked for again.
import { expect, test } from "vitest";
import { writeDicom } from "../../main/imaging/dicom/write.ts";
import { decodeFrame } from "../../main/imaging/frame.ts";
import { readImages } from "../../main/imaging/read.ts";
import type { FrameEncoding } from "../../main/imaging/types.ts";
import { Importer } from "../../main/jobs/tasks/importer.ts";
import { lookForText, reviewText } from "../../main/jobs/tasks/text.ts";
import type { Project } from "../../main/project/project.ts";
import { TEXT_SUSPECTED } from "../../preload/contract/index.ts";
import { drawText, emptyPictures, letter } from "../imaging/deidentify/lettering.ts";
import { greyAttributes } from "../imaging/pictures.ts";
import { newProject } from "../project/builder.ts";

const SIDE = 256;
const contextOf = (project: Project) => ({
  project,
  signal: new AbortController().signal,
  progress() {},
  points() {},
  changed() {},
});

/** An ultrasound picture of `frames` frames, with a name written into it. */
function scan(more: { text?: string; modality?: string; uid?: string; frames?: number; inverted?: boolean } = {}) {
  const { text = "", modality = "US", uid = "1.2.5.1", frames = 1, inverted = false } = more;
  const picture = emptyPictures(SIDE).find(({ title }) => title === "gradient")!;
  const box = letter(picture, drawText({ typeface: "dots", height: 16, text }), 20, 30, 180);
  const one = Uint8Array.from(picture.values, (value) => (inverted ? 255 - value : value));
  const pixelData = new Uint8Array(frames * one.length);
  for (let frame = 0; frame < frames; frame++) pixelData.set(one, frame * one.length);
  const attributes = greyAttributes({
    Modality: modality,
    SOPInstanceUID: uid,
    Rows: SIDE,
    Columns: SIDE,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PhotometricInterpretation: inverted ? "MONOCHROME1" : "MONOCHROME2",
    ...(frames > 1 && { NumberOfFrames: frames }),
  });
  return { file: writeDicom({ attributes, pixelData }), box };
}

function add(project: Project, file: Uint8Array): { imported: number; id: string } {
  const importer = new Importer(project);
  importer.addAll(readImages({ name: "a.dcm", bytes: file }).map((image) => ({ image, labels: { className: null } })));
  return { imported: importer.report.imported, id: project.images.list({}, "imported", 0, 500).items.at(-1)!.id };
}

const suspected = (project: Project) => project.images.ids({ finding: TEXT_SUSPECTED });
const look = (project: Project, filter = {}) => lookForText({ kind: "text-look", filter }, contextOf(project));

function values(project: Project, id: string, index: number): number[] {
  const { frame, pixels, encoding } = project.images.frame(id, index);
  return [...decodeFrame(frame, pixels, encoding as FrameEncoding).values];
}

test("images of kinds that devices write into are looked at once; slices of CT where they are named", async () => {
  const { project } = await newProject();
  const { id } = add(project, scan({ text: "SMITH JOHN" }).file);
  add(project, scan({ uid: "1.2.5.2" }).file);
  const ct = add(project, scan({ text: "SMITH JOHN", modality: "CT", uid: "1.2.5.3" }).file).id;
  expect(await look(project)).toEqual({ looked: 2, suspected: 1, unreadable: 0 });
  expect(suspected(project)).toEqual([id]);
  expect(await look(project)).toEqual({ looked: 0, suspected: 0, unreadable: 0 });
  expect(await look(project, { modality: "CT" })).toEqual({ looked: 1, suspected: 1, unreadable: 0 });
  expect(suspected(project)).toEqual([id, ct]);
});

test.each([false, true])(
  "what a person confirms is made plain, every other pixel stays, inverted %s",
  async (inverted) => {
    const { project } = await newProject();
    const { file, box } = scan({ text: "SMITH JOHN", inverted });
    const { id } = add(project, file);
    await look(project);
    const before = values(project, id, 0);
    const thumbnail = Buffer.from(project.images.thumbnail(id));
    const regions = project.deidentification.of(id).look!.suspects;
    const known = await reviewText({ kind: "text-review", imageId: id, regions }, contextOf(project));
    expect(known.reviews).toMatchObject([{ reader: "Ada", blanked: regions, stillSuspected: [] }]);
    expect(known.look!.suspects).toEqual([]);
    expect(suspected(project)).toEqual([]);
    const inside = (i: number) =>
      regions.some(({ x, y, width, height }) => {
        const [column, row] = [i % SIDE, Math.floor(i / SIDE)];
        return (
          column >= Math.floor(x) &&
          column < Math.ceil(x + width) &&
          row >= Math.floor(y) &&
          row < Math.ceil(y + height)
        );
      });
    const after = values(project, id, 0);
    const fill = inverted ? Math.max(...before) : Math.min(...before);
    expect(after).toEqual(before.map((value, i) => (inside(i) ? fill : value)));
    expect(inside((box.y + 8) * SIDE + box.x + box.width / 2)).toBe(true);
    expect(thumbnail.equals(project.images.thumbnail(id))).toBe(false);
    const { entries } = project.audit.list(0, 50);
    const written = entries.find(({ action }) => action === "image/text-review")!;
    expect(JSON.parse(written.detail)).toMatchObject({ frames: [0], blanked: 1, stillSuspected: 0 });
    expect(add(project, file).imported).toBe(0);
    expect(values(project, id, 0)).toEqual(after);
  },
);

test("a place on one frame of a film leaves the other frames byte for byte, a place on every frame blanks all", async () => {
  const { project } = await newProject();
  const { id } = add(project, scan({ text: "SMITH", frames: 3 }).file);
  const kept = [0, 1, 2].map((index) => Buffer.from(project.images.frame(id, index).frame.bytes));
  const box = { x: 10, y: 20, width: 120, height: 40 };
  await reviewText({ kind: "text-review", imageId: id, regions: [{ frame: 1, ...box }] }, contextOf(project));
  const same = () => kept.map((bytes, index) => bytes.equals(project.images.frame(id, index).frame.bytes));
  expect(same()).toEqual([true, false, true]);
  // The other frames still hold the name: the second look says so.
  expect(project.deidentification.of(id).reviews[0]!.stillSuspected.length).toBeGreaterThan(0);
  await reviewText({ kind: "text-review", imageId: id, regions: [{ frame: null, ...box }] }, contextOf(project));
  expect(same()).toEqual([false, false, false]);
  expect(project.deidentification.of(id).reviews).toHaveLength(2);
});

test("no rectangle is a person's word that there is no text: the finding goes, the pixels stay", async () => {
  const { project } = await newProject();
  const { id } = add(project, scan({ text: "SMITH JOHN" }).file);
  await look(project);
  const before = values(project, id, 0);
  await reviewText({ kind: "text-review", imageId: id, regions: [] }, contextOf(project));
  expect(suspected(project)).toEqual([]);
  expect(values(project, id, 0)).toEqual(before);
});

test.each([
  { frame: 1, x: 0, y: 0, width: 4, height: 4 },
  { frame: null, x: SIDE, y: 0, width: 4, height: 4 },
  { frame: null, x: -4, y: 0, width: 4, height: 4 },
])("a rectangle that is not in the image is refused: %o", async (region) => {
  const { project } = await newProject();
  const { id } = add(project, scan().file);
  const asked = reviewText({ kind: "text-review", imageId: id, regions: [region] }, contextOf(project));
  await expect(asked).rejects.toMatchObject({ code: "app/invalid-input" });
});
