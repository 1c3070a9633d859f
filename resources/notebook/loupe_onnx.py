"""Computes an ONNX model with numpy alone: for where onnxruntime is not installed. Slow and small.

It covers the operators of Loupe's own image networks (logistic, MLP, classic CNN, conv net, ResNet, DenseNet, MobileNet, EfficientNet, ConvNeXt, ViT, U-Net,
detector), also pruned ones and int8 ones in QDQ form. Any other operator is refused by name, before anything is computed. What operators mean is
https://onnx.ai/onnx/operators/ (opset 17); the file is protobuf, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""
import math
import struct

import numpy as np

FLOAT, UINT8, INT8, INT32, INT64, BOOL, FLOAT16, DOUBLE = 1, 2, 3, 6, 7, 9, 10, 11
TYPES = {
    FLOAT: np.float32, UINT8: np.uint8, INT8: np.int8, INT32: np.int32, INT64: np.int64, BOOL: np.bool_,
    FLOAT16: np.float16, DOUBLE: np.float64,
}


class NotSupported(Exception):
    """The model has an operator, or a use of one, that this reader does not know. Install onnxruntime to compute it."""


# The file

def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _fields(data):
    """(number, value) of every field of a protobuf message; numbers as they lie in the file, messages and texts as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
        elif wire == 1:
            value, at = data[at:at + 8], at + 8
        elif wire == 5:
            value, at = data[at:at + 4], at + 4
        elif wire == 2:
            length, at = _varint(data, at)
            value, at = data[at:at + length], at + length
        else:
            raise ValueError(f"This is not an ONNX file: wire type {wire}.")
        yield number, value


def _signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


def _numbers(value, packed, one):
    """A repeated field's numbers: packed into bytes, or one of them."""
    return list(packed(value)) if isinstance(value, (bytes, memoryview)) else [one(value)]


def _varints(data):
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield _signed(value)


def _text(value):
    return bytes(value).decode("utf-8")


def _tensor(data):
    dims, kind, name, raw, floats, integers = [], FLOAT, "", None, [], []
    for number, value in _fields(data):
        if number == 1:
            dims += _numbers(value, _varints, _signed)
        elif number == 2:
            kind = value
        elif number == 4:
            floats += struct.unpack(f"<{len(value) // 4}f", value)
        elif number in (5, 7):
            integers += _numbers(value, _varints, _signed)
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = value
        elif number in (13, 14):
            raise NotSupported(f'The weights of "{name}" lie in another file.')
    if kind not in TYPES:
        raise NotSupported(f'The constant "{name}" has data type {kind}.')
    values = np.frombuffer(raw, TYPES[kind]) if raw is not None else np.array(floats or integers, TYPES[kind])
    return name, values.reshape(dims)


def _attribute(data):
    name, value, ints, floats = "", None, [], []
    for number, field in _fields(data):
        if number == 1:
            name = _text(field)
        elif number == 2:
            value = struct.unpack("<f", field)[0]
        elif number == 3:
            value = _signed(field)
        elif number == 4:
            value = _text(field)
        elif number == 5:
            value = _tensor(field)[1]
        elif number == 7:
            floats += struct.unpack(f"<{len(field) // 4}f", field)
        elif number == 8:
            ints += _numbers(field, _varints, _signed)
    return name, value if value is not None else (ints or floats)


def _node(data):
    inputs, outputs, kind, domain, attributes = [], [], "", "", {}
    for number, value in _fields(data):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number == 4:
            kind = _text(value)
        elif number == 5:
            name, found = _attribute(value)
            attributes[name] = found
        elif number == 7:
            domain = _text(value)
    return kind, domain, inputs, outputs, attributes


# The operators: each takes its inputs (None where left out) and attributes, and answers a tuple of outputs

def _like(values, result):
    return (np.asarray(result, values.dtype),)


def _axis(attributes, default):
    return attributes.get("axis", default)


