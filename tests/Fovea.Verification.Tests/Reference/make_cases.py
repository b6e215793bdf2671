#!/usr/bin/env python3
"""Writes reference cases computed by PyTorch in double precision, in the format that `fovea selftest --reference` reads.

    make_cases.py FOLDER

Each case is a safetensors file with inputs, outputs, the gradients that arrive at the outputs, and those of the inputs.
"""
import json
import struct
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def write(folder, name, op, attributes, tensors, inputs, outputs, gradients):
    metadata = {
        "case": name, "op": op, "attributes": json.dumps(attributes), "inputs": json.dumps(inputs), "outputs": json.dumps(outputs),
        "grad_outputs": json.dumps([n for n in tensors if n.startswith("grad_") and n[5:] in outputs]),
        "grad_inputs": json.dumps(gradients), "source": f"PyTorch {torch.__version__}, float64, rounded once",
    }
    header, data, offset = {"__metadata__": metadata}, b"", 0
    for key, tensor in tensors.items():
        labels = tensor.dtype in (torch.int64, torch.int32)
        raw = tensor.detach().to(torch.int64 if labels else torch.float32).contiguous().numpy().tobytes()
        header[key] = {"dtype": "I64" if labels else "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(raw)]}
        data += raw
        offset += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{folder}/{name}.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


class Cases:
    def __init__(self, folder):
        self.folder = folder

    def add(self, name, op, attributes, compute, **inputs):
        """Computes outputs, and for float inputs the gradients of their sum weighted at random."""
        torch.manual_seed(sum(map(ord, name)))
        tensors = {}
        for key, value in inputs.items():
            value = torch.randn(*value) if isinstance(value, tuple) else value
            # Rounded first, so that both sides begin with the same numbers.
            tensors[key] = value if value.dtype == torch.int64 else value.float().double().requires_grad_(True)
        results = compute(tensors)
        results = results if isinstance(results, dict) else {"output": results}
        arriving = {key: torch.ones(()) if value.dim() == 0 else torch.randn(value.shape).float().double()
                    for key, value in results.items()}
        leaves = {key: value for key, value in tensors.items() if value.requires_grad and key != "target"}
        sum((results[key] * arriving[key]).sum() for key in results).backward()
        everything = dict(tensors)
        everything.update(results)
        everything.update({f"grad_{key}": value for key, value in arriving.items()})
        gradients = [key for key, value in leaves.items() if value.grad is not None]
        everything.update({f"grad_{key}": leaves[key].grad for key in gradients})
        write(self.folder, name, op, attributes, everything, list(tensors), list(results), [f"grad_{key}" for key in gradients])

    def optimizer(self, name, op, attributes, make, steps=4):
        torch.manual_seed(sum(map(ord, name)))
        parameter = torch.randn(4, 3).float().double().requires_grad_(True)
        optimizer = make([parameter])
        tensors = {"param": parameter.detach().clone()}
        for step in range(steps):
            gradient = torch.randn(4, 3).float().double()
            tensors[f"grad{step}"] = gradient
            parameter.grad = gradient.clone()
            optimizer.step()
            tensors[f"param_after{step}"] = parameter.detach().clone()
        write(self.folder, name, op, dict(attributes, steps=steps), tensors, ["param"] + [f"grad{i}" for i in range(steps)],
              [f"param_after{i}" for i in range(steps)], [])


def elementwise(cases):
    shape = (3, 17)
    cases.add("gelu_tanh", "gelu", {"approximate": "tanh"}, lambda t: F.gelu(t["input"], approximate="tanh"), input=shape)
    for name, function in {"selu": F.selu, "mish": F.mish, "softplus": F.softplus}.items():
        cases.add(name, name, {}, lambda t: function(t["input"]), input=shape)
    for name, function in {"relu6": F.relu6, "hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish}.items():
        cases.add(name, name, {}, lambda t: function(t["input"]), input=torch.randn(3, 17) * 4)
    for name, function in {"sub": torch.sub, "mul": torch.mul, "div": torch.div}.items():
        cases.add(f"{name}_broadcast", name, {}, lambda t: function(t["a"], t["b"]), a=(3, 1, 2, 5), b=torch.rand(4, 1, 5) + 0.5)


def windows(cases):
    cases.add("conv1d_dilated", "conv1d", {"kernel": [3], "stride": [2], "padding": [2, 2], "dilation": [2], "groups": 2},
              lambda t: F.conv1d(t["input"], t["weight"], t["bias"], stride=2, padding=2, dilation=2, groups=2),
              input=(2, 4, 13), weight=(6, 2, 3), bias=(6,))
    cases.add("conv_transpose2d_groups", "conv_transpose2d",
              {"kernel": [3, 2], "stride": [2, 3], "padding": [1, 0, 1, 0], "output_padding": [1, 0], "dilation": [1, 2], "groups": 2},
              lambda t: F.conv_transpose2d(t["input"], t["weight"], t["bias"], stride=(2, 3), padding=(1, 0), output_padding=(1, 0),
                                           dilation=(1, 2), groups=2),
              input=(2, 4, 5, 3), weight=(4, 3, 3, 2), bias=(6,))
    cases.add("maxpool1d", "maxpool1d", {"kernel": [3], "stride": [2], "padding": [1, 1], "dilation": [1], "ceil_mode": False},
              lambda t: F.max_pool1d(t["input"], 3, 2, 1), input=(2, 3, 12))
    cases.add("avgpool1d", "avgpool1d", {"kernel": [4], "stride": [3], "padding": [1, 1], "ceil_mode": False, "count_include_pad": True},
              lambda t: F.avg_pool1d(t["input"], 4, 3, 1), input=(2, 3, 14))
    cases.add("lppool2d", "lppool2d", {"kernel": [3, 2], "stride": [2, 2], "padding": [0, 0, 0, 0]},
              lambda t: F.lp_pool2d(t["input"], 2.0, (3, 2), 2), input=(2, 3, 7, 6))
    cases.add("adaptive_avgpool2d_uneven", "adaptive_avgpool2d", {"output_size": [3, 4]},
              lambda t: F.adaptive_avg_pool2d(t["input"], (3, 4)), input=(2, 3, 7, 6))
    cases.add("upsample_nearest", "upsample_nearest", {"scale": [2, 3]},
              lambda t: F.interpolate(t["input"], scale_factor=(2, 3), mode="nearest"), input=(2, 3, 4, 3))
    for corners in (False, True):
        name = f"upsample_bilinear_{'corners' if corners else 'centres'}"
        cases.add(name, "upsample_bilinear", {"scale": [2, 3], "align_corners": corners},
                  lambda t: F.interpolate(t["input"], scale_factor=(2, 3), mode="bilinear", align_corners=corners), input=(2, 3, 4, 3))


def normalization(cases):
    cases.add("groupnorm", "groupnorm", {"groups": 3, "eps": 1e-5},
              lambda t: F.group_norm(t["input"], 3, t["weight"], t["bias"], 1e-5), input=(2, 6, 4, 3), weight=(6,), bias=(6,))
    cases.add("batchnorm_features", "batchnorm", {"training": False, "eps": 1e-3, "momentum": 0.1},
              lambda t: F.batch_norm(t["input"], t["running_mean"].detach(), t["running_var"].detach(), t["weight"], t["bias"], False,
                                     0.1, 1e-3),
              input=(6, 5), weight=(5,), bias=(5,), running_mean=(5,), running_var=torch.rand(5) + 0.5)
    cases.add("layernorm_image", "layernorm", {"normalized_shape": [3, 4, 2], "eps": 1e-5},
              lambda t: F.layer_norm(t["input"], (3, 4, 2), t["weight"], t["bias"], 1e-5), input=(5, 3, 4, 2),
              weight=(3, 4, 2), bias=(3, 4, 2))


def losses(cases):
    labels = torch.tensor([3, 0, 2, 2, 4, 1])
    weight = torch.rand(5) + 0.5
    cases.add("softmax_cross_entropy_weights", "softmax_cross_entropy", {"reduction": "mean", "label_smoothing": 0.1},
              lambda t: F.cross_entropy(t["input"], t["target"], t["class_weight"].detach(), label_smoothing=0.1),
              input=(6, 5), target=labels, class_weight=weight)
    cases.add("softmax_cross_entropy_pixels", "softmax_cross_entropy", {"reduction": "mean", "label_smoothing": 0.0},
              lambda t: F.cross_entropy(t["input"], t["target"], t["class_weight"].detach()),
              input=(2, 4, 3, 5), class_weight=weight[:4],
              target=torch.randint(0, 4, (2, 3, 5), generator=torch.Generator().manual_seed(3)))
    cases.add("multi_margin", "multi_margin", {"p": 1, "margin": 1.0}, lambda t: F.multi_margin_loss(t["input"], t["target"]),
              input=(6, 5), target=labels)
    cases.add("multi_margin_squared", "multi_margin", {"p": 2, "margin": 0.7},
              lambda t: F.multi_margin_loss(t["input"], t["target"], p=2, margin=0.7), input=(6, 5), target=labels)
    cases.add("l1", "l1", {"reduction": "mean"}, lambda t: F.l1_loss(t["input"], t["target"].detach()), input=(6, 5), target=(6, 5))
    cases.add("huber", "huber", {"reduction": "mean", "delta": 0.7},
              lambda t: F.huber_loss(t["input"], t["target"].detach(), delta=0.7), input=(6, 5), target=(6, 5))
    cases.add("bce_with_logits", "bce_with_logits", {"reduction": "mean"},
              lambda t: F.binary_cross_entropy_with_logits(t["input"], t["target"].detach()), input=torch.randn(6, 5) * 5,
              target=torch.rand(6, 5))
    cases.add("embedding", "embedding", {}, lambda t: F.embedding(t["indices"], t["weight"]),
              indices=torch.tensor([[1, 0, 3], [3, 3, 6]]), weight=(7, 5))
    cases.add("matmul_batched", "matmul", {"transpose_a": True, "transpose_b": False},
              lambda t: t["a"].transpose(-1, -2) @ t["b"], a=(2, 3, 5, 4), b=(2, 3, 5, 6))


def recurrent(cases):
    for kind, module in {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}.items():
        torch.manual_seed(5)
        layers, hidden, features = 2, 3, 4
        network = module(features, hidden, layers, bidirectional=True)
        weights = {name: value.detach() for name, value in network.named_parameters()}

        def compute(t):
            state = (t["h0"], t["c0"]) if kind == "lstm" else t["h0"]
            values = torch.nn.utils.stateless.functional_call(network, {name: t[name] for name in weights}, (t["input"], state))
            output, final = values
            return dict(output=output, hn=final[0], cn=final[1]) if kind == "lstm" else dict(output=output, hn=final)

        starts = dict(h0=(4, 2, hidden), c0=(4, 2, hidden)) if kind == "lstm" else dict(h0=(4, 2, hidden))
        cases.add(f"{kind}_bidirectional", kind, {"hidden": hidden, "layers": layers, "bidirectional": True, "bias": True}, compute,
                  input=(5, 2, features), **starts, **weights)


class NAdam(torch.optim.Optimizer):
    """As in PyTorch 2: version 1.13 multiplies the next step's product of shares by the present share once too often."""

    def __init__(self, parameters, lr, betas, eps, weight_decay, momentum_decay):
        super().__init__(parameters, {})
        self.options = lr, betas, eps, weight_decay, momentum_decay
        self.number, self.product, self.mean, self.square = 0, 1.0, 0.0, 0.0

    @torch.no_grad()
    def step(self):
        lr, (beta1, beta2), eps, weight_decay, momentum_decay = self.options
        parameter = self.param_groups[0]["params"][0]
        gradient = parameter.grad + weight_decay * parameter
        self.number += 1
        share, following = (beta1 * (1 - 0.5 * 0.96 ** ((self.number + i) * momentum_decay)) for i in (0, 1))
        self.product *= share
        self.mean = beta1 * self.mean + (1 - beta1) * gradient
        self.square = beta2 * self.square + (1 - beta2) * gradient ** 2
        root = (self.square / (1 - beta2 ** self.number)).sqrt() + eps
        parameter -= lr * (1 - share) / (1 - self.product) * gradient / root
        parameter -= lr * following / (1 - self.product * following) * self.mean / root


def optimizers(cases):
    cases.optimizer("optim_adamw", "optim_adamw", dict(lr=0.01, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1),
                    lambda p: torch.optim.AdamW(p, 0.01, (0.9, 0.99), 1e-8, 0.1))
    cases.optimizer("optim_nadam", "optim_nadam", dict(lr=0.01, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1, momentum_decay=0.004),
                    lambda p: NAdam(p, 0.01, (0.9, 0.99), 1e-8, 0.1, 0.004))
    cases.optimizer("optim_adagrad", "optim_adagrad", dict(lr=0.01, eps=1e-10, weight_decay=0.1),
                    lambda p: torch.optim.Adagrad(p, 0.01, weight_decay=0.1))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    every = Cases(sys.argv[1])
    for group in (elementwise, windows, normalization, losses, recurrent, optimizers):
        group(every)
