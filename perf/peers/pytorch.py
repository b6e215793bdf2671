"""Times the same networks in PyTorch: one line of JSON per workload, medians in milliseconds.

Usage: python3 pytorch.py THREADS MODEL:MODE:BATCH...   (lenet5:train:64)
Networks and training step are those of Fovea: softmax cross-entropy, backward, SGD with momentum 0.9; dropout as in training.
"""
import json
import statistics
import sys
import time

import torch
from torch import nn


def lenet5():
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)), (1, 32, 32), 10


def alexnet():
    norm = lambda: nn.LocalResponseNorm(5, 1e-4, 0.75, 2)
    return nn.Sequential(nn.Conv2d(3, 96, 11, 4), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
                         nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
                         nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
                         nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
                         nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(),
                         nn.Linear(4096, 1000)), (3, 227, 227), 1000


def vgg16():
    layers, channels = [], 3
    for convolutions, filters in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(),
                         nn.Dropout(), nn.Linear(4096, 1000)), (3, 224, 224), 1000


def measure(run, seconds=4.0, least=5):
    for _ in range(3):
        run()
    times, start = [], time.perf_counter()
    while len(times) < least or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        run()
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times), min(times)


def workload(name, mode, batch):
    model, shape, classes = {"lenet5": lenet5, "alexnet": alexnet, "vgg16": vgg16}[name]()
    x, labels = torch.randn(batch, *shape), torch.randint(classes, (batch,))
    if mode == "infer":
        model.eval()

        def run():
            with torch.no_grad():
                model(x)
        return run
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9), nn.CrossEntropyLoss()

    def run():
        optimizer.zero_grad()
        loss(model(x), labels).backward()
        optimizer.step()
    return run


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]))
    for item in sys.argv[2:]:
        name, mode, batch = item.split(":")
        median, least = measure(workload(name, mode, int(batch)))
        print(json.dumps({"peer": f"pytorch {torch.__version__}", "model": name, "mode": mode, "batch": int(batch),
                          "median_ms": round(median, 3), "min_ms": round(least, 3)}), flush=True)
