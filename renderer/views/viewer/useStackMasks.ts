// The masks that are known of a whole stack, by class and slice: what planes through the stack show of them.
//
// They are read from the answers that the page already has (useStackLabels asks for them, the LabelWriter keeps them fresh), so
// a stroke is seen in the planes as soon as it is kept.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import type { ImageLabels, ImageStack, MaskGeometry } from "../../../preload/contract/index.ts";
import { keys } from "../../studio/queries.ts";
import { isMask } from "./useTools.ts";

/** For each class (null: none) its masks by slice of the stack. */
export type StackMasks = ReadonlyMap<string | null, ReadonlyMap<number, readonly MaskGeometry[]>>;

export function useStackMasks(stack: ImageStack, layer: string): StackMasks {
  const queryClient = useQueryClient();
  const version = useRef(0);
  const [topic] = keys.allLabels;
  const subscribe = useCallback(
    (changed: () => void) =>
      queryClient.getQueryCache().subscribe((event) => {
        if (event.query.queryKey[0] !== topic || event.type !== "updated" || event.action.type !== "success") return;
        version.current++;
        changed();
      }),
    [queryClient, topic],
  );
  const at = useSyncExternalStore(subscribe, () => version.current);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version means other labels
  return useMemo(() => {
    const found = new Map<string | null, Map<number, MaskGeometry[]>>();
    for (const [slice, { imageId, frame }] of stack.slices.entries()) {
      const labels = queryClient.getQueryData<ImageLabels>(keys.labels(imageId, layer));
      for (const { geometry, classId } of labels?.shapes.filter(isMask).filter((mask) => mask.frame === frame) ?? []) {
        const ofClass = found.get(classId) ?? new Map<number, MaskGeometry[]>();
        found.set(classId, ofClass.set(slice, [...(ofClass.get(slice) ?? []), geometry]));
      }
    }
    return found;
  }, [queryClient, stack, layer, at]);
}
