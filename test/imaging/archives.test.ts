// Archives of images: read like a folder, bounded whatever they say of themselves.

import { deflateRawSync, gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { writeDicom } from "../../main/imaging/dicom/write.ts";
import { encodePng } from "../../main/imaging/formats/png.ts";
import { readImages } from "../../main/imaging/read.ts";
import { listZip } from "../../main/imaging/zip.ts";
import { AppError } from "../../preload/contract/errors.ts";
import { writeNifti } from "./nifti-writer.ts";
import { bytesOf, decode, greyAttributes, ramp, readOne, refusal } from "./pictures.ts";

const grey = ramp(16);
const dicom = writeDicom({ attributes: greyAttributes(), pixelData: bytesOf(grey) });
const png = encodePng({ rows: 12, columns: 17, samples: 1, values: Uint8Array.from(ramp(8)) });
const nifti = writeNifti({ dim: [17, 12], datatype: 512, bytes: bytesOf(grey) });

describe("a ZIP archive", () => {
  const zip = zipSync({
    "set/a.dcm": dicom,
    "set/deeper/b.png": [png, { level: 0 }],
    "set/c.nii.gz": gzipSync(nifti),
    "__MACOSX/set/._a.dcm": new Uint8Array(100),
    "set/.DS_Store": new Uint8Array(100),
    "../../etc/d.png": png,
  });

  test("gives the images of its files, under their paths", () => {
    const images = readImages({ name: "all.zip", bytes: zip });
    expect(images.map(({ name, format }) => [name, format])).toEqual([
      ["all.zip/set/a.dcm", "dicom"],
      ["all.zip/set/deeper/b.png", "png"],
      ["all.zip/set/c.nii.gz", "nifti"],
      ["all.zip/etc/d.png", "png"],
    ]);
    expect(decode(images[0]).values).toEqual(grey);
    // The same image, wherever it lies.
    expect(images[0].identity).toBe(readOne(dicom).identity);
  });

  test("tells of each file that cannot be read and reads the others", () => {
    const refused: [string, string][] = [];
    const some = zipSync({ "a.dcm": dicom, "notes.txt": new Uint8Array(50), "b.png": png.subarray(0, 40) });
    const images = readImages(
      { name: "z", bytes: some },
      { onRefused: (file, reason) => refused.push([file, reason.code]) },
    );
    expect(images).toHaveLength(1);
    expect(refused).toEqual([
      ["z/notes.txt", "imaging/format-unknown"],
      ["z/b.png", "imaging/unreadable"],
    ]);
  });

  test("of none that can be read is refused for the reason of the first", () => {
    const none = zipSync({ "notes.txt": new Uint8Array(50), "b.png": png.subarray(0, 40) });
    expect(refusal(() => readImages({ name: "z", bytes: none }))).toMatchObject({
      code: "imaging/format-unknown",
      message: expect.stringMatching(/^None of the 2 files/),
    });
    expect(refusal(() => readImages({ name: "z", bytes: zipSync({}) })).code).toBe("imaging/empty");
  });

  test("within an archive within an archive is as deep as it goes", () => {
    const nested = (depth: number): Uint8Array =>
      depth === 0 ? png : zipSync({ [`${depth}.zip`]: [nested(depth - 1), { level: 0 }] });
    expect(readImages({ name: "z", bytes: nested(3) })).toHaveLength(1);
    expect(refusal(() => readImages({ name: "z", bytes: nested(4) })).code).toBe("imaging/format-unknown");
  });

  test("its members are checked by their sums", () => {
    const broken = zipSync({ "b.png": [png, { level: 0 }] });
    broken[60] ^= 1;
    expect(refusal(() => readImages({ name: "z", bytes: broken })).code).toBe("imaging/unreadable");
    expect(refusal(() => listZip(zip.subarray(0, zip.length - 30))).code).toBe("imaging/unreadable");
  });
});

describe("what unpacks to more than it may", () => {
  const most = { maxBytes: 1 << 20 };
  const zeros = new Uint8Array(4 << 20);

  test("a bomb that says so, and one that does not", () => {
    const honest = zipSync({ "a.dcm": zeros });
    expect(refusal(() => readImages({ name: "z", bytes: honest }, most)).code).toBe("imaging/too-large");
    // The same bytes, declared as 100.
    const liar = zipSync({ "a.dcm": zeros });
    const view = new DataView(liar.buffer, liar.byteOffset, liar.byteLength);
    const central = view.getUint32(liar.length - 6, true);
    view.setUint32(central + 24, 100, true);
    expect(refusal(() => readImages({ name: "z", bytes: liar }, most)).code).toBe("imaging/unreadable");
  });

  test("many small bombs, all together", () => {
    const inner = zipSync({ "a.bin": new Uint8Array(900_000) });
    const many = zipSync(
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}.zip`, [inner, { level: 0 as const }]])),
    );
    const codes: string[] = [];
    readImages({ name: "z", bytes: many }, { ...most, onRefused: (_, reason) => codes.push(reason.code) });
    expect(codes.filter((code) => code === "imaging/too-large")).toHaveLength(19);
  });

  test("gzip, alone and within gzip", () => {
    expect(refusal(() => readImages({ name: "a.gz", bytes: gzipSync(zeros) }, most)).code).toBe("imaging/too-large");
    const twice = gzipSync(gzipSync(zeros));
    expect(refusal(() => readImages({ name: "a.gz", bytes: twice }, most)).code).toBe("imaging/too-large");
    expect(refusal(() => readImages({ name: "a.gz", bytes: gzipSync(dicom).subarray(0, 90) })).code).toBe(
      "imaging/unreadable",
    );
  });

  test("entries that share their bytes cannot be more than they say together", () => {
    const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const one = zipSync({ "a.png": png });
    const end = one.length - 22;
    const central = view(one).getUint32(end + 16, true);
    const record = one.subarray(central, end);
    const count = 3000;
    const many = new Uint8Array(
      Buffer.concat([one.subarray(0, central), ...new Array(count).fill(record), one.subarray(end)]),
    );
    view(many).setUint16(many.length - 14, count, true);
    view(many).setUint16(many.length - 12, count, true);
    expect(refusal(() => readImages({ name: "z", bytes: many }, { maxBytes: 100_000 })).code).toBe("imaging/too-large");
  });
});

describe("a gzip file", () => {
  test("is the file in it", () => {
    const image = readOne(new Uint8Array(gzipSync(nifti)), "brain.nii.gz");
    expect([image.format, image.name]).toEqual(["nifti", "brain.nii.gz"]);
    expect(image.identity).toBe(readOne(nifti, "brain.nii").identity);
  });
});

describe("a DICOMDIR", () => {
  test("is told from an image, with the files that it names", () => {
    const record = (id: string[]) => ({ DirectoryRecordType: "IMAGE", ReferencedFileID: id });
    const bytes = writeDicom({
      attributes: {
        SOPClassUID: "1.2.840.10008.1.3.10",
        DirectoryRecordSequence: [
          record(["A", "B", "1"]),
          record(["A", "B", "2"]),
          record(["A", "B", "1"]),
          record([]),
        ],
      },
      pixelData: new Uint8Array(),
    });
    expect(refusal(() => readOne(bytes))).toEqual({
      code: "imaging/directory",
      message: "This is a DICOMDIR, the table of contents of a disc: it names 2 files, which are read on their own.",
    });
  });
});

test("a deflated strip of rubbish within an archive is an AppError like any other", () => {
  const odd = zipSync({ "a.tif": deflateRawSync(new Uint8Array(500)) });
  expect(() => readImages({ name: "z", bytes: odd })).toThrow(AppError);
});