def _softmax(x, attributes):
    axis = _axis(attributes, -1)
    e = np.exp(x - x.max(axis, keepdims=True))
    return (e / e.sum(axis, keepdims=True),)


def _gemm(inputs, attributes):
    a, b, *rest = inputs
    a = a.T if attributes.get("transA") else a
    b = b.T if attributes.get("transB") else b
    y = attributes.get("alpha", 1.0) * (a @ b)
    if rest and rest[0] is not None:
        y = y + attributes.get("beta", 1.0) * rest[0]
    return _like(a, y)


def _windows(x, kernel, strides, dilations):
    """Every place of a kernel on the spatial axes of [N, C, ...]: [N, C, ...places, ...kernel]."""
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    axes = tuple(range(2, x.ndim))
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axes)
    steps = (slice(None),) * 2 + tuple(slice(None, None, s) for s in strides)
    return view[steps + tuple(slice(None, None, d) for d in dilations)]


def _spatial(x, kernel, attributes, kind):
    if attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise NotSupported(f"{kind} with auto_pad {attributes['auto_pad']}.")
    n = x.ndim - 2
    return attributes.get("strides") or [1] * n, attributes.get("dilations") or [1] * n, attributes.get("pads") or [0] * 2 * n


def _padded(x, pads, value):
    n = x.ndim - 2
    if not any(pads):
        return x
    return np.pad(x, [(0, 0), (0, 0)] + [(pads[i], pads[i + n]) for i in range(n)], constant_values=value)


def _conv(inputs, attributes):
    x, w, *rest = inputs
    strides, dilations, pads = _spatial(x, w.shape[2:], attributes, "Conv")
    groups = attributes.get("group", 1)
    x = _padded(x, pads, 0)
    n = x.ndim - 2
    per_in, per_out = w.shape[1], w.shape[0] // groups
    places = _windows(x, w.shape[2:], strides, dilations)
    if per_in == 1 and per_out == 1:  # each channel by itself
        kernel = tuple(range(2 + n, 2 + 2 * n))
        y = (places * w[:, 0].reshape((1, -1) + (1,) * n + w.shape[2:])).sum(kernel)
    else:
        parts = []
        for g in range(groups):
            part = places[:, g * per_in:(g + 1) * per_in]
            weights = w[g * per_out:(g + 1) * per_out]
            kernel = list(range(2 + n, 2 + 2 * n))
            y = np.tensordot(part, weights, ([1] + kernel, list(range(1, 2 + n))))
            parts.append(np.moveaxis(y, -1, 1))
        y = np.concatenate(parts, 1)
    if rest and rest[0] is not None:
        y = y + rest[0].reshape((1, -1) + (1,) * n)
    return _like(x, y)


def _conv_transpose(inputs, attributes):
    x, w, *rest = inputs
    strides, dilations, pads = _spatial(x, w.shape[2:], attributes, "ConvTranspose")
    n = x.ndim - 2
    if attributes.get("group", 1) != 1 or any(attributes.get("output_padding") or []) or attributes.get("output_shape"):
        raise NotSupported("ConvTranspose with groups, output_padding or output_shape.")
    kernel = w.shape[2:]
    full = [(size - 1) * s + (k - 1) * d + 1 for size, s, k, d in zip(x.shape[2:], strides, kernel, dilations)]
    y = np.zeros((x.shape[0], w.shape[1], *full), x.dtype)
    for place in np.ndindex(*kernel):
        part = np.moveaxis(np.tensordot(x, w[(slice(None), slice(None)) + place], ([1], [0])), -1, 1)
        where = tuple(
            slice(p * d, p * d + (size - 1) * s + 1, s)
            for p, d, size, s in zip(place, dilations, x.shape[2:], strides)
        )
        y[(slice(None), slice(None)) + where] += part
    y = y[(slice(None), slice(None)) + tuple(slice(pads[i], full[i] - pads[i + n]) for i in range(n))]
    if rest and rest[0] is not None:
        y = y + rest[0].reshape((1, -1) + (1,) * n)
    return _like(x, y)


