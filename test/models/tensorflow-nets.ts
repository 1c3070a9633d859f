// The three architectures written a second time, in TensorFlow.js, from the papers rather than from our graphs: an independent witness.
//
// Weights come in our layout (OIHW) and are turned inside the differentiated function, so gradients come back in it.
import * as tf from "@tensorflow/tfjs";

type Weights = Readonly<Record<string, tf.Tensor>>;

const EPSILON = 1e-5;

function conv(w: Weights, name: string, x: tf.Tensor4D, stride = 1): tf.Tensor4D {
  const kernel = tf.transpose(w[`${name}.weight`]!, [2, 3, 1, 0]) as tf.Tensor4D;
  return tf.conv2d(x, kernel, stride, (kernel.shape[0] - 1) / 2);
}

function norm(w: Weights, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const standard = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(standard, w[`${name}.scale`]!), w[`${name}.bias`]!) as tf.Tensor4D;
}

function linear(w: Weights, x: tf.Tensor2D): tf.Tensor2D {
  return tf.add(tf.matMul(x, w["logits.weight"] as tf.Tensor2D, false, true), w["logits.bias"]!) as tf.Tensor2D;
}

const pooledMean = (x: tf.Tensor4D) => tf.mean(x, [1, 2]) as tf.Tensor2D;

function convnet(w: Weights, image: tf.Tensor4D): tf.Tensor2D {
  let x = image;
  for (let stage = 1; w[`stage${stage}.conv.weight`]; stage++) {
    const activated = tf.relu(norm(w, `stage${stage}.norm`, conv(w, `stage${stage}.conv`, x)));
    x = tf.maxPool(activated, 2, 2, "valid"); // after Relu, where ours stands before it
  }
  return linear(w, pooledMean(tf.relu(norm(w, "last.norm", conv(w, "last.conv", x)))));
}

function resnet18(w: Weights, image: tf.Tensor4D): tf.Tensor2D {
  const large = image.shape[1] > 64;
  let x = tf.relu(norm(w, "stem.norm", conv(w, "stem.conv", image, large ? 2 : 1)));
  if (large) x = tf.maxPool(x, 3, 2, 1);
  for (const stage of [1, 2, 3, 4])
    for (const block of [1, 2]) {
      const name = `stage${stage}.block${block}`;
      const stride = block === 1 && stage > 1 ? 2 : 1;
      const inner = tf.relu(norm(w, `${name}.norm1`, conv(w, `${name}.conv1`, x, stride)));
      const residual = norm(w, `${name}.norm2`, conv(w, `${name}.conv2`, inner));
      const shortcut = w[`${name}.shortcut.conv.weight`]
        ? norm(w, `${name}.shortcut.norm`, conv(w, `${name}.shortcut.conv`, x, stride))
        : x;
      x = tf.relu(tf.add(residual, shortcut)) as tf.Tensor4D;
    }
  return linear(w, pooledMean(x));
}

/** Logits of a batch [N, size, size, 1] that is normalised already. */
export const NETS = {
  logistic: (w: Weights, image: tf.Tensor4D): tf.Tensor2D => linear(w, tf.reshape(image, [image.shape[0], -1])),
  convnet,
  resnet18,
};

/** Mean cross-entropy with soft targets and its gradient for every weight, by name. */
export function lossAndGradients(
  net: (w: Weights) => tf.Tensor2D,
  target: tf.Tensor2D,
  weights: ReadonlyMap<string, tf.Tensor>,
): { loss: number; gradients: ReadonlyMap<string, Float32Array> } {
  const names = [...weights.keys()];
  const gradients = new Map<string, Float32Array>();
  let loss = Number.NaN;
  tf.tidy(() => {
    const run = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const logits = net(Object.fromEntries(names.map((name, i) => [name, values[i]!])));
      return tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1))) as tf.Scalar;
    });
    const { value, grads } = run([...weights.values()]);
    loss = value.dataSync()[0]!;
    for (const [i, name] of names.entries()) gradients.set(name, Float32Array.from(grads[i]!.dataSync()));
  });
  return { loss, gradients };
}
