"""Trunks of encoders: dense layers, or convolutions where a modality is images."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

from torch import Tensor, nn

from weakpair.images import CHANNELS, as_images, image_edge

Encoder = Literal["mlp", "conv", "conv-mlp", "mlp-conv"]
"""Kind of trunk of both modalities, or of modality 1 and of modality 2."""

ENCODERS: tuple[str, ...] = get_args(Encoder)

_MOST_LAYERS = 5
_DENSE = 128


def trunks(kind: str, widths: Sequence[int], hidden: int, out: int) -> nn.ModuleList:
    """An encoder for each modality.

    Args:
        kind: one of `ENCODERS`.
        widths: features of modality 1 and 2.
        hidden: width of hidden layers, and channels of the last convolution.
        out: width of the output.

    Raises:
        ParameterError: convolutions for features that are no square images.
    """
    first, _, second = kind.partition("-")
    kinds = zip((first, second or first), widths, strict=True)
    return nn.ModuleList(
        ConvTrunk(width, hidden, out) if one == "conv" else mlp((width, hidden, hidden, out))
        for one, width in kinds
    )


class ConvTrunk(nn.Module):
    """Strided convolutions, a dense layer of 128, and a linear layer, for square colour images.

    Up to five convolutions of 3 × 3 and stride 2, each with batch norm and leaky ReLU, double
    their channels up to `hidden`; with `hidden` = 512 and images of 128 pixels along an edge they
    are those of Xi et al. (2024): 32, 64, 128, 256, 512. Features are the pixels row by row, the
    three channels of a pixel side by side.

    Args:
        width: features, 3 · edge².
        hidden: channels of the last convolution.
        out: width of the output.

    Raises:
        ParameterError: the features are no such images.
    """

    def __init__(self, width: int, hidden: int, out: int) -> None:
        super().__init__()
        left = image_edge(width)
        count = min(_MOST_LAYERS, max(1, left.bit_length() - 2))
        channels = [CHANNELS, *(max(1, hidden >> (count - 1 - i)) for i in range(count))]
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(channels):
            layers += [nn.Conv2d(n_in, n_out, 3, stride=2, padding=1), nn.BatchNorm2d(n_out)]
            layers.append(nn.LeakyReLU())
            left = (left + 1) // 2
        dense = [nn.Linear(channels[-1] * left * left, _DENSE), nn.LeakyReLU()]
        self.layers = nn.Sequential(*layers, nn.Flatten(), *dense, nn.Linear(_DENSE, out))

    def forward(self, x: Tensor) -> Tensor:
        """Map images, shape (n, 3 · edge²), to (n, out)."""
        z: Tensor = self.layers(as_images(x))
        return z


def mlp(widths: Sequence[int], *, batch_norm: bool = True) -> nn.Sequential:
    """Linear layers of the given widths with (batch norm and) ReLU after all but the last."""
    layers: list[nn.Module] = []
    *inner, last = pairwise(widths)
    for n_in, n_out in inner:
        layers.append(nn.Linear(n_in, n_out))
        if batch_norm:
            layers.append(nn.BatchNorm1d(n_out))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers, nn.Linear(*last))
