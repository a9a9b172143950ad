"""Convolutional blocks and stacks, independent of any task.

Shapes: B batch, C channels, H = W = `size`, the side of a square image. Every stage of an encoder stack halves the side,
rounding up (28, 14, 7, 4). The decoder stack returns exactly to the side of the encoder's input.
"""

from collections.abc import Sequence
from typing import Literal, final

import torch
from torch import Tensor, nn

from musicae.core.layers import Activation, activation_layer
from musicae.errors import ParameterError

__all__ = [
    "Crop",
    "Resample",
    "ResidualBlock",
    "conv_decoder",
    "conv_encoder",
    "stage_sizes",
]

Resample = Literal["pool", "stride"]


def stage_sizes(size: int, stages: int) -> tuple[int, ...]:
    """Return the side of the image before the first and after each halving stage: 28 and 3 give (28, 14, 7, 4).

    Raises:
        ParameterError: no stages, or more stages than times that the side can be halved.
    """
    sizes = [size]
    for _ in range(stages):
        sizes.append((sizes[-1] + 1) // 2)
    if stages < 1 or sizes[-2] < 2:
        raise ParameterError(
            f"An image of side {size} cannot be halved {stages} times; give at least one width and fewer than "
            f"{max(size - 1, 0).bit_length() + 1}."
        )
    return tuple(sizes)


@final
class Crop(nn.Module):
    """Crops an image to its first rows and columns.

    Arguments:
        size: Side of the cropped image.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """Crop (B, C, H, W) to (B, C, size, size)."""
        return x[:, :, : self.size, : self.size]


@final
class ResidualBlock(nn.Module):
    """Residual block: two 3x3 convolutions with an identity skip connection (He, Zhang, Ren and Sun, 2015, arXiv 1512.03385).

    Arguments:
        channels: Channels of input and output.
        activation: Name of the activation before each convolution.
    """

    def __init__(self, channels: int, activation: Activation) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            activation_layer(activation),
            nn.Conv2d(channels, channels, 3, padding=1),
            activation_layer(activation),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus the output of the convolutions, shape (B, C, H, W)."""
        return x + self.layers(x)


def conv_encoder(
    channels: int,
    widths: Sequence[int],
    size: int,
    *,
    resample: Resample = "stride",
    activation: Activation = "relu",
    blocks: int = 0,
) -> nn.Sequential:
    """Return 3x3 convolutions, each of which halves the side.

    Arguments:
        channels: Channels of the image, C.
        widths: Channels after each stage.
        size: Side of the image.
        resample: `stride` uses a stride of two pixels; `pool` takes the maximum of 2x2 pixels after the convolution.
        activation: Name of the activation that ends each stage.
        blocks: Residual blocks at the end of each stage.

    Returns:
        A network from (B, C, size, size) to (B, widths[-1], s, s), s = `stage_sizes(size, len(widths))[-1]`.
    """
    layers: list[nn.Module] = []
    inputs = [channels, *widths[:-1]]
    for before, after, side in zip(inputs, widths, stage_sizes(size, len(widths))[:-1], strict=True):
        stride = 2 if resample == "stride" else 1
        layers += [nn.Conv2d(before, after, 3, stride=stride, padding=1), activation_layer(activation)]
        if resample == "pool":
            layers.append(nn.MaxPool2d(2, padding=side % 2))  # a border of one rounds an odd side up
        layers += [ResidualBlock(after, activation) for _ in range(blocks)]
    return _channels_last(layers)


def conv_decoder(
    channels: int,
    widths: Sequence[int],
    size: int,
    *,
    resample: Resample = "stride",
    activation: Activation = "relu",
    blocks: int = 0,
) -> nn.Sequential:
    """Return the mirror image of `conv_encoder`; each of its stages doubles the side.

    Arguments:
        channels: Channels of the image, C.
        widths: Widths of the encoder, in the order of the encoder.
        size: Side of the image.
        resample: `stride` doubles by transposed and sub-pixel convolutions, `pool` by repeating pixels after a 3x3 convolution.
        activation: Name of the activation that follows every convolution except the last.
        blocks: Residual blocks at the beginning of each stage.

    Returns:
        A network from (B, widths[-1], s, s), s = `stage_sizes(size, len(widths))[-1]`, to (B, C, size, size).
    """
    sides = stage_sizes(size, len(widths))[::-1]
    upwards = list(reversed(widths))
    stack = _transposed_stages if resample == "stride" else _repeated_stages
    return _channels_last(stack(channels, upwards, sides, activation, blocks))


def _transposed_stages(
    channels: int, widths: list[int], sides: Sequence[int], activation: Activation, blocks: int
) -> list[nn.Module]:
    """Double the side by transposed convolutions that give each side exactly, and the last time by a sub-pixel convolution.

    The last stage computes four values per channel at half the side and rearranges them into 2x2 pixels (Shi et al., 2016,
    arXiv 1609.05158), because convolutions at full resolution took half the time of a training step on a CPU.
    """
    layers: list[nn.Module] = []
    for before, after, side in zip(widths[:-1], widths[1:], sides[1:-1], strict=True):
        layers += [ResidualBlock(before, activation) for _ in range(blocks)]
        # A kernel of 4 gives 2n, one of 3 gives 2n - 1: the two sides that round up to n when halved.
        kernel = 3 if side % 2 else 4
        layers += [nn.ConvTranspose2d(before, after, kernel, stride=2, padding=1), activation_layer(activation)]
    layers += [ResidualBlock(widths[-1], activation) for _ in range(blocks)]
    layers += [nn.Conv2d(widths[-1], 4 * channels, 3, padding=1), nn.PixelShuffle(2)]
    return [*layers, Crop(sides[-1])] if sides[-1] % 2 else layers


def _repeated_stages(
    channels: int, widths: list[int], sides: Sequence[int], activation: Activation, blocks: int
) -> list[nn.Module]:
    """Double the side by repeating pixels; convolutions without padding remove the surplus of rounding up.

    Doubling turns a surplus of at most 1 into at most 3, and a convolution without padding removes 2. So the surplus stays at
    most 1, and at most one row and one column are cropped at the end.
    """
    layers: list[nn.Module] = []
    side = sides[0]
    for before, after, target in zip([widths[0], *widths[:-1]], widths, sides[:-1], strict=True):
        padding = 0 if side - target >= 2 else 1
        layers += [ResidualBlock(before, activation) for _ in range(blocks)]
        layers += [nn.Conv2d(before, after, 3, padding=padding), activation_layer(activation)]
        layers.append(nn.Upsample(scale_factor=2))
        side = 2 * (side - 2 * (1 - padding))
    padding = 0 if side - sides[-1] >= 2 else 1
    layers.append(nn.Conv2d(widths[-1], channels, 3, padding=padding))
    if side - 2 * (1 - padding) > sides[-1]:
        layers.append(Crop(sides[-1]))
    return layers


def _channels_last(layers: Sequence[nn.Module]) -> nn.Sequential:
    """Join layers, with weights in the channels-last memory format.

    On CPUs a training step with few channels then takes little more than half the time, and no step takes longer.
    """
    network = nn.Sequential(*layers)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.to(memory_format=torch.channels_last)  # also where C is 1
    return network
