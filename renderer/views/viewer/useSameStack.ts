// A stack is asked for again when anything about its images changes (a label, a shape), and the answer is another object though
// its slices are the same ones. What is built on slices (pictures, volumes, links) must not begin anew for that.
import { useRef } from "react";
import type { ImageStack } from "../../../preload/contract/index.ts";

/** The stack as it was first seen, while its slices are the same. */
export function useSameStack(stack: ImageStack): ImageStack {
  const kept = useRef(stack);
  if (kept.current !== stack && !sameSlices(kept.current, stack)) kept.current = stack;
  return kept.current;
}

function sameSlices({ slices }: ImageStack, other: ImageStack): boolean {
  return (
    slices.length === other.slices.length &&
    slices.every(({ imageId, frame, position }, index) => {
      const slice = other.slices[index];
      return slice.imageId === imageId && slice.frame === frame && slice.position === position;
    })
  );
}
