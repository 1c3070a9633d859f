// What images are called in exported files, and how a name in a file finds its image again.
//
// A name is the path that the image was imported as, without its ending, made safe for every file system. Two images of one name (also in
// another case, for systems that know none) get eight digits of their id behind a "~". Frames follow behind an "@", from 0.

import { ImageNames } from "../image-names.ts";

const ENDINGS = /\.(dcm|dicom|ima|png|jpe?g|tiff?|npz|nii\.gz|nii)$/i;
/** Names that Windows keeps for devices, with any ending. */
const DEVICES = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;
const LONGEST_SEGMENT = 180;

export interface ExportName {
  readonly base: string;
  readonly extension: string;
}

/** A relative path that every system takes and that leads nowhere else. */
function safePath(name: string): string {
  const segments = name
    .normalize("NFC")
    .split(/[/\\]/)
    .filter((segment) => segment !== "" && segment !== "." && segment !== "..")
    .map((segment) => {
      let safe = segment
        // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
        .replace(/[<>:"|?*\u0000-\u001f\u007f]/g, "_")
        .replace(/^\.+/, "_")
        .replace(/[. ]+$/, "_");
      if (DEVICES.test(safe)) safe = `_${safe}`;
      while (Buffer.byteLength(safe) > LONGEST_SEGMENT) safe = [...safe].slice(0, -1).join("");
      return safe;
    });
  return segments.join("/") || "_";
}

function split(name: string): ExportName {
  const safe = safePath(name);
  const [extension = ""] = ENDINGS.exec(safe) ?? [];
  const base = safe.slice(0, safe.length - extension.length);
  return base === "" || base.endsWith("/") ? { base: safe, extension: "" } : { base, extension };
}

const caseless = (base: string) => base.toLowerCase();

export class ExportNames {
  readonly #byId = new Map<string, ExportName>();
  readonly #byBase = new Map<string, string>();
  readonly #names: ImageNames;

  constructor(images: readonly { id: string; name: string }[]) {
    const parts = images.map(({ id, name }) => ({ id, ...split(name) }));
    const count = new Map<string, number>();
    for (const { base } of parts) count.set(caseless(base), (count.get(caseless(base)) ?? 0) + 1);
    for (const { id, base, extension } of parts) {
      const unique = count.get(caseless(base)) === 1 ? base : `${base}~${id.slice(0, 8)}`;
      this.#byId.set(id, { base: unique, extension });
      this.#byBase.set(unique, id);
    }
    this.#names = new ImageNames(images);
  }

  /** `id`: of an image that was there when this was made. */
  of(id: string): ExportName {
    const name = this.#byId.get(id);
    if (name === undefined) throw new TypeError("An image without a name.");
    return name;
  }

  /** The image and the frame that a path in somebody's file means; null where no image, or more than one, could be meant. */
  find(path: string): { id: string; frame: number } | null {
    const plain = path.normalize("NFC").replaceAll("\\", "/");
    const id = this.#find(plain);
    if (id !== null) return { id, frame: 0 };
    const framed = /^(.*)@(\d{1,6})(\.[^/@]*)?$/.exec(plain);
    if (framed === null) return null;
    const [, base = "", frame = "", extension = ""] = framed;
    const found = this.#find(base + extension) ?? this.#find(base);
    return found === null ? null : { id: found, frame: Number(frame) };
  }

  #find(path: string): string | null {
    return (
      this.#byBase.get(path) ??
      this.#byBase.get(path.replace(ENDINGS, "")) ??
      this.#byBase.get(path.replace(/\.[^./]+$/, "")) ??
      this.#names.find(path)
    );
  }
}
