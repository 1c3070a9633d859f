"""Small nets with random weights exported by PyTorch (Debian's python3-torch) and models fitted by scikit-learn, a file each; argument: a folder.

scikit-learn's are written as its converters write them, from the fitted coefficients; beside each lie cases and scikit-learn's own answers. Prints all names as JSON."""
import json
import sys
import warnings
from pathlib import Path

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
folder = Path(sys.argv[1])
torch.manual_seed(5)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.first, self.second = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = F.relu(self.norm(self.stem(x)))
        x = F.relu(x + self.second(F.relu(self.first(x))))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Depthwise(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide, self.each, self.thin = nn.Conv2d(3, 12, 1), nn.Conv2d(12, 12, 5, 2, 2, groups=12), nn.Conv2d(12, 6, 1)
        self.down, self.up = nn.Conv2d(6, 3, 1), nn.Conv2d(3, 6, 1)
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        x = self.thin(F.hardswish(self.each(F.hardswish(self.wide(x)))))
        x = x * F.hardsigmoid(self.up(F.relu(self.down(x.mean((2, 3), keepdim=True)))))
        return self.head(x.mean((2, 3)))


class Segmenter(nn.Module):
    def __init__(self, resize):
        super().__init__()
        self.down, self.bottom = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.grow = None if resize else nn.ConvTranspose2d(8, 8, 2, 2)
        self.join, self.head = nn.Conv2d(14, 6, 3, padding=1), nn.Conv2d(6, 2, 1)

    def forward(self, x):
        skip = F.leaky_relu(self.down(x))
        x = F.elu(self.bottom(F.max_pool2d(skip, 2)))
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False) if self.grow is None else self.grow(x)
        return self.head(F.gelu(self.join(torch.cat([skip, x], 1))))


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.SiLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.SiLU())
        self.classes, self.boxes = nn.Conv2d(8, 3, 1), nn.Conv2d(8, 4, 1)

    def forward(self, x):
        x = self.body(x)
        return self.classes(x).flatten(2).transpose(1, 2), F.softplus(self.boxes(x)).flatten(2).transpose(1, 2)


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.net, self.head = kind(5, 7), nn.Linear(7, 4)

    def forward(self, x):
        sequence, _ = self.net(x)
        return self.head(sequence[-1])


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.qkv, self.out = nn.LayerNorm(8), nn.Linear(8, 24), nn.Linear(8, 8)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        x = x + self.out(torch.softmax(q @ k.transpose(1, 2) / 8**0.5, -1) @ v)
        return self.head(x.mean(1))


def perceptron():
    return nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Dropout(0.3), nn.Linear(12, 12), nn.PReLU(), nn.Linear(12, 4), nn.Softmax(1))


picture, table = (2, 3, 16, 16), (2, 6)
NETS = [
    ("residual-9", Residual(), picture, 9),
    ("residual-11", Residual(), picture, 11),
    ("depthwise-14", Depthwise(), picture, 14),
    ("segmenter-transposed-10", Segmenter(False), picture, 10),
    ("segmenter-resized-13", Segmenter(True), picture, 13),
    ("detector-12", Detector(), picture, 12),
    ("lstm-12", Recurrent(nn.LSTM), (6, 2, 5), 12),
    ("gru-15", Recurrent(nn.GRU), (6, 2, 5), 15),
    ("attention-16", Attention(), (2, 6, 8), 16),
    ("perceptron-8", perceptron(), table, 8),
    ("perceptron-17", perceptron(), table, 17),
    ("residual-7", Residual(), picture, 7),
]
names = []
for name, net, shape, opset in NETS:
    net.eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    torch.onnx.export(net, torch.rand(shape), str(folder / f"{name}.onnx"), opset_version=opset, input_names=["x"])
    names.append(name)


def fitted(name, opset, estimator, nodes, constants, answer, outputs):
    inputs = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, FEATURES])
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, outputs])
    given = [numpy_helper.from_array(numpy.asarray(value, numpy.float32), key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, name, [inputs], [output], given)
    model = helper.make_model(graph, producer_name="scikit-learn", opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 7
    onnx.save(model, str(folder / f"{name}.onnx"))
    cases = DATA[:7].astype(numpy.float32)
    answers = numpy.asarray(answer(cases)).reshape(7, outputs)
    (folder / f"{name}.json").write_text(json.dumps({"x": cases.tolist(), "y": answers.tolist()}))
    names.append(name)


FEATURES = 6
random = numpy.random.default_rng(3)
DATA = random.normal(size=(300, FEATURES))
CLASSES = numpy.argmax(DATA[:, :3] + 0.5 * random.normal(size=(300, 3)), 1)
node = helper.make_node

linear = LinearRegression().fit(DATA, DATA @ random.normal(size=(FEATURES, 2)) + 1)
fitted("sklearn-linear-13", 13, linear, [node("Gemm", ["x", "w", "b"], ["y"], transB=1)],
       {"w": linear.coef_, "b": linear.intercept_}, linear.predict, 2)

logistic = LogisticRegression().fit(DATA, CLASSES)
fitted("sklearn-logistic-9", 9, logistic, [node("Gemm", ["x", "w", "b"], ["z"], transB=1), node("Softmax", ["z"], ["y"], axis=1)],
       {"w": logistic.coef_, "b": logistic.intercept_}, logistic.predict_proba, 3)

perceptron = MLPClassifier((8, 5), max_iter=400, random_state=1).fit(DATA, CLASSES)
layers, constants, value = [], {}, "x"
for i, (weight, bias) in enumerate(zip(perceptron.coefs_, perceptron.intercepts_)):
    constants |= {f"w{i}": weight, f"b{i}": bias}
    layers += [node("MatMul", [value, f"w{i}"], [f"m{i}"]), node("Add", [f"m{i}", f"b{i}"], [f"a{i}"])]
    value = f"a{i}"
    if i < 2:
        layers.append(node("Relu", [value], [f"r{i}"]))
        value = f"r{i}"
fitted("sklearn-perceptron-15", 15, perceptron, layers + [node("Softmax", [value], ["y"], axis=-1)], constants, perceptron.predict_proba, 3)

pipeline = make_pipeline(StandardScaler(), PCA(4), LogisticRegression()).fit(DATA, CLASSES)
scaler, pca, last = (step for _, step in pipeline.steps)
fitted("sklearn-pipeline-18", 18, pipeline,
       [node("Sub", ["x", "mean"], ["c"]), node("Div", ["c", "scale"], ["s"]), node("Sub", ["s", "centre"], ["d"]),
        node("MatMul", ["d", "axes"], ["p"]), node("Gemm", ["p", "w", "b"], ["z"], transB=1), node("Softmax", ["z"], ["y"])],
       {"mean": scaler.mean_, "scale": scaler.scale_, "centre": pca.mean_, "axes": pca.components_.T, "w": last.coef_, "b": last.intercept_},
       pipeline.predict_proba, 3)
print(json.dumps(names))
