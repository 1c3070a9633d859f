// A library of as many images as asked for, for benches: small pictures with the facts of real ones, nine in ten labelled.

import { drawPhantom } from "../../main/imaging/phantoms/phantom.ts";
import { readImages } from "../../main/imaging/read.ts";
import type { Project } from "../../main/project/project.ts";

const BATCH = 1_000;
/** Different thumbnails; a browser decodes each as often as it is shown. */
const PICTURES = 32;
const LABELLED = 0.9;

/** Ids in the order of import. */
export function fillLibrary(project: Project, count: number): string[] {
  const thumbnails = Array.from({ length: PICTURES }, (_, index) => {
    const { fileName: name, bytes } = drawPhantom({ index, seed: 7 });
    return readImages({ name, bytes })[0]!.thumbnail;
  });
  const pixels = {
    rows: 10,
    columns: 20,
    frames: 1,
    samples: 1 as const,
    type: "uint8" as const,
    bitsStored: 8,
    inverted: false,
    slope: 1,
    intercept: 0,
    unit: "",
    window: { center: 128, width: 256 },
    spacing: null,
  };
  const add = (index: number) =>
    project.images.add({
      identity: `${(index * 7919) % count}`,
      format: "dicom",
      name: `folder/image${(index * 31) % count}.dcm`,
      modality: ["CT", "MR", "CR"][index % 3]!,
      patient: `PAT${index >> 2}`,
      study: `1.2.3.${index}`,
      series: `1.2.3.4.${index}`,
      sopInstance: `1.2.${index}`,
      instanceNumber: index,
      pixels,
      encoding: {},
      frames: [{ transferSyntax: "raw", bytes: new Uint8Array(200) }],
      tags: Array.from({ length: 20 }, (_, tag) => ({ tag: `0008000${tag}`, name: "SomeTag", value: `value ${tag}` })),
      thumbnail: thumbnails[index % PICTURES]!,
      suggestedClass: null,
      suggestedPart: null,
      quality: index % 50 === 0 ? ["clipped"] : [],
    });
  const ids: string[] = [];
  for (let start = 0; start < count; start += BATCH) {
    project.transaction(() => {
      for (let index = start; index < Math.min(count, start + BATCH); index++) ids.push(add(index).id);
    });
  }
  const names = ["normal", "lesion", "other"];
  const labelled = ids.slice(0, Math.round(count * LABELLED));
  project.labels.importClasses(labelled.map((imageId, index) => ({ imageId, className: names[index % 3]! })));
  return ids;
}