def _pool(x, attributes, kind):
    if attributes.get("ceil_mode"):
        raise NotSupported(f"{kind} with ceil_mode.")
    kernel = attributes["kernel_shape"]
    strides, dilations, pads = _spatial(x, kernel, attributes, kind)
    axes = tuple(range(x.ndim, 2 * x.ndim - 2))
    if kind == "MaxPool":
        return _like(x, _windows(_padded(x, pads, -np.inf), kernel, strides, dilations).max(axes))
    total = _windows(_padded(x, pads, 0), kernel, strides, dilations).sum(axes)
    if attributes.get("count_include_pad") or not any(pads):
        return _like(x, total / math.prod(kernel))
    return _like(x, total / _windows(_padded(np.ones_like(x), pads, 0), kernel, strides, dilations).sum(axes))


def _batch_normalization(inputs, attributes):
    x, scale, bias, mean, variance = inputs[:5]
    shape = (1, -1) + (1,) * (x.ndim - 2)
    factor = scale / np.sqrt(variance + np.float32(attributes.get("epsilon", 1e-5)))
    return _like(x, x * factor.reshape(shape) + (bias - mean * factor).reshape(shape))


def _layer_normalization(inputs, attributes):
    x, scale, *rest = inputs
    axes = tuple(range(_axis(attributes, -1) % x.ndim, x.ndim))
    centred = x - x.mean(axes, keepdims=True)
    y = centred / np.sqrt((centred ** 2).mean(axes, keepdims=True) + np.float32(attributes.get("epsilon", 1e-5))) * scale
    return _like(x, y + rest[0] if rest and rest[0] is not None else y)


def _reshape(inputs, attributes):
    x, shape = inputs
    sizes = [x.shape[i] if s == 0 and not attributes.get("allowzero") else int(s) for i, s in enumerate(shape)]
    return (x.reshape(sizes),)


def _slice(inputs, _):
    x, starts, ends, *rest = inputs
    axes = rest[0] if rest and rest[0] is not None else range(len(starts))
    steps = rest[1] if len(rest) > 1 and rest[1] is not None else [1] * len(starts)
    where = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps):
        # An end far beyond the first element means "up to and with it" when going backwards.
        last = None if step < 0 and end < -x.shape[axis] else int(end)
        where[axis] = slice(int(start), last, int(step))
    return (x[tuple(where)],)


def _split(inputs, attributes, outputs):
    x, *rest = inputs
    axis = _axis(attributes, 0)
    if rest and rest[0] is not None:
        return tuple(np.split(x, np.cumsum(rest[0])[:-1], axis))
    return tuple(np.array_split(x, outputs, axis))


def _axes_of(inputs, attributes):
    found = inputs[1] if len(inputs) > 1 and inputs[1] is not None else attributes.get("axes")
    return None if found is None or len(found) == 0 else tuple(int(axis) for axis in found)


def _unsqueeze(inputs, attributes):
    return (np.expand_dims(inputs[0], _axes_of(inputs, attributes)),)


def _reduce(function):
    def reduced(inputs, attributes):
        axes = _axes_of(inputs, attributes)
        if axes is None and attributes.get("noop_with_empty_axes"):
            return (inputs[0],)
        return _like(inputs[0], function(inputs[0], axis=axes, keepdims=bool(attributes.get("keepdims", 1))))
    return reduced


def _log_sum_exp(x, axis, keepdims):
    highest = x.max(axis, keepdims=True)
    result = highest + np.log(np.exp(x - highest).sum(axis, keepdims=True))
    return result if keepdims else np.squeeze(result, axis)


