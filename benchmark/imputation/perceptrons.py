"""ReLU networks of one shape side by side, their gradients written out."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

import torch
from torch import Tensor


class Perceptrons:
    """k networks of linear layers with ReLU between them, as batched products.

    Layers are this narrow that autograd's bookkeeping takes a third of a step, and each kernel on
    a GPU less time than its launch: hence gradients by hand, and k networks to a product. All
    weights lie in one tensor and all biases in another, so that an optimiser's step is one pass.

    Args:
        sizes: widths of input, hidden layers and output.
        generators: one per network; its weights are uniform on ±1/√inputs, its biases 0.
        device: where the networks live.
        dtype: of all numbers.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        generators: Iterable[torch.Generator],
        device: str,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        drawn = [_draw(sizes, generator, dtype) for generator in generators]
        layers = [torch.stack(layer) for layer in zip(*drawn, strict=True)]
        zeros = [weight.new_zeros(weight.shape[0], 1, weight.shape[1]) for weight in layers]
        self._weights, self._biases = _Parts(layers, device), _Parts(zeros, device)

    @property
    def weights(self) -> list[Tensor]:
        """By layer, (k, outputs, inputs)."""
        return self._weights.parts

    @property
    def biases(self) -> list[Tensor]:
        """By layer, (k, 1, outputs)."""
        return self._biases.parts

    def adamw(self, lr: float, weight_decay: float) -> torch.optim.AdamW:
        """AdamW of all networks, with decay of weights and not of biases.

        It works on each number by itself, so that k networks train as each would alone.
        """
        weights, biases = self._weights.all, self._biases.all
        groups: list[dict[str, Any]] = [
            {"params": [weights]},
            {"params": [biases], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=lr, weight_decay=weight_decay, fused=True)

    def __call__(self, x: Tensor) -> Tensor:
        """Outputs (k, n, targets) for inputs (k, n, features)."""
        return self._layers(x)[-1]

    def differentiate(self, x: Tensor, y: Tensor, *, twofold: bool = False) -> None:
        """Set the gradient of every network's mean squared error.

        Args:
            x: inputs, (k, n, features).
            y: outputs wanted, (k, n, targets).
            twofold: rows come in twos, two draws for one output, and the loss is the mean product
                of their errors. The slope at either is then the error of the other.
        """
        values = self._layers(x)
        slope = values.pop().sub_(y).mul_(2 / y[0].numel())
        if twofold:
            k, n, width = slope.shape
            slope = slope.view(k, n // 2, 2, width).flip(2).view(k, n, width)
        for layer in reversed(range(len(values))):
            torch.bmm(slope.mT, values[layer], out=self._weights.slopes[layer])
            torch.sum(slope, 1, keepdim=True, out=self._biases.slopes[layer])
            if layer:
                slope = torch.bmm(slope, self.weights[layer]).mul_(values[layer] > 0)

    def _layers(self, x: Tensor) -> list[Tensor]:
        """The input of each layer, and the output."""
        values = [x]
        for weight, bias in zip(self.weights, self.biases, strict=True):
            if len(values) > 1:
                values[-1].relu_()
            values.append(torch.baddbmm(bias, values[-1], weight.mT))
        return values


class _Parts:
    """Tensors and their gradients as views of one tensor and one gradient."""

    def __init__(self, tensors: Sequence[Tensor], device: str) -> None:
        self.all = torch.cat([tensor.flatten() for tensor in tensors]).to(device)
        self.all.grad = torch.zeros_like(self.all)
        shapes = [tensor.shape for tensor in tensors]
        self.parts = _views(self.all, shapes)
        self.slopes = _views(self.all.grad, shapes)


def _views(flat: Tensor, shapes: Sequence[torch.Size]) -> list[Tensor]:
    pieces = torch.split(flat, [shape.numel() for shape in shapes])
    return [piece.view(shape) for piece, shape in zip(pieces, shapes, strict=True)]


def _draw(sizes: Sequence[int], generator: torch.Generator, dtype: torch.dtype) -> list[Tensor]:
    """Weights (outputs, inputs) of one network, from `generator` alone."""
    return [
        torch.empty(outputs, inputs, dtype=dtype).uniform_(
            -1 / sqrt(inputs), 1 / sqrt(inputs), generator=generator
        )
        for inputs, outputs in pairwise(sizes)
    ]
