// The three planes of the stack in sight and the point in which they cross. The acquired plane is the main picture: its slice is
// where the route says, so the point follows the route along the normal.
import { useState } from "react";
import type { ImageStack } from "../../../preload/contract/index.ts";
import type { ImagePx } from "../../viewer/coordinates.ts";
import {
  fromPlane,
  middleOf,
  nearestSlice,
  type Plane,
  sliceAt,
  throughSlice,
  type VolumePoint,
} from "../../viewer/volume/planes.ts";
import type { Volume } from "../../viewer/volume/Volume.ts";
import { type DrawnPlane, useVolume, type VolumeState } from "./useVolume.ts";

export interface Planes {
  readonly volume: Volume;
  /** the acquired plane, which is the main picture */
  readonly acquired: Plane;
  readonly drawn: readonly [DrawnPlane, DrawnPlane];
  readonly point: VolumePoint;
  /** puts the point to a place of a plane */
  moveTo(plane: Plane, at: ImagePx): void;
  /** moves the point through a plane by so many virtual slices */
  scroll(plane: Plane, step: number): void;
}

export interface PlanesParts {
  stack: ImageStack;
  /** of the slice asked for */
  index: number;
  wanted: boolean;
  show(slice: ImageStack["slices"][number]): void;
}

export function usePlanes({ stack, index, wanted, show }: PlanesParts): { state: VolumeState; planes: Planes | null } {
  const state = useVolume(stack, wanted);
  const [held, setHeld] = useState<{ volume: Volume; point: VolumePoint } | null>(null);
  if (state.state !== "ready") return { state, planes: null };
  const { volume, acquired, drawn } = state;
  const { geometry } = volume;
  const kept = held?.volume === volume ? held.point : middleOf(geometry, index);
  const isHere = nearestSlice(geometry.positions, kept.along) === index;
  const point = isHere ? kept : { ...kept, along: geometry.positions[index] };
  const put = (to: VolumePoint) => {
    setHeld({ volume, point: to });
    const slice = nearestSlice(geometry.positions, to.along);
    if (slice !== index) show(stack.slices[slice]);
  };
  return {
    state,
    planes: {
      volume,
      acquired,
      drawn,
      point,
      moveTo: (plane, at) => put(fromPlane(geometry, plane, at, point)),
      scroll: (plane, step) => {
        const to = Math.max(0, Math.min(plane.slices - 1, sliceAt(geometry, plane, point) + step));
        put(throughSlice(geometry, plane, to, point));
      },
    },
  };
}
