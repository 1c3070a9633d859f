// What a model that learns from plain images subtracts and divides by.
import type { Normalisation } from "../models/model-graph.ts";
import type { PlainImage } from "./sliding-window.ts";

/** Mean and standard deviation of all pixels of the images; a deviation of nothing counts as 1. */
export function normalisation(images: readonly PlainImage[]): Normalisation {
  let [sum, square, count] = [0, 0, 0];
  for (const { pixels } of images) {
    for (const value of pixels) {
      sum += value;
      square += value * value;
    }
    count += pixels.length;
  }
  const mean = sum / count;
  const std = Math.sqrt(Math.max(0, square / count - mean * mean));
  return { mean, std: std > 1e-6 ? std : 1 };
}
