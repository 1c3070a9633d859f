// A frame that the project gives comes with its own description: what trains and explains asks for nothing else.

import { expect, test } from "vitest";
import { writeDicom } from "../../main/imaging/dicom/write.ts";
import { decodeFrame } from "../../main/imaging/frame.ts";
import { prepareImage } from "../../main/imaging/prepare.ts";
import type { FrameEncoding } from "../../main/imaging/types.ts";
import { newProject } from "../project/builder.ts";
import { bytesOf, COLUMNS, greyAttributes, ROWS, readOne } from "./pictures.ts";

test("frames of an enhanced object reach a model with their own rescale", async () => {
  const own = (slope: string) => ({
    PixelValueTransformationSequence: [{ RescaleSlope: slope, RescaleIntercept: "0" }],
  });
  const attributes = greyAttributes({ NumberOfFrames: 2, PerFrameFunctionalGroupsSequence: [own("1"), own("4")] });
  const image = readOne(writeDicom({ attributes, pixelData: bytesOf(new Uint16Array(2 * ROWS * COLUMNS).fill(100)) }));
  const { project } = await newProject();
  const { id } = project.images.add(image);
  const prepared = [0, 1].map((index) => {
    const { frame, pixels, encoding } = project.images.frame(id, index);
    const decoded = decodeFrame(frame, pixels, encoding as FrameEncoding);
    return prepareImage(decoded, pixels, { size: 1, low: 0, high: 1000 })[0];
  });
  expect(prepared[0]).toBeCloseTo(0.1, 6);
  expect(prepared[1]).toBeCloseTo(0.4, 6);
});
