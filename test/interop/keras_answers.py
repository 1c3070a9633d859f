"""Answers of Keras 3 about a written layers model: argv[1] holds model.json, weights.bin and x.bin; argv[2] is the shape of x as JSON. Writes y.bin, prints its shape."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras  # noqa: E402
import numpy as np  # noqa: E402

folder, shape = sys.argv[1], json.loads(sys.argv[2])
with open(os.path.join(folder, "model.json"), encoding="utf-8") as file:
    written = json.load(file)
model = keras.models.model_from_json(json.dumps(written["modelTopology"]))

# As tensorflowjs's reader does it: by layer and the last part of the weight's name.
values, offset = {}, 0
with open(os.path.join(folder, "weights.bin"), "rb") as file:
    numbers = file.read()
for weight in written["weightsManifest"][0]["weights"]:
    count = int(np.prod(weight["shape"]))
    values[weight["name"]] = np.frombuffer(numbers, "<f4", count, offset).reshape(weight["shape"])
    offset += 4 * count
assert offset == len(numbers)
used = set()
for layer in model.layers:
    # Keras 2 and TensorFlow.js say which kernel it is.
    kernel = "depthwise_kernel" if isinstance(layer, keras.layers.DepthwiseConv2D) else "kernel"
    own = [f"{layer.name}/{variable.name if variable.name != 'kernel' else kernel}" for variable in layer.weights]
    if own:
        layer.set_weights([values[name] for name in own])
    used.update(own)
assert used == set(values), used ^ set(values)

x = np.fromfile(os.path.join(folder, "x.bin"), "<f4").reshape(shape)
y = np.asarray(model(x, training=False), "<f4")
y.tofile(os.path.join(folder, "y.bin"))
print(json.dumps(y.shape))
