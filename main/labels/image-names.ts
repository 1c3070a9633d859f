// Images found again by what files of other people call them.
//
// A name finds its image by the end of its path: `train/normal/1.png` is the image that was imported as `normal/1.png` or `1.png`, but
// not `lesion/1.png`. A name that could be several images is not guessed at.

type Named = { readonly id: string; readonly segments: readonly string[] };

const segmentsOf = (path: string) =>
  path
    .replaceAll("\\", "/")
    .normalize("NFC")
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".");

const stemOf = (name: string) => name.replace(/\.[^.]+$/, "");

/** Finds images by the end of their path; by name without its ending where the asker leaves endings out. */
export class ImageNames {
  readonly #byName = new Map<string, Named[]>();
  readonly #byStem = new Map<string, Named[]>();

  constructor(images: readonly { id: string; name: string }[]) {
    const add = (map: Map<string, Named[]>, key: string, image: Named) => {
      const present = map.get(key);
      if (present === undefined) map.set(key, [image]);
      else present.push(image);
    };
    for (const { id, name } of images) {
      const image = { id, segments: segmentsOf(name) };
      const last = image.segments.at(-1) ?? "";
      add(this.#byName, last, image);
      add(this.#byStem, stemOf(last), image);
    }
  }

  /** The image's id, or null where none or more than one could be meant. */
  find(file: string): string | null {
    const segments = segmentsOf(file);
    const last = segments.at(-1) ?? "";
    const candidates = this.#byName.get(last) ?? this.#byStem.get(last) ?? [];
    const folders = segments.slice(0, -1).reverse();
    const fitting = candidates
      .map(({ id, segments: own }) => ({ id, own: own.slice(0, -1).reverse() }))
      .filter(({ own }) => own.slice(0, folders.length).every((folder, index) => folder === folders[index]))
      .map(({ id, own }) => ({ id, depth: Math.min(own.length, folders.length) }));
    const deepest = Math.max(...fitting.map(({ depth }) => depth));
    const best = fitting.filter(({ depth }) => depth === deepest);
    return best.length === 1 ? best[0]!.id : null;
  }
}
