// What the bench asks of a process, and what comes back.

/** `write`: import what is in `images` into a new project in `folder`, then label. `read`: the snapshot of that project. */
export interface Order {
  readonly work: "write" | "read";
  readonly images: string;
  readonly folder: string;
}

/** Milliseconds: of processors, all threads, user and system; of the clock. */
export interface Cost {
  readonly processorMs: number;
  readonly wallMs: number;
}

export const PARTS = ["import", "label", "bytes", "frames", "prepare"] as const;
export type Costs = Partial<Record<(typeof PARTS)[number], Cost>>;
