// Colour lookup tables of PALETTE COLOR images (PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6), reduced to 8 bit per channel.

import { AppError } from "../../../preload/contract/errors.ts";
import type { Palette } from "../types.ts";
import type { Attributes } from "./attributes.ts";

const CHANNELS = ["Red", "Green", "Blue"] as const;

/** Throws imaging/header-invalid without tables, imaging/codec-missing for segmented ones. */
export function readPalette(attributes: Attributes): Palette {
  if (attributes.element("SegmentedRedPaletteColorLookupTableData") && !attributes.element(dataOf("Red"))) {
    throw new AppError("imaging/codec-missing", "Segmented colour lookup tables are not supported.");
  }
  const channels = CHANNELS.map((channel) => readChannel(attributes, channel));
  const entries = Math.min(...channels.map(({ values }) => values.length));
  const rgb = new Uint8Array(entries * 3);
  channels.forEach(({ values }, c) => {
    for (let i = 0; i < entries; i++) rgb[3 * i + c] = values[i];
  });
  return { first: channels[0].first, rgb: Buffer.from(rgb).toString("base64") };
}

const dataOf = (channel: string) => `${channel}PaletteColorLookupTableData`;

function readChannel(attributes: Attributes, channel: string): { first: number; values: Uint8Array } {
  const descriptor = attributes.numbers(`${channel}PaletteColorLookupTableDescriptor`);
  const element = attributes.element(dataOf(channel));
  if (descriptor.length !== 3 || !element) {
    throw new AppError("imaging/header-invalid", `The palette image has no lookup table for ${channel.toLowerCase()}.`);
  }
  // 0 means 65536 entries; read as a signed number, more than 32767 come out negative.
  const entries = descriptor[0] & 0xffff || 65536;
  const bytes = attributes.bytes(element);
  if (bytes.length < entries) {
    throw new AppError(
      "imaging/header-invalid",
      `Expected ${entries} lookup table entries, found ${bytes.length} bytes.`,
    );
  }
  if (bytes.length < 2 * entries) return { first: descriptor[1], values: bytes.slice(0, entries) };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = Uint16Array.from({ length: entries }, (_, i) => view.getUint16(2 * i, attributes.dataSet.littleEndian));
  // Tables of 16-bit words whose values are 8 bit wide exist in spite of the standard; their high bytes are all zero.
  const narrow = descriptor[2] === 8 || wide.every((value) => value < 256);
  return { first: descriptor[1], values: Uint8Array.from(wide, (value) => (narrow ? value : value >> 8)) };
}
