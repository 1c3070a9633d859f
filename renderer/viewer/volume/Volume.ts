// The values of a stack put together, and planes resampled from them.
//
// Slices of one scale keep their display values; slices that differ in scale (PET), and values that are spread over 16 bits for
// drawing, are kept as modality values. Along the normal values are interpolated linearly between the two slices around a
// sample; where slices are missing nothing is invented: there the plane is as dark as the volume's lowest value.
import type { ImageStack, PixelType } from "../../../preload/contract/index.ts";
import { pixelsOfFrame } from "../../../preload/contract/pixels.ts";
import { type DisplayFrame, type DisplayValues, greyFrame } from "../pixels.ts";
import type { DisplayScale } from "../window.ts";
import { type VolumeGeometry, type VolumeRefusal, volumeGeometry } from "./geometry.ts";
import { type Plane, rangeOf } from "./planes.ts";

type VolumeValues = DisplayValues | Float32Array<ArrayBuffer>;

/** More than this is not put together: the page would take the workstation's memory from everything else. */
export const LARGEST_VOLUME_BYTES = 2 ** 30;

/** Distances between slices above this part of the step are gaps, as the stack itself counts them. */
const GAP = 1.5;

const NATIVE: Partial<Record<PixelType, { new (length: number): DisplayValues; BYTES_PER_ELEMENT: number }>> = {
  uint8: Uint8Array,
  int8: Int16Array,
  uint16: Uint16Array,
  int16: Int16Array,
};

/** Between which slices a sample along the normal lies. */
interface Sample {
  /** index of the slice before; -1: no slice is near */
  readonly slice: number;
  /** part of the slice behind, 0 to 1 */
  readonly part: number;
}

export class Volume {
  readonly geometry: VolumeGeometry;
  private readonly values: VolumeValues;
  /** of display values; of modality values, 1 and 0 */
  private readonly scale: DisplayScale;
  private readonly added = new Set<number>();
  private low = Number.POSITIVE_INFINITY;
  private high = Number.NEGATIVE_INFINITY;

  private constructor(geometry: VolumeGeometry, values: VolumeValues, scale: DisplayScale) {
    this.geometry = geometry;
    this.values = values;
    this.scale = scale;
  }

  /** An empty volume for a stack, or why there can be none. */
  static for(stack: ImageStack, most = LARGEST_VOLUME_BYTES): Volume | VolumeRefusal {
    const geometry = volumeGeometry(stack);
    if (typeof geometry === "string") return geometry;
    const images = new Map(stack.images.map((image) => [image.id, image.pixels]));
    const described = stack.slices.flatMap(({ imageId, frame }) => {
      const pixels = images.get(imageId);
      return pixels ? [pixelsOfFrame(pixels, frame)] : [];
    });
    const [{ type, slope, intercept }] = described;
    const alike = described.every(
      (one) => one.type === type && one.slope === slope && one.intercept === intercept && !one.modalityLut,
    );
    const Native = alike ? NATIVE[type] : undefined;
    const count = geometry.columns * geometry.rows * geometry.positions.length;
    if (count * (Native ?? Float32Array).BYTES_PER_ELEMENT > most) return "large";
    if (Native) return new Volume(geometry, new Native(count), { slope, intercept });
    return new Volume(geometry, new Float32Array(count), { slope: 1, intercept: 0 });
  }

  get complete(): boolean {
    return this.added.size === this.geometry.positions.length;
  }

  /** Puts a slice in its place. Throws where the frame is not of the stack's size. */
  add(slice: number, { values, scale, color }: DisplayFrame): void {
    const { columns, rows } = this.geometry;
    const area = columns * rows;
    if (color || values.length !== area)
      throw new Error(`Expected ${area} grey values of a slice, got ${values.length}.`);
    const own = this.values.subarray(slice * area, (slice + 1) * area);
    if (this.values instanceof Float32Array)
      for (let i = 0; i < area; i++) own[i] = values[i] * scale.slope + scale.intercept;
    else own.set(values);
    for (let i = 0; i < area; i++) {
      if (own[i] < this.low) this.low = own[i];
      if (own[i] > this.high) this.high = own[i];
    }
    this.added.add(slice);
  }

  /** A virtual slice of a plane, ready to be drawn. The volume is complete. */
  draw(plane: Plane, index: number): DisplayFrame {
    const values = this.resample(plane, index);
    if (!(values instanceof Float32Array)) return greyFrame(values, this.scale);
    // As pixels.ts spreads real numbers, but over the range of the whole volume: one scale for all of its planes.
    const step = this.high > this.low ? (this.high - this.low) / 65535 : 1;
    const spread = Uint16Array.from(values, (value) =>
      Number.isFinite(value) ? Math.round((value - this.low) / step) : 0,
    );
    return greyFrame(spread, { slope: step, intercept: this.low });
  }

  private resample({ across, down, through, size }: Plane, index: number): VolumeValues {
    const { columns, rows } = this.geometry;
    const { values } = this;
    const area = columns * rows;
    if (through === "along") return values.slice(index * area, (index + 1) * area);
    const isAlongDown = down.axis === "along";
    const [line, alongSide] = isAlongDown ? [across, down] : [down, across];
    const length = isAlongDown ? size.columns : size.rows;
    const samples = samplesOf(this.geometry, isAlongDown ? size.rows : size.columns);
    const [first, stride] = line.axis === "row" ? [index, columns] : [index * columns, 1];
    // Where a pixel goes: from a corner on, by one step for the next of the line and one for the next sample.
    const lineStep = (isAlongDown ? 1 : size.columns) * (line.reversed ? -1 : 1);
    const sampleStep = (isAlongDown ? size.columns : 1) * (alongSide.reversed ? -1 : 1);
    const start =
      (line.reversed ? (length - 1) * -lineStep : 0) + (alongSide.reversed ? (samples.length - 1) * -sampleStep : 0);
    const Kind = values.constructor as new (length: number) => VolumeValues;
    const out = new Kind(size.columns * size.rows);
    const isReal = out instanceof Float32Array;
    for (const [at, { slice, part }] of samples.entries()) {
      let to = start + at * sampleStep;
      let from = slice * area + first;
      for (let i = 0; i < length; i++, to += lineStep, from += stride) {
        if (slice < 0) out[to] = this.low;
        else if (part === 0) out[to] = values[from];
        else {
          const value = values[from] * (1 - part) + values[from + area] * part;
          out[to] = isReal ? value : Math.round(value);
        }
      }
    }
    return out;
  }
}

/** The samples of a plane along the normal, from the first slice on. */
export function samplesOf(geometry: VolumeGeometry, count: number): Sample[] {
  const { positions, step } = geometry;
  const { from, to } = rangeOf(geometry, "along");
  let slice = 0;
  return Array.from({ length: count }, (_, index) => {
    const along = from + ((index + 0.5) / count) * (to - from);
    while (slice < positions.length - 2 && positions[slice + 1] <= along) slice++;
    const [before, behind] = [positions[slice], positions[slice + 1]];
    if (along <= before) return { slice, part: 0 };
    if (along >= behind) return { slice: slice + 1, part: 0 };
    if (behind - before <= GAP * step) return { slice, part: (along - before) / (behind - before) };
    if (along - before <= step / 2) return { slice, part: 0 };
    return behind - along <= step / 2 ? { slice: slice + 1, part: 0 } : { slice: -1, part: 0 };
  });
}
