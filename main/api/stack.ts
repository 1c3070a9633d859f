// Which pictures are read together: the frames of one image, or all slices of a series that goes through the patient.
//
// A series is a stack when its slices say where they lie, or when its modality only makes sense as one. Other series (two chest
// radiographs under one number) are images of their own.

import type { ImageStack } from "../../preload/contract/index.ts";
import { sortByGeometry } from "../imaging/series.ts";
import type { Project, SeriesImage } from "../project/index.ts";

const TOMOGRAPHIC = new Set(["CT", "MR", "PT"]);

/** Throws app/not-found. */
export function stackOf(project: Project, id: string): ImageStack {
  const series = project.images.series(id);
  const images = isStack(series) ? series : series.filter((image) => image.id === id);
  const slices = images.flatMap(({ id: imageId, frames, geometry, instanceNumber }) =>
    Array.from({ length: frames }, (_, frame) => ({
      imageId,
      frame,
      geometry: geometry[frame] ?? null,
      instanceNumber,
    })),
  );
  const sorted = sortByGeometry(slices);
  const placed = sorted.orderedBy === "position" && slices.length > 1;
  return {
    slices: (placed ? sorted.slices : slices).map(({ imageId, frame, geometry }) => ({
      imageId,
      frame,
      position: placed ? along(geometry) : null,
      geometry,
    })),
    images: images.map(({ geometry: _, instanceNumber: __, ...image }) => image),
    order: placed ? "geometry" : "number",
    step: placed ? sorted.step : null,
    gaps: placed ? sorted.gaps.length : 0,
    repeated: placed ? sorted.duplicates.length : 0,
  };
}

function isStack(series: readonly SeriesImage[]): boolean {
  const placed = series.filter(({ geometry }) => along(geometry[0] ?? null) !== null).length;
  return series.length > 1 && (placed === series.length || TOMOGRAPHIC.has(series[0]!.modality));
}

/** mm along the normal of a slice (PS3.3 C.7.6.2.1.1). */
function along(geometry: SeriesImage["geometry"][number] | null): number | null {
  if (!geometry?.position || !geometry.orientation) return null;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = geometry.orientation;
  const [x = 0, y = 0, z = 0] = geometry.position;
  return x * (b * f - c * e) + y * (c * d - a * f) + z * (a * e - b * d);
}
