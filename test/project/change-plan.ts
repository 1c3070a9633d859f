// An endless, fixed sequence of changes to a project with images and two classes: the n-th change depends on n alone.
// n is the number of audit entries, so it is read from the project itself: after a kill it goes on where the disk says it was.

import type { Project } from "../../main/project/project.ts";
import { shape } from "./shapes.ts";

/** Images that the plan works on, in the order of import. */
export const PLANNED_IMAGES = 12;

/** Entries that a project of `PLANNED_IMAGES` images and two classes has before the first change. */
export const ENTRIES_BEFORE = 1 + PLANNED_IMAGES + 2;

export interface PlannedState {
  readonly classes: number[];
  readonly boxes: number[];
}

/** Change number n gives an image a class other than its present one, or draws a box on it. Each image is met in turn. */
function planned(n: number): { image: number; classIndex: number } | { image: number; box: true } {
  const image = n % PLANNED_IMAGES;
  const round = Math.floor(n / PLANNED_IMAGES);
  return round % 5 === 4 ? { image, box: true } : { image, classIndex: round % 2 };
}

/** Makes the next change of the plan; answers how many have been made. */
export function makeChange(project: Project): number {
  const n = project.audit.list(0, 1).total - ENTRIES_BEFORE;
  const ids = project.images.names();
  const change = planned(n);
  const imageId = ids[change.image]!.id;
  const classes = project.labels.classes();
  if ("box" in change) {
    const geometry = { kind: "box", x: 1, y: 1, width: 2 + (n % 7), height: 2 } as const;
    project.labels.apply([{ do: "put", shape: shape(imageId, classes[0]!.id, geometry) }]);
  } else {
    // Rounds 3 and 5 would repeat a class; taking it back first keeps every change a change.
    const present = project.labels.forImage(imageId).classId;
    const wanted = classes[change.classIndex]!.id;
    project.labels.apply([{ do: "class", imageId, classId: present === wanted ? null : wanted }]);
  }
  return n + 1;
}

/** What images must look like after n changes: index of the class or -1, and how many boxes. */
export function stateAfter(n: number): PlannedState {
  const classes = new Array<number>(PLANNED_IMAGES).fill(-1);
  const boxes = new Array<number>(PLANNED_IMAGES).fill(0);
  for (let index = 0; index < n; index++) {
    const change = planned(index);
    if ("box" in change) boxes[change.image]!++;
    else classes[change.image] = classes[change.image] === change.classIndex ? -1 : change.classIndex;
  }
  return { classes, boxes };
}

/** What they do look like. */
export function stateOf(project: Project): PlannedState {
  const order = project.labels.classes().map(({ id }) => id);
  const labels = project.images.names().map(({ id }) => project.labels.forImage(id));
  return {
    classes: labels.map(({ classId }) => (classId === null ? -1 : order.indexOf(classId))),
    boxes: labels.map(({ shapes }) => shapes.length),
  };
}
