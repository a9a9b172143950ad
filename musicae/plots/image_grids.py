"""Plots of images and codes: functions from tensors to a matplotlib figure, without global state.

Images are floats in [0, 1], shape (N, C, H, W).
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from musicae.images.files import tile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["class_scatter", "code_images", "histograms", "image_grid", "image_rows"]

_INCH = 0.75  # side of one image


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(max(width, 3.0), max(height, 1.0)), dpi=150, layout="constrained")


def _show(axes: Any, image: Tensor) -> None:
    """Draw one image (C, H, W), grey or colour."""
    array = image.detach().cpu().clamp(0.0, 1.0).permute(1, 2, 0).squeeze(2).numpy()
    axes.imshow(array, cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def image_rows(rows: Sequence[tuple[str, Tensor, Sequence[str] | None]], *, title: str, heads: Sequence[str] = ()) -> "Figure":
    """Draw rows of images, one below the other.

    Arguments:
        rows: For each row its name, its images (N, C, H, W), and a caption above each image or None.
        title: Title of the plot.
        heads: Captions above the columns.
    """
    columns = max(len(images) for _, images, _ in rows)
    captioned = any(captions for _, _, captions in rows)
    figure = _figure(_INCH * columns + 1.2, (_INCH + 0.22 * captioned) * len(rows) + 0.7)
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, images, captions) in zip(grid, rows, strict=True):
        for i, axes in enumerate(line):
            if i >= len(images):
                axes.set_axis_off()
                continue
            _show(axes, images[i])
            if captions:
                axes.set_title(captions[i], fontsize=6, pad=2)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=7)
    for axes, head in zip(grid[0], heads, strict=False):
        axes.set_title(head, fontsize=7, pad=2)
    figure.suptitle(title, fontsize=8)
    return figure


def image_grid(images: Tensor, *, columns: int, title: str) -> "Figure":
    """Draw images in rows of `columns`, close together."""
    rows = -(-len(images) // columns)
    figure = _figure(0.45 * columns + 0.3, 0.45 * rows + 0.5)
    _show(figure.subplots(), tile(images, columns=columns, gap=1))
    figure.suptitle(title, fontsize=8)
    return figure


def code_images(codes: Tensor, images: Tensor, *, title: str) -> "Figure":
    """Draw codes (N, Z) as maps about twice as high as wide, each below its image."""
    count, size = codes.shape
    width = next(w for w in range(max(1, math.isqrt(size // 2)), 0, -1) if size % w == 0)
    low, high = float(codes.min()), float(codes.max())
    figure = _figure(_INCH * count + 1.2, _INCH * 3.2 + 0.7)
    grid = figure.subplots(2, count, squeeze=False, height_ratios=(1, 2))
    for i in range(count):
        _show(grid[0, i], images[i])
        axes = grid[1, i]
        mapped = axes.imshow(codes[i].view(-1, width).cpu().numpy(), cmap="viridis", vmin=low, vmax=high, aspect="auto")
        axes.set_xticks([])
        axes.set_yticks([])
    figure.colorbar(mapped, ax=list(grid[1]), shrink=0.8).ax.tick_params(labelsize=6)
    figure.suptitle(f"{title} ({size // width} x {width} numbers from {low:.2f} to {high:.2f})", fontsize=8)
    return figure


def class_scatter(points: Tensor, labels: Tensor, names: Sequence[str], *, title: str, axes_names: tuple[str, str]) -> "Figure":
    """Draw points (N, 2) in the colours of their classes."""
    figure = _figure(5.5, 5.0)
    axes = figure.subplots()
    x, y = points[:, 0].cpu().numpy(), points[:, 1].cpu().numpy()
    mapped = axes.scatter(x, y, c=labels.cpu().numpy(), s=3, cmap="tab10", vmin=-0.5, vmax=9.5, linewidths=0)
    bar = figure.colorbar(mapped, ax=axes, ticks=range(len(names)))
    bar.ax.set_yticklabels(names, fontsize=7)
    axes.set_xlabel(axes_names[0], fontsize=8)
    axes.set_ylabel(axes_names[1], fontsize=8)
    axes.set_title(title, fontsize=8)
    return figure


def histograms(samples: Tensor, *, title: str) -> "Figure":
    """Draw the distribution of each column of (N, k), k at most 12, and the standard normal density."""
    count = samples.shape[1]
    columns = min(4, count)
    figure = _figure(1.8 * columns, 1.4 * -(-count // columns) + 0.5)
    line = torch.linspace(-4, 4, 81)
    normal = torch.exp(-0.5 * line**2) / math.sqrt(2 * math.pi)
    grid = figure.subplots(-(-count // columns), columns, squeeze=False).flatten()
    for i, axes in enumerate(grid):
        if i >= count:
            axes.set_axis_off()
            continue
        column = samples[:, i].cpu()
        axes.hist(column.clamp(-4, 4).numpy(), bins=40, range=(-4, 4), density=True, color="tab:blue", alpha=0.6)
        axes.plot(line.numpy(), normal.numpy(), color="black", linewidth=0.8)
        axes.set_title(f"mean {float(column.mean()):.2f}, std {float(column.std()):.2f}", fontsize=6, pad=2)
        axes.tick_params(labelsize=5)
    figure.suptitle(title, fontsize=8)
    return figure
