// What comes next is loaded before it is asked for: the slices around the one in sight, and the next image.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { ImageStack } from "../../../preload/contract/index.ts";
import { keys } from "../../studio/queries.ts";
import { useStudio } from "../../studio/StudioContext.tsx";
import { Picture } from "../../viewer/cornerstone.ts";

/** Slices loaded at the same time. */
const AT_ONCE = 4;

/** `following`: the image after this stack, or null. */
export function usePrepared(following: string | null, stack: ImageStack, index: number): void {
  const studio = useStudio();
  const queryClient = useQueryClient();
  useEffect(() => {
    if (!following) return;
    const prepare = async () => {
      const next = await queryClient.fetchQuery({
        queryKey: keys.stack(following),
        queryFn: () => studio.images.stack({ id: following }),
      });
      const { imageId } = next.slices[0];
      const image = next.images.find(({ id }) => id === imageId);
      if (image) await Picture.prepare(next.slices[0], image);
    };
    prepare().catch(() => {}); // only a convenience: the viewer reports it when the image is really opened
  }, [following, queryClient, studio]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: from where the reader is when the stack is opened
  useEffect(() => {
    if (stack.slices.length < 2) return;
    let stopped = false;
    const images = new Map(stack.images.map((image) => [image.id, image]));
    // The nearest first, on both sides.
    const order = stack.slices.map((_, at) => at).sort((a, b) => Math.abs(a - index) - Math.abs(b - index));
    const work = async () => {
      for (let at = order.shift(); at !== undefined && !stopped; at = order.shift()) {
        const slice = stack.slices[at];
        const image = images.get(slice.imageId);
        if (image) await Picture.prepare(slice, image).catch(() => {});
      }
    };
    for (let worker = 0; worker < AT_ONCE; worker++) void work();
    return () => {
      stopped = true;
    };
  }, [stack]);
}
