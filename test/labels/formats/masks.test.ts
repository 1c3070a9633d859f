// Label maps as PNG and as NIfTI.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import { areaOf } from "../../../main/labels/formats/figures.ts";
import { importLabelFiles } from "../../../main/labels/formats/import.ts";
import { memoryFile } from "../../../main/labels/formats/label-files.ts";
import { decodeNifti, encodeNifti, type Volume } from "../../../main/labels/formats/nifti-volume.ts";
import { bytesOfMask, maskOfBytes } from "../../../main/labels/masks/runs.ts";
import type { Geometry, Shape, ShapeInput } from "../../../preload/contract/index.ts";
import { shape } from "../../project/shapes.ts";
import { dicomFixture } from "./dicom-images.ts";
import { COLUMNS, drawn, fixture, ROWS, roundTrip, said } from "./round-trip.ts";

const block = (left: number, top: number, width: number, height: number): Geometry => {
  const bytes = new Uint8Array(ROWS * COLUMNS);
  for (let y = top; y < top + height; y++) bytes.fill(1, y * COLUMNS + left, y * COLUMNS + left + width);
  return { kind: "mask", rows: ROWS, columns: COLUMNS, runs: [...maskOfBytes(bytes, ROWS, COLUMNS).runs] };
};

/** What a map of classes keeps: for each image, frame and class the pixels that nothing later covers. */
function flattened(shapes: readonly (Shape | ShapeInput)[]): string[] {
  const frames = new Map<string, (string | null)[]>();
  for (const { imageId, frame, classId, geometry } of shapes) {
    if (geometry.kind !== "mask") throw new TypeError("Only masks.");
    const key = JSON.stringify([imageId, frame]);
    const map = frames.get(key) ?? new Array<string | null>(ROWS * COLUMNS).fill(null);
    bytesOfMask(geometry).forEach((byte, i) => {
      if (byte === 1) map[i] = classId;
    });
    frames.set(key, map);
  }
  return [...frames].map(([key, map]) => `${key} ${JSON.stringify(map)}`).sort();
}

describe.each(["png", "nifti"] as const)("%s masks", (format) => {
  test("pixels of every class come back, the later shape on top", async () => {
    const place = await dicomFixture();
    await fc.assert(
      fc.asyncProperty(fc.array(drawn(place, ["mask"]), { minLength: 1, maxLength: 5 }), async (put) => {
        const { shapes } = await roundTrip(place, format, put);
        expect(flattened(shapes)).toEqual(flattened(put));
      }),
      { numRuns: 25 },
    );
  });

  test("what cannot be told apart any more is counted before", async () => {
    const place = await fixture();
    const [first] = place.images;
    const [lesion, node] = place.classes;
    const { preview, shapes } = await roundTrip(place, format, [
      shape(first, lesion, block(0, 0, 4, 4), { track: "a" }),
      shape(first, lesion, block(10, 0, 4, 4)),
      shape(first, node, block(2, 2, 4, 4)),
      shape(first, node, { kind: "polyline", points: [1, 1, 2, 2] }),
      shape(place.images[1], node, { kind: "ellipse", x: 9, y: 9, radiusX: 4, radiusY: 3, angle: 20 }),
    ]);
    expect(preview.losses).toEqual([
      { code: "merged", kind: "mask", count: 2 },
      { code: "overlapped", kind: "mask", count: 1 },
      { code: "reader-dropped", kind: null, count: 4 },
      { code: "shape-approximated", kind: "ellipse", count: 1 },
      { code: "shape-dropped", kind: "polyline", count: 1 },
      { code: "track-dropped", kind: null, count: 1 },
    ]);
    expect(shapes.filter(({ imageId }) => imageId === first).map(({ geometry }) => areaOf(geometry))).toEqual([28, 16]);
  });
});

