// The images in the library's present filter and order, page by page: the grid, the filmstrip and "next image" share it.
import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useStore } from "zustand";
import type { ImageSummary, Inputs } from "../../preload/contract/index.ts";
import { libraryStore } from "../state/library.ts";
import { keys, useImagePage } from "./queries.ts";
import { useStudio } from "./StudioContext.tsx";

export const PAGE_SIZE = 100;

export interface Sequence {
  /** null until the first answer */
  total: number | null;
  error: unknown;
  retry(): void;
  /** undefined while its page is on its way or outside the sequence */
  at(index: number): ImageSummary | undefined;
  /** Index of an image, asking page by page; null when it is not in the sequence. */
  locate(imageId: string): Promise<number | null>;
}

/** Loads the pages that cover [first, last]; indices of the sequence. */
export function useSequence(first: number, last: number): Sequence {
  const studio = useStudio();
  const queryClient = useQueryClient();
  const filter = useStore(libraryStore, (state) => state.filter);
  const sort = useStore(libraryStore, (state) => state.sort);
  const head = useImagePage({ filter, sort, offset: 0, limit: PAGE_SIZE });
  const total = head.data?.total ?? null;

  const input = useCallback(
    (page: number): Inputs["images"]["list"] => ({ filter, sort, offset: page * PAGE_SIZE, limit: PAGE_SIZE }),
    [filter, sort],
  );
  const firstPage = Math.max(1, Math.floor(first / PAGE_SIZE));
  const lastPage = Math.floor(Math.max(0, Math.min(last, (total ?? 0) - 1)) / PAGE_SIZE);
  const pages = Array.from({ length: Math.max(0, lastPage - firstPage + 1) }, (_, index) => firstPage + index);
  const answers = useQueries({
    queries: pages.map((page) => ({
      queryKey: keys.images(input(page)),
      queryFn: () => studio.images.list(input(page)),
    })),
  });

  const { refetch } = head;
  return useMemo<Sequence>(
    () => ({
      total,
      error: head.error,
      retry: () => void refetch(),
      at: (index) => {
        const page = Math.floor(index / PAGE_SIZE);
        const items = page === 0 ? head.data?.items : answers[page - firstPage]?.data?.items;
        return items?.[index % PAGE_SIZE];
      },
      locate: async (imageId) => {
        for (let page = 0; ; page++) {
          const answer = await queryClient.fetchQuery({
            queryKey: keys.images(input(page)),
            queryFn: () => studio.images.list(input(page)),
          });
          const index = answer.items.findIndex(({ id }) => id === imageId);
          if (index >= 0) return page * PAGE_SIZE + index;
          if ((page + 1) * PAGE_SIZE >= answer.total) return null;
        }
      },
    }),
    [total, head.data, head.error, refetch, answers, firstPage, input, queryClient, studio],
  );
}
