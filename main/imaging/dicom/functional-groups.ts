// Attributes where they are: at the top of an object, or in the functional groups of an enhanced one (PS3.3 C.7.6.16).

import type { Attributes } from "./attributes.ts";

export class FunctionalGroups {
  readonly #top: Attributes;
  readonly #shared: Attributes | null;
  readonly #perFrame: readonly Attributes[];

  constructor(top: Attributes) {
    this.#top = top;
    this.#shared = top.items("SharedFunctionalGroupsSequence")[0] ?? null;
    this.#perFrame = top.items("PerFrameFunctionalGroupsSequence");
  }

  /** True where frames may differ. */
  get perFrame(): boolean {
    return this.#perFrame.length > 1;
  }

  /** Where to look for the attributes of one group, nearest first: the top level, the frame's own group, the shared one. */
  places(frame: number, group: string): Attributes[] {
    const places = [this.#top];
    for (const groups of [this.#perFrame[frame], this.#shared]) {
      const item = groups?.items(group)[0];
      if (item) places.push(item);
    }
    return places;
  }

  numbers(frame: number, group: string, keyword: string): number[] {
    return this.#first(frame, group, (place) => place.numbers(keyword));
  }

  strings(frame: number, group: string, keyword: string): string[] {
    return this.#first(frame, group, (place) => place.strings(keyword));
  }

  #first<T>(frame: number, group: string, read: (place: Attributes) => T[]): T[] {
    for (const place of this.places(frame, group)) {
      const found = read(place);
      if (found.length > 0) return found;
    }
    return [];
  }
}
