// The gradient of a convolution with respect to its weights: in two dimensions dW[m,c,i,j] = sum over n,p,q of dY[n,m,p,q] X[n,c,p*s+i*d,q*s+j*d].
//
// It is itself a convolution (X and dY with batch and channels swapped, strides and dilations swapped): the portable form, right for
// every stride, dilation and padding. On the CPU that kernel as large as an image is 3 to 6 times slower than laying out the windows
// and calling one matrix product, so three such layouts follow; which one wins depends on the sizes (figures in ../README.md).
import type { GraphBuilder, Value } from "../builder.ts";
import { fixedDims, tensor } from "../graph.ts";
import type { Target } from "./rule.ts";
import { swapFirst } from "./window.ts";

/** How a window moves over the spatial axes. */
export interface Sliding {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Starts of all axes, then ends: top, left, bottom, right in two dimensions. Never negative. */
  readonly pads: readonly number[];
}

/** Up to this many output pixels per image, the whole batch goes into one matrix product. */
const SMALL_MAP = 12 * 12;
/** Windows this large over this few channels, as in the first layer of a ResNet, are not worth laying out (64 from 3 by 7x7, stride 2, 16x64x64: 8.3 ms against 5.6). */
const FEW_CHANNELS = 4;
const MANY_TAPS = 25;
/** Bytes of windows laid out at once: those of a whole batch were the peak of a step's memory. From 2 to 16 MB steps take the same time. */
const CHUNK_BYTES = 16 * 2 ** 20;

/** [M, C, ...kernel] from the input x [N, C, ...size] and the output's gradient dy [N, M, ...places], one group. */
export function weightGradient(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  kernel: readonly number[],
  window: Sliding,
  target: Target,
): Value {
  const fused = target === "cpu" && x.type === "float32" && x.shape.every((dim) => typeof dim === "number");
  if (!fused || kernel.length !== 2) return byConvolution(b, x, dy, kernel, window);
  const [batch, channels] = fixedDims(x.shape, "The input");
  const [, outputs, rows, columns] = fixedDims(dy.shape, "The gradient");
  if (rows! * columns! <= SMALL_MAP) return overTheBatch(b, x, dy, kernel, window);
  const plain = [...window.strides, ...window.dilations].every((step) => step === 1);
  // Numbers copied for each pixel.
  const [shifted, tapped] = [kernel[0]! * outputs! + kernel[1]! * channels!, kernel[0]! * kernel[1]! * channels!];
  const byRows = plain && kernel[0]! > 1 && shifted <= tapped;
  if (!byRows && channels! <= FEW_CHANNELS && kernel[0]! * kernel[1]! >= MANY_TAPS)
    return byConvolution(b, x, dy, kernel, window);
  const layout = byRows ? byRowsAndColumns : perImage;
  const copied = byRows ? shifted : tapped;
  const parts = chunks(batch!, 4 * copied * rows! * columns!).map((images) => layout(b, x, dy, kernel, window, images));
  return parts.length === 1 ? parts[0]! : b.op("Sum", parts);
}

/** Images from the first up to, not with, the second. */
type Images = readonly [from: number, to: number];

/** The batch in parts whose laid out windows take so much at most. */
function chunks(batch: number, bytesPerImage: number): readonly Images[] {
  const each = Math.max(1, Math.floor(CHUNK_BYTES / bytesPerImage));
  const count = Math.ceil(batch / each);
  return Array.from({ length: count }, (_, i) => [
    Math.floor((i * batch) / count),
    Math.floor(((i + 1) * batch) / count),
  ]);
}

function cropOrSame(b: GraphBuilder, value: Value, pads: readonly number[]): Value {
  return pads.every((pad) => pad === 0) ? value : b.pad(value, pads);
}

/** Pads for four axes that cut these images out of the batch on the way. */
function cut(batch: number, [from, to]: Images, [top, left, bottom, right]: readonly number[]): readonly number[] {
  return [0 - from, 0, top!, left!, to - batch, 0, bottom!, right!];
}

function byConvolution(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  kernel: readonly number[],
  { strides, dilations, pads }: Sliding,
): Value {
  const options = { strides: dilations, dilations: strides, pads };
  return cropped(b, swapFirst(b, b.conv(swapFirst(b, x), swapFirst(b, dy), null, options)), kernel);
}