describe("PNG masks", () => {
  test("samples are class numbers and the palette their colours, as others' decoders see it", async () => {
    const place = await fixture();
    const colors = place.project.labels.classes().map(({ color }) => color);
    const put = shape(place.images[2], place.classes[1], block(3, 4, 5, 6), { frame: 2 });
    const { folder } = await roundTrip(place, "png", [put]);
    const png = decode(readFileSync(join(folder, "masks/cine@2.png")));
    expect(png.palette?.slice(1).map((rgb) => `#${Buffer.from(rgb.slice(0, 3)).toString("hex")}`)).toEqual(colors);
    expect([...png.data].filter((value) => value === 2)).toHaveLength(30);
    expect(png.data[4 * COLUMNS + 3]).toBe(2);
  });

  test("a picture of another size is refused, one without an image is reported", async () => {
    const place = await fixture();
    const { folder } = await roundTrip(place, "png", [shape(place.images[0], place.classes[0], block(1, 1, 2, 2))]);
    const bytes = new Uint8Array(readFileSync(join(folder, "masks/one.png")));
    const renamed = [memoryFile("nowhere.png", bytes), memoryFile("masks/one.png", bytes)];
    const report = await importLabelFiles(place.project, renamed, { format: "png" });
    expect(report).toMatchObject({ shapes: 1, unmatched: ["nowhere.png"], newClasses: ["class 1"] });
  });
});

describe("NIfTI masks", () => {
  test("a series becomes one volume in the order of its places, whatever the order of import", async () => {
    const place = await dicomFixture();
    const { ct, classes } = place;
    const { folder, shapes } = await roundTrip({ ...place, images: [ct[0]!, ct[3]!, place.mr] }, "nifti", [
      shape(ct[0]!, classes[0], block(1, 1, 3, 3)),
      shape(ct[3]!, classes[1], block(2, 2, 5, 5)),
      shape(place.mr, classes[1], block(0, 0, 2, 2), { frame: 2 }),
    ]);
    const about = JSON.parse(readFileSync(join(folder, "labels.json"), "utf8"));
    expect(about.files).toEqual([
      {
        file: "masks/mr/enhanced.nii.gz",
        slices: [0, 1, 2].map((frame) => ({ image: "mr/enhanced.dcm", frame })),
      },
      {
        file: "masks/ct/slice0.nii.gz",
        slices: [0, 1, 2, 3].map((slice) => ({ image: `ct/slice${slice}.dcm`, frame: 0 })),
      },
    ]);
    expect(shapes.map(({ imageId, frame }) => [imageId, frame])).toEqual([
      [ct[0], 0],
      [ct[3], 0],
      [place.mr, 2],
    ]);
  });

  test("masks of others are turned to the frames by whole voxels, by name alone where there is no sidecar", async () => {
    const place = await dicomFixture();
    const put = shape(place.ct[1]!, place.classes[0], block(4, 6, 3, 2));
    const { folder } = await roundTrip(place, "nifti", [put]);
    const volume = decodeNifti("m", new Uint8Array(readFileSync(join(folder, "masks/ct/slice0.nii.gz"))));
    const report = await importLabelFiles(
      place.project,
      [memoryFile("ct/slice3.nii.gz", encodeNifti(turned(volume)))],
      {
        format: "nifti",
      },
    );
    expect(report).toMatchObject({ shapes: 1, newClasses: ["class 1"], unmatched: [], refused: [] });
    const back = place.project.labels.forImage(place.ct[1]!).shapes;
    expect(said(back, ["geometry"])).toEqual(said([put], ["geometry"]));
  });

  test("masks that lie between the voxels are refused", async () => {
    const place = await dicomFixture();
    const { folder } = await roundTrip(place, "nifti", [shape(place.ct[1]!, place.classes[0], block(4, 6, 3, 2))]);
    const volume = decodeNifti("m", new Uint8Array(readFileSync(join(folder, "masks/ct/slice0.nii.gz"))));
    const [x, y, z] = volume.grid!.origin;
    const moved = { ...volume, grid: { ...volume.grid!, origin: [x + 0.2, y, z] as const } };
    const report = await importLabelFiles(place.project, [memoryFile("ct/slice0.nii", encodeNifti(moved))], {
      format: "nifti",
    });
    expect(report).toMatchObject({ shapes: 0, refused: [{ reason: "size-differs", count: 4 }] });
  });
});

/** The same volume with its axes in another order, one of them running the other way. */
function turned({ rows, columns, slices, values, grid }: Volume): Volume {
  const [i, j, k] = grid!.steps;
  const along = columns - 1;
  const origin = grid!.origin.map((at, axis) => at + i[axis]! * along) as [number, number, number];
  const out = new Uint16Array(values.length);
  // New axes: rows, slices, columns from the far end.
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++)
        out[((along - x) * slices + z) * rows + y] = values[(z * rows + y) * columns + x]!;
    }
  }
  const back = i.map((part) => -part) as [number, number, number];
  return { rows: slices, columns: rows, slices: columns, values: out, grid: { steps: [j, k, back], origin } };
}
