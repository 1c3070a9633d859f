// Where an image stands in the library's sequence, and which ones are beside it.
//
// A stack of several images is one place: what comes next is the first image that is not in it.
// A label may take the image out of the filter ("unlabelled"): then the image that moved into its place comes next.
import { useEffect, useMemo, useRef, useState } from "react";
import type { ImageSummary } from "../../../preload/contract/index.ts";
import { type Sequence, useSequence } from "../../studio/sequence.ts";

export interface Place {
  sequence: Sequence;
  /** null while it is looked for, or when the image is not in the sequence */
  index: number | null;
  total: number | null;
  /** Id of the image `step` places on; null at the ends or while its page is on its way. */
  neighbour(step: number): string | null;
}

/** Images loaded on either side, for the filmstrip. */
const AROUND = 30;

/** `members`: the images that are read together with this one. */
export function usePlace(imageId: string, members: ReadonlySet<string>): Place {
  const [index, setIndex] = useState<number | null>(null);
  const at = index ?? 0;
  const sequence = useSequence(at - AROUND, at + AROUND);
  const { locate } = sequence;
  const here = index === null ? undefined : sequence.at(index)?.id;
  const searched = useRef<string | null>(null);
  const seen = useRef<string | null>(null);
  useEffect(() => {
    if (here === imageId) {
      seen.current = imageId;
      return;
    }
    // Usually it is a neighbour; otherwise the sequence is asked once for each image.
    if (index !== null) {
      for (let step = 1; step <= AROUND; step++) {
        for (const near of [index + step, index - step]) {
          if (sequence.at(near)?.id === imageId) {
            setIndex(near);
            return;
          }
        }
      }
    }
    if (searched.current === imageId) return;
    searched.current = imageId;
    locate(imageId)
      .then((found) => {
        if (searched.current !== imageId) return;
        if (found !== null) setIndex(found);
        else if (seen.current !== imageId) setIndex(null); // never was in it; what fell out keeps its place
      })
      .catch(() => {
        searched.current = null;
      });
  }, [here, imageId, index, sequence, locate]);

  return useMemo(
    () => ({
      sequence,
      index,
      total: sequence.total,
      neighbour: (step) => {
        if (index === null) return null;
        const left = here !== imageId; // it fell out of the sequence: its place is taken by the next
        let at = left && step > 0 ? index + step - 1 : index + step;
        let image: ImageSummary | undefined = sequence.at(at);
        while (image && members.has(image.id)) {
          at += Math.sign(step);
          image = sequence.at(at);
        }
        return image ? image.id : null;
      },
    }),
    [sequence, index, here, imageId, members],
  );
}