/** Rows and columns that no window reached lengthen a gradient of weights; they are not weights. */
function cropped(b: GraphBuilder, weights: Value, kernel: readonly number[]): Value {
  if (kernel.every((size, i) => weights.shape[i + 2] === size)) return weights;
  return b.slice(
    weights,
    kernel.map(() => 0),
    kernel,
    kernel.map((_, i) => i + 2),
  );
}

/**
 * The same for several groups: [M, C / groups, ...kernel]. Each group is a group of the convolution again, and channels that share a group take turns as
 * images: one node however many groups.
 */
export function groupedWeightGradient(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  kernel: readonly number[],
  window: Sliding,
  groups: number,
  target: Target,
): Value {
  if (groups === 1) return weightGradient(b, x, dy, kernel, window, target);
  const [batch, channels, ...size] = fixedDims(x.shape, "The input") as [number, number, ...number[]];
  const [, outputs, ...places] = fixedDims(dy.shape, "The gradient") as [number, number, ...number[]];
  if (target === "cpu" && groups === channels && outputs === channels && kernel.length === 2) {
    return perChannelTaps(b, x, dy, kernel, window);
  }
  const [each, made] = [channels / groups, outputs / groups];
  const rest = size.map((_, i) => i + 3);
  const images = b.transpose(b.reshape(x, [batch, groups, each, ...size]), [2, 1, 0, ...rest]);
  const kernels = b.transpose(b.reshape(dy, [batch, groups, made, ...places]), [1, 2, 0, ...rest]);
  const product = b.conv(
    b.reshape(images, [each, groups * batch, ...size]),
    b.reshape(kernels, [outputs, batch, ...places]),
    null,
    { strides: window.dilations, dilations: window.strides, pads: window.pads, group: groups },
  );
  return cropped(b, swapFirst(b, product), kernel);
}

/** Each channel by itself: for every tap one product and one sum per channel. On the CPU a kernel as large as the image is several times slower. */
function perChannelTaps(b: GraphBuilder, x: Value, dy: Value, kernel: readonly number[], window: Sliding): Value {
  const [channels] = fixedDims(x.shape.slice(1, 2), "Channels") as [number];
  const places = fixedDims(dy.shape.slice(2), "The gradient");
  const sums = taps(b, x, places, kernel, window, 2).map((tap) => b.reduceSum(b.mul(tap, dy), [0, 2, 3]));
  return b.reshape(sums.length === 1 ? sums[0]! : b.concat(sums, 2), [channels, 1, ...kernel]);
}

/** Every window position of x as a strided slice, one per kernel tap, row by row. Spatial axes `rows` and `rows + 1`. */
function taps(
  b: GraphBuilder,
  x: Value,
  dy: readonly number[],
  [kh, kw]: readonly number[],
  { strides, dilations, pads }: Sliding,
  rows: 1 | 2,
): readonly Value[] {
  const [top, left, bottom, right] = pads as [number, number, number, number];
  const around = rows === 2 ? [0, 0, top, left, 0, 0, bottom, right] : [0, top, left, 0, 0, bottom, right, 0];
  const padded = pads.some((pad) => pad > 0) ? b.pad(x, around) : x;
  const [sy, sx] = strides as [number, number];
  const height = (dy[0]! - 1) * sy + 1;
  const width = (dy[1]! - 1) * sx + 1;
  if (kh === 1 && kw === 1 && padded.shape[rows] === height && padded.shape[rows + 1] === width && sy * sx === 1) {
    return [padded];
  }
  return Array.from({ length: kh! * kw! }, (_, tap) => {
    const y0 = Math.floor(tap / kw!) * dilations[0]!;
    const x0 = (tap % kw!) * dilations[1]!;
    return b.slice(padded, [y0, x0], [y0 + height, x0 + width], [rows, rows + 1], [sy, sx]);
  });
}

