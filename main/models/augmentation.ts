// Augmentation as a graph: each image of a batch is moved, turned and scaled by its own affine map, then made brighter or darker.
//
// The caller draws the random numbers (affine, gain, offset), so the same numbers give the same images. The sampling grid is a constant
// times the affine map, one small product. Convention of PyTorch's affine_grid with align_corners false: coordinates run from -1 to
// 1 over the image's outer edges, and theta maps a place in the output to the place in the input that it is read from.
import { GraphBuilder } from "../graph/builder.ts";
import { floatTensor, type Graph } from "../graph/graph.ts";

/**
 * Inputs `image` [batch, 1, size, size] in [0, 1], `theta` [batch, 2, 3], `gain` [batch], `offset` [batch];
 * output `augmented`, shaped like `image`: clip(gain * sampled + offset, 0, 1). Outside the image lies its border pixel.
 */
export function augmentationGraph({ batch, size }: { batch: number; size: number }): Graph {
  const b = new GraphBuilder("augmentation");
  const image = b.input("image", "float32", [batch, 1, size, size]);
  const theta = b.input("theta", "float32", [batch, 2, 3]);
  const gain = b.input("gain", "float32", [batch]);
  const offset = b.input("offset", "float32", [batch]);

  const places = b.constant(floatTensor([size * size, 3], homogeneousPlaces(size)));
  const grid = b.reshape(b.matMul(places, b.transpose(theta, [0, 2, 1])), [batch, size, size, 2]);
  const moved = b.gridSample(image, grid);
  const perImage = [batch, 1, 1, 1];
  const lit = b.add(b.mul(moved, b.reshape(gain, perImage)), b.reshape(offset, perImage));
  b.output(b.as("augmented").clip(lit, 0, 1));
  return b.build();
}

/** x, y, 1 of every pixel's centre, row by row. */
function homogeneousPlaces(size: number): Float32Array {
  const centre = (index: number) => (2 * index + 1) / size - 1;
  return Float32Array.from({ length: size * size * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    if (i % 3 === 0) return centre(pixel % size);
    return i % 3 === 1 ? centre(Math.floor(pixel / size)) : 1;
  });
}
