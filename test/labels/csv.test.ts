import { expect, test } from "vitest";
import { importLabels, readLabels } from "../../main/labels/csv.ts";
import { addImages, newProject } from "../project/builder.ts";

const invalid = (part: string) =>
  expect.objectContaining({ code: "labels/csv-invalid", message: expect.stringContaining(part) });
const pairs = (csv: string) => readLabels(csv).map(({ file, label }) => [file, label]);

test.each([
  ["commas", "file,label\na.png,lesion\nb.png,normal\n"],
  ["a byte-order mark and CRLF", "\uFEFFfile,label\r\na.png,lesion\r\nb.png,normal\r\n"],
  ["semicolons", "Image;age;Finding\na.png;3;lesion\nb.png;4;normal"],
  ["tabs", "path\tclass\na.png\tlesion\nb.png\tnormal"],
  ["quotes, spaces and blank lines", '"File Name" , "Label"\n\n"a.png","lesion"\n  b.png , normal \n\n'],
  ["other columns and rows without a label", "id,filename,x,class\n1,a.png,,lesion\n2,b.png,9,normal\n3,c.png,9,\n,,,"],
  ["the same row twice", "name,label\na.png,lesion\nb.png,normal\na.png,lesion"],
])("a CSV with %s is read", (_, csv) => {
  expect(pairs(csv)).toEqual([
    ["a.png", "lesion"],
    ["b.png", "normal"],
  ]);
});

test("names and labels in any alphabet, with separators inside quotes, are kept", () => {
  expect(pairs('file,label\n"肺, 左.png","結節, ""大"""\nпапка\\Zoe\u0308.png,да')).toEqual([
    ["肺, 左.png", '結節, "大"'],
    ["папка/Zoë.png", "да"],
  ]);
});

test.each([
  ["", "empty"],
  ["\n\n", "empty"],
  ["file,label", "no labels"],
  ["file,label\n,,", "no labels"],
  ["a.png,lesion\nb.png,normal", "no column for the file names: call it file, image, name, filename or path"],
  ["file,answer\na.png,lesion", "no column for the labels: call it label, class or finding"],
  ["file,label\na.png,lesion\n,normal", "Line 3 of the CSV has no file name"],
  ["file,label\na.png,lesion\nb.png,x\na.png,normal", "Line 4 of the CSV gives another label to the file of line 2"],
  ['file,label\na.png,lesion\n"b.png,normal', "cannot be read"],
  ['file,label\na.png,le"sion"\n', "Line 2 of the CSV cannot be read"],
  [`file,label\na.png,${"x".repeat(121)}`, "Line 2 of the CSV has a label of more than 120 characters"],
  ["f\0i\0l\0e\0", "save it as UTF-8"],
  [
    new TextDecoder().decode(Uint8Array.of(...Buffer.from("file,label\na.png,"), 0xb2, 0xa1, 0xb1, 0xe4)),
    "save it as UTF-8",
  ],
])("the CSV %j is refused, with the reason and the line", (csv, reason) => {
  expect(() => readLabels(csv)).toThrow(invalid(reason));
});

test("names match by the end of the path, and a name that could be several images matches none", async () => {
  const { project } = await newProject();
  const names = ["normal/1.png", "lesion/1.png", "deep/er/2.dcm", "3.png", "4.png", "肺.png", "twice.png", "twice.png"];
  const ids = addImages(project, names.length, (index) => ({ name: names[index]! }));
  const match = (file: string): string[] => {
    for (const id of ids) project.labels.apply([{ do: "class", imageId: id, classId: null }]);
    const { unmatched } = importLabels(project, `file,label\n"${file}",seen`);
    expect(unmatched).toEqual(project.images.facets().unlabelled === names.length ? [file] : []);
    return project.images.list({ labelled: true }, "imported", 0, 10).items.map(({ name }) => name);
  };
  const expected: [string, string[]][] = [
    ["normal/1.png", ["normal/1.png"]],
    ["data/train/lesion/1.png", ["lesion/1.png"]],
    ["C:\\data\\lesion\\1.png".replaceAll("\\", "/"), ["lesion/1.png"]],
    ["./normal/1.png", ["normal/1.png"]],
    ["1.png", []],
    ["other/1.png", []],
    ["2.dcm", ["deep/er/2.dcm"]],
    ["er/2.dcm", ["deep/er/2.dcm"]],
    ["train/3.png", ["3.png"]],
    ["4", ["4.png"]],
    ["肺.png", ["肺.png"]],
    ["twice.png", []],
    ["3.PNG", []],
  ];
  for (const [file, found] of expected) expect([file, match(file)]).toEqual([file, found]);
});

test("classes that are missing are made; a second import of the same CSV changes nothing", async () => {
  const { project } = await newProject();
  project.labels.saveClass({ name: "Normal" });
  addImages(project, 4);
  const csv = "file,label\nimage0.png,normal\nimage1.png,lesion\nimage2.png,LESION\nnowhere.png,lesion";
  expect(importLabels(project, csv)).toEqual({ labelled: 3, unmatched: ["nowhere.png"], newClasses: ["lesion"] });
  expect(project.labels.classes().map(({ name }) => name)).toEqual(["Normal", "lesion"]);
  expect(importLabels(project, csv)).toEqual({ labelled: 0, unmatched: ["nowhere.png"], newClasses: [] });
});

test("two names of one image with different labels are refused, and nothing is changed", async () => {
  const { project } = await newProject();
  addImages(project, 2);
  const csv = "file,label\nimage1.png,lesion\nimage0.png,normal\ntrain/image0.png,lesion";
  expect(() => importLabels(project, csv)).toThrow(invalid("Lines 3 and 4"));
  expect(project.labels.classes()).toEqual([]);
});

test("a CSV of 50 000 lines is matched against 5 000 images in a few seconds", async () => {
  const { project } = await newProject();
  addImages(project, 5000, (index) => ({ name: `folder/${index}.png` }));
  const lines = Array.from({ length: 50_000 }, (_, index) => `folder/${index}.png,${index % 3}`);
  const started = performance.now();
  const report = importLabels(project, ["file,label", ...lines].join("\n"));
  expect([report.labelled, report.unmatched.length]).toEqual([5000, 100]);
  expect(performance.now() - started).toBeLessThan(20_000);
});
