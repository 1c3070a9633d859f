// Colour lookup tables of PALETTE COLOR images (PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6), reduced to 8 bit per channel.

import { AppError } from "../../../preload/contract/errors.ts";
import type { Palette } from "../types.ts";
import type { Attributes } from "./attributes.ts";
import { readDescriptor, readEntries, readSegments } from "./lookup.ts";

const CHANNELS = ["Red", "Green", "Blue"] as const;

/** Throws imaging/header-invalid without tables. */
export function readPalette(attributes: Attributes): Palette {
  const channels = CHANNELS.map((channel) => readChannel(attributes, channel));
  const entries = Math.min(...channels.map(({ values }) => values.length));
  const rgb = new Uint8Array(entries * 3);
  channels.forEach(({ values }, c) => {
    for (let i = 0; i < entries; i++) rgb[3 * i + c] = values[i];
  });
  return { first: channels[0].first, rgb: Buffer.from(rgb).toString("base64") };
}

function readChannel(attributes: Attributes, channel: string): { first: number; values: Uint8Array } {
  const descriptor = readDescriptor(attributes, `${channel}PaletteColorLookupTableDescriptor`);
  const plain = `${channel}PaletteColorLookupTableData`;
  const segmented = `Segmented${plain}`;
  if (!descriptor || !(attributes.element(plain) || attributes.element(segmented))) {
    throw new AppError("imaging/header-invalid", `The palette image has no lookup table for ${channel.toLowerCase()}.`);
  }
  const values = readEntries(attributes, plain, descriptor) ?? readSegments(attributes, segmented, descriptor);
  if (!values) {
    throw new AppError(
      "imaging/header-invalid",
      `Expected ${descriptor.entries} lookup table entries, found fewer in the table for ${channel.toLowerCase()}.`,
    );
  }
  // Tables of 16-bit words whose values are 8 bit wide exist in spite of the standard; their high bytes are all zero.
  const narrow = descriptor.bits === 8 || values.every((value) => value < 256);
  return { first: descriptor.first, values: Uint8Array.from(values, (value) => (narrow ? value : value >> 8)) };
}
