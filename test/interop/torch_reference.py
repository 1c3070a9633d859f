"""PyTorch's side of pytorch.test.ts (Debian's python3-torch and python3-torchvision). Argument: a folder; reads job.json there, writes answer.json.

`published`: a model of torchvision with random weights and running statistics, and what it answers for random images: weights in the order in which
the layers are used, as raw float32 in weights.bin.
`gradients`: the loss and its gradients of one of our nets in float64 and float32, written a second time here from the papers, in functions of named weights.
`maps`: saliency maps of one of those nets in use (running statistics), in float64, by autograd, from their papers' equations: maps.bin, one after the other.
`optimiser`: parameters after some steps of torch.optim on given gradients.
"""
import json
import sys
from pathlib import Path

import numpy
import torch
from torch.nn import functional as F

folder = Path(sys.argv[1])
job = json.loads((folder / "job.json").read_text())


def published():
    import torchvision.models as models

    torch.manual_seed(3)
    name, size = job["model"], job["size"]
    if name.startswith("vit"):
        width, heads = (192, 3) if name == "vit-tiny" else (384, 6)
        net = models.VisionTransformer(size, 16, 12, heads, width, 4 * width, num_classes=1000)
        torch.nn.init.normal_(net.heads.head.weight, std=0.02)
    else:
        net = getattr(models, name)(weights=None)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
        if hasattr(module, "layer_scale"):
            torch.nn.init.uniform_(module.layer_scale, 0.2, 0.5)
    if name.startswith("vit"):
        torch.nn.init.normal_(net.class_token, std=0.1)
    net.eval()
    image = torch.rand(2, 3, size, size)
    with torch.no_grad():
        logits = net(image)
    entries = [(key, value) for key, value in net.state_dict().items() if not key.endswith("num_batches_tracked")]
    keys = ordered([key for key, _ in entries])
    values = dict(entries)
    with open(folder / "weights.bin", "wb") as out:
        for key in keys:
            out.write(values[key].numpy().astype("<f4").tobytes())
    (folder / "image.bin").write_bytes(image.numpy().astype("<f4").tobytes())
    return {"sizes": [values[key].numel() for key in keys], "logits": logits.flatten().tolist()}


def ordered(keys):
    """Modules list their own parameters before those of their parts; ours come in the order of use."""
    result = []
    held = None
    for key in keys:
        if key.endswith("layer_scale"):
            held = key
            continue
        result.append(key)
        if held and key.endswith("block.5.bias"):
            result.append(held)
            held = None
    if "class_token" in result:
        front = ["conv_proj.weight", "conv_proj.bias", "class_token", "encoder.pos_embedding"]
        result = front + [key for key in result if key not in front]
    return result