def _resize(inputs, attributes):
    x = inputs[0]
    scales = inputs[2] if len(inputs) > 2 and inputs[2] is not None and inputs[2].size else None
    sizes = inputs[3] if len(inputs) > 3 and inputs[3] is not None else None
    how = attributes.get("mode", "nearest"), attributes.get("coordinate_transformation_mode", "half_pixel")
    if how != ("nearest", "asymmetric") or attributes.get("nearest_mode", "round_prefer_floor") != "floor":
        raise NotSupported(f"Resize with {how}.")
    for axis, size in enumerate(x.shape):
        new = int(sizes[axis]) if sizes is not None else int(math.floor(size * scales[axis]))
        if new != size:
            scale = new / size if sizes is not None else scales[axis]
            x = np.take(x, np.minimum((np.arange(new) / scale).astype(int), size - 1), axis)
    return (x,)


def _quantize(inputs, attributes):
    x, scale, *rest = inputs
    zero = rest[0] if rest and rest[0] is not None else np.zeros((), np.uint8)
    shape = [1] * x.ndim
    if scale.ndim:
        shape[_axis(attributes, 1)] = -1
    limits = np.iinfo(zero.dtype)
    values = np.rint(x / scale.reshape(shape)) + zero.astype(np.float32).reshape(shape)
    return (np.clip(values, limits.min, limits.max).astype(zero.dtype),)


def _dequantize(inputs, attributes):
    x, scale, *rest = inputs
    shape = [1] * x.ndim
    if scale.ndim:
        shape[_axis(attributes, 1)] = -1
    zero = rest[0].astype(np.float32).reshape(shape) if rest and rest[0] is not None else np.float32(0)
    return ((x.astype(np.float32) - zero) * scale.reshape(shape),)


def _sigmoid(x):
    return np.where(x < 0, np.exp(np.minimum(x, 0)) / (1 + np.exp(np.minimum(x, 0))), 1 / (1 + np.exp(-np.maximum(x, 0))))


def _hard_sigmoid(x, alpha, beta):
    return np.clip(np.float32(alpha) * x + np.float32(beta), 0, 1)


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _each(function):
    return lambda inputs, attributes: _like(inputs[0], function(inputs[0]))


def _clip(inputs, attributes):
    low = inputs[1] if len(inputs) > 1 else attributes.get("min")
    high = inputs[2] if len(inputs) > 2 else attributes.get("max")
    return (np.clip(inputs[0], low, high) if low is not None or high is not None else inputs[0],)


def _constant(inputs, attributes):
    for name, kind in (("value", None), ("value_float", np.float32), ("value_int", np.int64), ("value_floats", np.float32), ("value_ints", np.int64)):
        if name in attributes:
            return (np.asarray(attributes[name], kind),)
    raise NotSupported("Constant of another type.")


def _flatten(inputs, attributes):
    x, axis = inputs[0], _axis(attributes, 1)
    axis = axis % x.ndim if axis < 0 else axis
    return (x.reshape(math.prod(x.shape[:axis]), -1),)


