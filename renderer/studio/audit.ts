// Questions about the audit log, as hooks. They belong to the project's topic: every change is an entry.
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import type { AuditFilter, AuditLine } from "../../preload/contract/index.ts";
import { useStudio } from "./StudioContext.tsx";

const PAGE_SIZE = 100;
const LOG = ["project", "audit"] as const;

export interface AuditLines {
  /** null until the first answer */
  total: number | null;
  error: unknown;
  retry(): void;
  /** undefined while its page is on its way, and where an entry was taken out */
  at(index: number): AuditLine | undefined;
}

/** The entries that fit, newest first; loads the pages that cover [first, last]. */
export function useAuditLines(filter: AuditFilter, first: number, last: number): AuditLines {
  const studio = useStudio();
  const page = (number: number) => ({
    queryKey: [...LOG, "list", filter, number],
    queryFn: () => studio.audit.list({ filter, offset: number * PAGE_SIZE, limit: PAGE_SIZE }),
    placeholderData: keepPreviousData,
  });
  const head = useQuery(page(0));
  const total = head.data?.total ?? null;
  const from = Math.max(1, Math.floor(first / PAGE_SIZE));
  const to = Math.floor(Math.max(0, Math.min(last, (total ?? 0) - 1)) / PAGE_SIZE);
  const pages = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
  const answers = useQueries({ queries: pages.map(page) });
  const whole = Object.values(filter).every((value) => value === undefined);
  return {
    total,
    error: head.error,
    retry: () => void head.refetch(),
    at: (index) => {
      const number = Math.floor(index / PAGE_SIZE);
      const entries = number === 0 ? head.data?.entries : answers[number - from]?.data?.entries;
      // Without a filter every number has its place, also that of an entry that was taken out.
      if (whole && total !== null) return entries?.find(({ sequence }) => sequence === total - index);
      return entries?.[index % PAGE_SIZE];
    },
  };
}

export const useAuditState = () => {
  const studio = useStudio();
  return useQuery({ queryKey: [...LOG, "state"], queryFn: () => studio.audit.state() });
};

export const useAuditMembers = () => {
  const studio = useStudio();
  return useQuery({ queryKey: [...LOG, "members"], queryFn: () => studio.audit.members() });
};

/** What was said in the lines of the label log that an entry covers. */
export const useLabelLog = (sequence: number) => {
  const studio = useStudio();
  return useQuery({
    queryKey: [...LOG, "labels", sequence],
    queryFn: () => studio.audit.labels({ sequence }),
    retry: false,
  });
};
