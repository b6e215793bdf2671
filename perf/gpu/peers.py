"""Times what perf/gpu/check times, in PyTorch on the same card, and puts both sides into tables.

measure --networks NAME:BATCH... --gemms M,N,K... --convs N,H,W,C,K,R,S,stride,pad...    prints one JSON object
table FOLDER                                                                            prints Markdown from the JSON of the parts
Products are in float32 (TF32 off, as Fovea's are), cuDNN's algorithms are measured first, both memory formats are tried.
"""
import argparse
import glob
import json
import os
import statistics
import sys


def timed(torch, device, run, seconds=1.0):
    """Median and least time of a call in milliseconds, by the card's own clock where there is a card."""
    import time

    def once():
        if device.type == "cuda":
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            run()
            end.record()
            end.synchronize()
            return begin.elapsed_time(end)
        begin = time.perf_counter()
        run()
        return (time.perf_counter() - begin) * 1e3
    for _ in range(3):
        once()
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < seconds:
        times.append(once())
    return {"median_ms": statistics.median(times), "min_ms": min(times)}


def convolution(torch, device, sizes):
    from torch.nn import grad
    n, h, w, c, k, r, s, stride, pad = sizes
    best = {}
    for layout in (torch.contiguous_format, torch.channels_last):
        x = torch.randn(n, c, h, w, device=device).to(memory_format=layout)
        f = torch.randn(k, c, r, s, device=device).to(memory_format=layout)
        y = torch.nn.functional.conv2d(x, f, stride=stride, padding=pad)
        dy = torch.randn_like(y)
        passes = {"forward": lambda: torch.nn.functional.conv2d(x, f, stride=stride, padding=pad),
                  "input-gradient": lambda: grad.conv2d_input(x.shape, f, dy, stride=stride, padding=pad),
                  "weight-gradient": lambda: grad.conv2d_weight(x, f.shape, dy, stride=stride, padding=pad)}
        for name, run in passes.items():
            time = timed(torch, device, run)
            if name not in best or time["median_ms"] < best[name]["median_ms"]:
                best[name] = time
    return best


def network(torch, device, name, batch):
    import networks
    model, shape, classes = {"lenet5": networks.lenet5, "alexnet": networks.alexnet, "vgg16": networks.vgg16}[name]()
    model = model.to(device)
    x, labels = torch.randn(batch, *shape, device=device), torch.randint(classes, (batch,), device=device)
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9), torch.nn.CrossEntropyLoss()

    def run():
        optimizer.zero_grad()
        loss(model(x), labels).backward()
        optimizer.step()
    return timed(torch, device, run, 3.0)


def measure(options):
    import torch
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    numbers = lambda text: [int(part) for part in text.split(",")]
    result = {"peer": f"pytorch {torch.__version__}", "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
              "gemms": {}, "convs": {}, "networks": {}}
    for sizes in options.gemms:
        m, n, k = numbers(sizes)
        a, b = torch.randn(m, k, device=device), torch.randn(k, n, device=device)
        result["gemms"][sizes] = timed(torch, device, lambda: a @ b)
    for sizes in options.convs:
        result["convs"][sizes] = convolution(torch, device, numbers(sizes))
    for item in options.networks:
        name, batch = item.split(":")
        result["networks"][name] = network(torch, device, name, int(batch))
        print(f"{name} done", file=sys.stderr)
    print(json.dumps(result))


def read(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def row(name, ours, peer):
    theirs = f"{peer['median_ms']:.3f}" if peer else "–"
    ratio = f"{ours / peer['median_ms']:.2f}" if peer else "–"
    return f"| {name} | {ours:.3f} | {theirs} | {ratio} |"


def table(folder):
    peers = read(os.path.join(folder, "pytorch.json"))
    peer, device = peers.get("peer", "PyTorch"), peers.get("device", "this machine, where it was not measured")
    lines = [f"Median milliseconds, and Fovea's as a multiple of {peer}'s on {device}.", "",
             "| what | Fovea | PyTorch | ratio |", "|---|---:|---:|---:|"]
    for path in sorted(glob.glob(os.path.join(folder, "steps-*.json"))):
        for result in read(path).get("results", []):
            name = f"{result['model']}, {result['mode']}, batch {result['batch']}"
            lines.append(row(name, result["median_ms"], peers.get("networks", {}).get(result["model"])))
    for path in sorted(glob.glob(os.path.join(folder, "gemm-*.json"))):
        sizes = os.path.basename(path)[5:-5]
        # The last line is that of all threads.
        for result in read(path).get("results", [])[-1:]:
            lines.append(row(f"product {sizes.replace(',', '×')}", result["median_ms"], peers.get("gemms", {}).get(sizes)))
    for path in sorted(glob.glob(os.path.join(folder, "conv-*.json"))):
        sizes = os.path.basename(path)[5:-5]
        best = {}
        for result in read(path).get("results", []):
            if result["pass"] not in best or result["median_ms"] < best[result["pass"]]["median_ms"]:
                best[result["pass"]] = result
        for name, result in best.items():
            peer = peers.get("convs", {}).get(sizes, {}).get(name)
            lines.append(row(f"convolution {sizes}, {name}, {result['algorithm']}", result["median_ms"], peer))
    training = read(os.path.join(folder, "lenet5.json"))
    if training:
        lines += ["", f"LeNet-5 on MNIST: test accuracy {training['test_accuracy']}, {training['seconds']:.1f} s."]
    kernels = read(os.path.join(folder, "assembler.json"))
    if kernels:
        lines += ["", f"ptxas: {kernels['checked']} kernels, {kernels['rejected']} rejected, {kernels['spilled']} with spilled registers."]
    print("\n".join(lines))


parser = argparse.ArgumentParser(description=__doc__)
commands = parser.add_subparsers(dest="command", required=True)
measuring = commands.add_parser("measure")
for group in ("networks", "gemms", "convs"):
    measuring.add_argument(f"--{group}", nargs="*", default=[])
commands.add_parser("table").add_argument("folder")
arguments = parser.parse_args()
measure(arguments) if arguments.command == "measure" else table(arguments.folder)