OPERATORS = {
    "Add": lambda i, a: (i[0] + i[1],),
    "Sub": lambda i, a: (i[0] - i[1],),
    "Mul": lambda i, a: (i[0] * i[1],),
    "Div": lambda i, a: _like(i[0], i[0] // i[1] if np.issubdtype(i[0].dtype, np.integer) else i[0] / i[1]),
    "Pow": lambda i, a: _like(i[0], i[0] ** i[1]),
    "MatMul": lambda i, a: (i[0] @ i[1],),
    "Gemm": _gemm,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": lambda i, a: _pool(i[0], a, "MaxPool"),
    "AveragePool": lambda i, a: _pool(i[0], a, "AveragePool"),
    "GlobalAveragePool": lambda i, a: _like(i[0], i[0].mean(tuple(range(2, i[0].ndim)), keepdims=True)),
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "Relu": _each(lambda x: np.maximum(x, 0)),
    "LeakyRelu": lambda i, a: _like(i[0], np.where(i[0] < 0, np.float32(a.get("alpha", 0.01)) * i[0], i[0])),
    "Sigmoid": _each(_sigmoid),
    "HardSigmoid": lambda i, a: _like(i[0], _hard_sigmoid(i[0], a.get("alpha", 0.2), a.get("beta", 0.5))),
    "HardSwish": _each(lambda x: x * _hard_sigmoid(x, 1 / 6, 0.5)),
    "Softplus": _each(lambda x: np.logaddexp(x, 0)),
    "Tanh": _each(np.tanh),
    "Erf": _each(_erf),
    "Exp": _each(np.exp),
    "Log": _each(np.log),
    "Sqrt": _each(np.sqrt),
    "Neg": _each(np.negative),
    "Softmax": lambda i, a: _softmax(i[0], a),
    "Clip": _clip,
    "Identity": lambda i, a: (i[0],),
    "Dropout": lambda i, a: (i[0],),
    "Constant": _constant,
    "Concat": lambda i, a: (np.concatenate(i, a["axis"]),),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Shape": lambda i, a: (np.array(i[0].shape[a.get("start", 0):a.get("end", i[0].ndim)], np.int64),),
    "Gather": lambda i, a: (np.take(i[0], i[1], a.get("axis", 0)),),
    "Squeeze": lambda i, a: (np.squeeze(i[0], _axes_of(i, a)),),
    "Unsqueeze": _unsqueeze,
    "Transpose": lambda i, a: (np.transpose(i[0], a.get("perm")),),
    "Slice": _slice,
    "Split": None,  # asks how many outputs there are
    "Cast": lambda i, a: (i[0].astype(TYPES[a["to"]]),),
    "ReduceMean": _reduce(np.mean),
    "ReduceSum": _reduce(np.sum),
    "ReduceMax": _reduce(np.max),
    "ReduceLogSumExp": _reduce(_log_sum_exp),
    "Resize": _resize,
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _dequantize,
}


class Model:
    """An ONNX file: `Model("model.onnx").run({"image": array})` answers its outputs by name."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = memoryview(file.read())
        graph = next((value for number, value in _fields(data) if number == 7), None)
        if graph is None:
            raise ValueError("This file holds no ONNX graph.")
        self.nodes, self.constants, self.inputs, self.outputs = [], {}, [], []
        for number, value in _fields(graph):
            if number == 1:
                self.nodes.append(_node(value))
            elif number == 5:
                name, tensor = _tensor(value)
                self.constants[name] = tensor
            elif number in (11, 12):
                name = next(_text(field) for key, field in _fields(value) if key == 1)
                (self.inputs if number == 11 else self.outputs).append(name)
        self.inputs = [name for name in self.inputs if name not in self.constants]
        unknown = sorted({f"{domain}.{kind}" if domain else kind for kind, domain, *_ in self.nodes if domain or kind not in OPERATORS})
        if unknown:
            raise NotSupported(f"Operators that this reader does not know: {', '.join(unknown)}. Install onnxruntime.")

    def run(self, feeds):
        values = {**self.constants, **feeds}
        missing = [name for name in self.inputs if name not in feeds]
        if missing:
            raise ValueError(f"The model needs: {', '.join(missing)}.")
        uses = {}
        for at, (_, _, inputs, _, _) in enumerate(self.nodes):
            for name in inputs:
                uses[name] = at
        for at, (kind, _, inputs, outputs, attributes) in enumerate(self.nodes):
            given = [values[name] if name else None for name in inputs]
            answers = _split(given, attributes, len(outputs)) if kind == "Split" else OPERATORS[kind](given, attributes)
            values.update(zip(outputs, answers))
            for name in inputs:  # what nobody reads again makes room
                if uses[name] == at and name in values and name not in self.constants and name not in self.outputs:
                    del values[name]
        return {name: values[name] for name in self.outputs}