def conv(w, name, x, stride=1, bias=False):
    weight = w[f"{name}.weight"]
    return F.conv2d(x, weight, w[f"{name}.bias"] if bias else None, stride, (weight.shape[-1] - 1) // 2)


def norm(w, name, x):
    if f"{name}.mean" in w:
        mean, variance = w[f"{name}.mean"], w[f"{name}.variance"]
        return F.batch_norm(x, mean, variance, w[f"{name}.scale"], w[f"{name}.bias"], False, 0.1, 1e-5)
    return F.batch_norm(x, None, None, w[f"{name}.scale"], w[f"{name}.bias"], True, 0.1, 1e-5)


STAGE = {}


def last_map(x):
    """Keeps the last value that has places in it, for maps of a stage."""
    STAGE["last"] = x
    return x


def cnn(w, x):
    stage = 1
    while f"stage{stage}.conv.weight" in w:
        x = F.relu(F.max_pool2d(norm(w, f"stage{stage}.norm", conv(w, f"stage{stage}.conv", x)), 2))
        stage += 1
    x = last_map(F.relu(norm(w, "last.norm", conv(w, "last.conv", x))))
    return F.linear(x.mean((2, 3)), w["logits.weight"], w["logits.bias"])


def resnet18(w, x):
    x = F.relu(norm(w, "stem.norm", conv(w, "stem.conv", x)))
    for stage in range(1, 5):
        for block in (1, 2):
            name = f"stage{stage}.block{block}"
            stride = 2 if block == 1 and stage > 1 else 1
            y = F.relu(norm(w, f"{name}.norm1", conv(w, f"{name}.conv1", x, stride)))
            y = norm(w, f"{name}.norm2", conv(w, f"{name}.conv2", y))
            if f"{name}.shortcut.conv.weight" in w:
                x = norm(w, f"{name}.shortcut.norm", conv(w, f"{name}.shortcut.conv", x, stride))
            x = F.relu(x + y)
    return F.linear(last_map(x).mean((2, 3)), w["logits.weight"], w["logits.bias"])


def unet(w, x):
    def pair(name, x):
        for i in (1, 2):
            x = F.relu(norm(w, f"{name}.norm{i}", conv(w, f"{name}.conv{i}", x)))
        return x

    skips = []
    level = 1
    while f"down{level}.conv1.weight" in w:
        skips.append(pair(f"down{level}", x))
        x = F.max_pool2d(skips[-1], 2)
        level += 1
    x = pair("bottom", x)
    for level in range(len(skips), 0, -1):
        up = F.conv_transpose2d(x, w[f"up{level}.weight"], w[f"up{level}.bias"], 2)
        x = pair(f"join{level}", torch.cat([skips[level - 1], up], 1))
    return conv(w, "head", x, bias=True)


def lstm(w, x):
    bias = w["layer1.bias"][0].chunk(2)
    h = c = torch.zeros(x.shape[0], w["layer1.recurrence"].shape[-1], dtype=x.dtype)
    for step in x.unbind(1):
        gates = F.linear(step, w["layer1.weight"][0], bias[0]) + F.linear(h, w["layer1.recurrence"][0], bias[1])
        i, o, f, g = gates.chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
    return F.linear(h, w["logits.weight"], w["logits.bias"])


def vit(w, x):
    patch = w["patches.weight"].shape[-1]
    x = F.conv2d(x, w["patches.weight"], w["patches.bias"], patch).flatten(2).transpose(1, 2)
    width = x.shape[-1]
    x = torch.cat([w["class.token"].expand(x.shape[0], 1, width), x], 1) + w["positions"]
    heads = max(1, width // 64)
    block = 1
    while f"block{block}.norm1.scale" in w:
        name = f"block{block}"
        y = F.layer_norm(x, (width,), w[f"{name}.norm1.scale"], w[f"{name}.norm1.bias"], 1e-6)
        qkv = F.linear(y, w[f"{name}.attention.qkv.weight"], w[f"{name}.attention.qkv.bias"])
        q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in qkv.chunk(3, -1))
        scores = (q @ k.transpose(-1, -2)) / (width // heads) ** 0.5
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = x + F.linear(mixed, w[f"{name}.attention.out.weight"], w[f"{name}.attention.out.bias"])
        y = F.layer_norm(x, (width,), w[f"{name}.norm2.scale"], w[f"{name}.norm2.bias"], 1e-6)
        y = F.gelu(F.linear(y, w[f"{name}.expand.weight"], w[f"{name}.expand.bias"]))
        x = x + F.linear(y, w[f"{name}.project.weight"], w[f"{name}.project.bias"])
        block += 1
    x = F.layer_norm(x, (width,), w["last.norm.scale"], w["last.norm.bias"], 1e-6)[:, 0]
    return F.linear(x, w["logits.weight"], w["logits.bias"])


NETS = {"convnet": cnn, "resnet18": resnet18, "unet": unet, "lstm": lstm, "vit-tiny": vit}


def tensors(entries, dtype):
    flat = numpy.fromfile(folder / "tensors.bin", "<f4")
    at = 0
    result = {}
    for name, dims in entries:
        count = int(numpy.prod(dims))
        result[name] = torch.tensor(flat[at : at + count].reshape(dims), dtype=dtype)
        at += count
    return result


def gradients():
    answers = {}
    found = {}
    for dtype in (torch.float64, torch.float32):
        given = tensors(job["tensors"], dtype)
        x, target = given.pop("input"), given.pop("target")
        w = {name: value.requires_grad_() for name, value in given.items()}
        logits = NETS[job["net"]](w, x)
        if job["net"] == "unet":
            loss = F.cross_entropy(logits, target.long())
        else:
            loss = -(target * F.log_softmax(logits, 1)).sum(1).mean()
        loss.backward()
        found[dtype] = {name: value.grad.double() for name, value in w.items()}
        answers[str(dtype)] = loss.item()
    exact, single = found[torch.float64], found[torch.float32]
    with open(folder / "gradients.bin", "wb") as out:
        for name in exact:
            out.write(exact[name].numpy().astype("<f8").tobytes())
    difference = {name: ((exact[name] - single[name]).norm() / exact[name].norm()).item() for name in exact}
    return {"loss": answers["torch.float64"], "float32": difference}


def maps():
    given = tensors(job["tensors"], torch.float64)
    x, noise, baseline = given.pop("input"), given.pop("noise"), given.pop("baseline")
    net, chosen, steps = NETS[job["net"]], job["class"], job["steps"]

    def slope(x):
        x = x.clone().requires_grad_()
        return torch.autograd.grad(net(given, x)[:, chosen].sum(), x)[0]

    found = [slope(x)]
    found.append(slope(x) * x)
    found.append(slope(x + noise).mean(0, keepdim=True))
    path = torch.cat([baseline + (k + 0.5) / steps * (x - baseline) for k in range(steps)])
    found.append((x - baseline) * slope(path).mean(0, keepdim=True))
    if job["stage"]:
        score = net(given, x.clone().requires_grad_())[0, chosen]
        last = STAGE["last"]
        g = torch.autograd.grad(score, last)[0]
        found.append(F.relu((g.mean((2, 3), keepdim=True) * last).sum(1)))
        below = 2 * g**2 + last.sum((2, 3), keepdim=True) * g**3
        alpha = torch.where(below == 0, torch.zeros_like(g), g**2 / torch.where(below == 0, torch.ones_like(g), below))
        found.append(F.relu(((alpha * F.relu(g)).sum((2, 3), keepdim=True) * last).sum(1)))
        found.append(F.relu((F.relu(g) * last).sum(1)))
    with open(folder / "maps.bin", "wb") as out:
        for one in found:
            out.write(one.detach().numpy().astype("<f8").tobytes())
    return {"sizes": [one.numel() for one in found]}


def optimiser():
    parameter = torch.nn.Parameter(torch.tensor(job["start"]))
    options = job["options"]
    step = getattr(torch.optim, job["optimiser"])([parameter], lr=job["rate"], **options)
    for gradient in job["gradients"]:
        parameter.grad = torch.tensor(gradient)
        step.step()
    return {"end": parameter.detach().tolist()}


answer = {"published": published, "gradients": gradients, "maps": maps, "optimiser": optimiser}[job["kind"]]()
(folder / "answer.json").write_text(json.dumps(answer))
