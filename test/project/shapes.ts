// Shapes as a page sends them, for tests.

import { randomUUID } from "node:crypto";
import type { Geometry, ShapeInput } from "../../preload/contract/index.ts";

/** A shape on the first frame, with an id of its own. */
export function shape(
  imageId: string,
  classId: string | null,
  geometry: Geometry,
  more: Partial<ShapeInput> = {},
): ShapeInput {
  const common = { id: randomUUID(), frame: 0, attributes: {}, track: null, source: null };
  return { ...common, imageId, classId, geometry, ...more };
}

/** A box, at (1, 2) and of 3 × 4 pixels unless said otherwise. */
export function box(
  imageId: string,
  classId: string,
  more: Partial<ShapeInput & { x: number; y: number; width: number; height: number }> = {},
): ShapeInput {
  const { x = 1, y = 2, width = 3, height = 4, ...about } = more;
  return shape(imageId, classId, { kind: "box", x, y, width, height }, about);
}
