"""PyTorch's side of `bench training`: the nets of nets.ts, trained for some steps in a process of their own.

Takes the same task as step.ts (JSON, one argument; `device` "cuda" puts it on a graphics processor) and prints the same line: `ms` of each counted step, `peak` resident memory in bytes.
Plain eager PyTorch in float32 with its default optimisers, as its tutorials write a training loop.
"""
import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional

CLASSES = 10


class Block(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        inner = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(inner)) + self.shortcut(x))


def cnn(size, width):
    layers, inputs, channels = [], 1, width
    for _ in range(5):
        if size // 2 < 4:
            break
        layers += [nn.Conv2d(inputs, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels), nn.MaxPool2d(2), nn.ReLU()]
        size, inputs, channels = size // 2, channels, channels * 2
    layers += [nn.Conv2d(inputs, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES))


def resnet18(width):
    layers = [nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = width
    for index in range(8):
        channels = width * 2 ** (index // 2)
        layers.append(Block(inputs, channels, 2 if index > 1 and index % 2 == 0 else 1))
        inputs = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, CLASSES))


def twice(inputs, channels):
    layers = []
    for i in range(2):
        layers += [nn.Conv2d(channels if i else inputs, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self, width, levels=4):
        super().__init__()
        widths = [width * 2**level for level in range(levels + 1)]
        self.down = nn.ModuleList(twice(inputs, channels) for inputs, channels in zip([1, *widths], widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * c, c, 2, 2) for c in reversed(widths[:-1]))
        self.join = nn.ModuleList(twice(2 * c, c) for c in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, x):
        skips = []
        for down in self.down[:-1]:
            skips.append(down(x))
            x = functional.max_pool2d(skips[-1], 2)
        x = self.down[-1](x)
        for up, join in zip(self.up, self.join):
            x = join(torch.cat([skips.pop(), up(x)], 1))
        return self.head(x)


def main():
    task = json.loads(sys.argv[1])
    torch.set_num_threads(task["threads"])
    torch.manual_seed(1)
    net, batch, size, width = task["net"], task["batch"], task["size"], task["width"]
    model = {"cnn": lambda: cnn(size, width), "resnet18": lambda: resnet18(width), "unet": lambda: UNet(width)}[net]()
    device = task.get("device", "cpu")
    model.train().to(device)
    image = torch.rand(batch, 3 if net == "resnet18" else 1, size, size, device=device)
    if net == "unet":
        target, loss_of = (torch.rand(batch, size, size, device=device) > 0.5).long(), functional.cross_entropy
    else:
        target, loss_of = torch.arange(batch, device=device) % CLASSES, functional.cross_entropy
    parameters = list(model.parameters())
    optimiser = torch.optim.SGD(parameters, 1e-3, momentum=0.9) if net == "cnn" else torch.optim.Adam(parameters, 1e-3)
    times = []
    for _ in range(task["warmUp"] + task["steps"]):
        began = time.perf_counter()
        optimiser.zero_grad()
        loss = loss_of(model(image), target)
        loss.backward()
        optimiser.step()
        loss.item()
        times.append((time.perf_counter() - began) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    count = sum(parameter.numel() for parameter in parameters)
    print(json.dumps({"ms": times[task["warmUp"] :], "peak": peak, "ready": 0, "parameters": count}))


main()