/** [N, M, PQ] times [N, kk C, PQ] transposed, summed over the images. */
function perImage(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  kernel: readonly number[],
  window: Sliding,
  images: Images,
): Value {
  const [batch, channels] = fixedDims(x.shape, "The input") as [number, number];
  const [, outputs, rows, columns] = fixedDims(dy.shape, "The gradient") as [number, number, number, number];
  const size = kernel[0]! * kernel[1]!;
  const count = images[1] - images[0];
  const padded = cropOrSame(b, x, cut(batch, images, window.pads));
  const parts = taps(b, padded, [rows, columns], kernel, { ...window, pads: [0, 0, 0, 0] }, 2);
  const gradient = cropOrSame(b, dy, cut(batch, images, [0, 0, 0, 0]));
  const windows = parts.length === 1 ? parts[0]! : b.concat(parts, 1);
  const products = b.fusedMatMul(
    b.reshape(gradient, [count, outputs, rows * columns]),
    b.reshape(windows, [count, size * channels, rows * columns]),
    { transB: true },
  );
  const summed = b.reshape(b.reduceSum(products, [0], false), [outputs, size, channels]);
  return b.reshape(b.transpose(summed, [0, 2, 1]), [outputs, channels, kernel[0]!, kernel[1]!]);
}

/**
 * [M, PQN] times [kk C, PQN] transposed: one product whose inner size is the whole batch. The batch lies innermost, so windows are copied in long runs, and both factors lie along
 * the sum, which the runtime multiplies in four fifths of the time of a product that goes down the columns of both.
 */
function overTheBatch(b: GraphBuilder, x: Value, dy: Value, kernel: readonly number[], window: Sliding): Value {
  const [batch, channels] = fixedDims(x.shape, "The input") as [number, number];
  const [, outputs, rows, columns] = fixedDims(dy.shape, "The gradient") as [number, number, number, number];
  const size = kernel[0]! * kernel[1]!;
  const positions = rows * columns * batch;
  const parts = taps(b, b.transpose(x, [1, 2, 3, 0]), [rows, columns], kernel, window, 1);
  const windows = parts.length === 1 ? parts[0]! : b.concat(parts, 0);
  const product = b.gemm(
    b.reshape(b.transpose(dy, [1, 2, 3, 0]), [outputs, positions]),
    b.reshape(windows, [size * channels, positions]),
    null,
    { transB: true },
  );
  const weights = b.transpose(b.reshape(product, [outputs, size, channels]), [0, 2, 1]);
  return b.reshape(weights, [outputs, channels, kernel[0]!, kernel[1]!]);
}

/**
 * Kernel rows shift dY, kernel columns shift X: kh + kw copies rather than kh * kw, and a product with M kh rows. Strides and
 * dilations must be 1: with Y = p + i, dW[m,c,i,j] is the sum over Y, q of dY[m, Y - i, q] X[c, Y, q + j].
 */
function byRowsAndColumns(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  [kh, kw]: readonly number[],
  { pads }: Sliding,
  images: Images,
): Value {
  const [batch, channels] = fixedDims(x.shape, "The input") as [number, number];
  const [, outputs, rows, columns] = fixedDims(dy.shape, "The gradient") as [number, number, number, number];
  const count = images[1] - images[0];
  const [top, left, bottom, right] = pads as [number, number, number, number];
  const height = rows + kh! - 1;
  // Row by row out of one padded copy: a third less copying than a padded copy of each shift.
  const over = kh! - 1;
  const lines = Array.from({ length: kh! * height }, (_, at) => BigInt(over + (at % height) - Math.floor(at / height)));
  const shifts = b.gather(
    b.pad(dy, cut(batch, images, [over, 0, over, 0])),
    b.constant(tensor("int64", [kh!, height], BigInt64Array.from(lines))),
    2,
  );
  // What a shift leaves over at one side is cut off, what it lacks at the other is 0: negative pads cut.
  const slices = Array.from({ length: kw! }, (_, j) =>
    b.pad(x, cut(batch, images, [top, left - j, bottom, right - (kw! - 1 - j)])),
  );
  const products = b.fusedMatMul(
    b.reshape(shifts, [count, outputs * kh!, height * columns]),
    b.reshape(b.concat(slices, 1), [count, kw! * channels, height * columns]),
    { transB: true },
  );
  const summed = b.reshape(b.reduceSum(products, [0], false), [outputs, kh!, kw!, channels]);
  return b.transpose(summed, [0, 3, 1, 2]);
}
