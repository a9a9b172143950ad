"""Damage to images, for denoising and super-resolution: drawn at every call, on the device of the images.

A corruption is a frozen configuration that can be called. Images are floats in [0, 1], shape (B, C, H, W), before and after.
Randomness comes from an explicit generator, so the same seed gives the same damage.

References:
    Vincent, Larochelle, Bengio and Manzagol, 2008, Extracting and Composing Robust Features with Denoising Autoencoders.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.core.config import from_dict, look_up, to_dict
from musicae.errors import ParameterError

__all__ = [
    "CORRUPTIONS",
    "Corruption",
    "Downscaling",
    "GaussianNoise",
    "Masking",
    "SaltAndPepper",
    "corruption_from_dict",
    "parse_corruption",
]


class Corruption(ABC):
    """Damage to a batch of images."""

    name: ClassVar[str]

    @abstractmethod
    def __call__(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return damaged images, shape (B, C, H, W), values in [0, 1].

        Arguments:
            x: Images, shape (B, C, H, W), values in [0, 1].
            generator: Source of randomness, on any device; None uses the global one.
        """

    def to_dict(self) -> dict[str, Any]:
        """Return name and fields as a JSON-able dictionary for `corruption_from_dict`."""
        return {"name": self.name, **to_dict(self)}


def _draw(x: Tensor, shape: tuple[int, ...], generator: torch.Generator | None, *, normal: bool) -> Tensor:
    """Draw random numbers on the device of the generator and return them on the device of `x`."""
    device = x.device if generator is None else generator.device
    kind = torch.randn if normal else torch.rand
    return kind(shape, generator=generator, dtype=x.dtype, device=device).to(x.device)


def _check_share(name: str, value: float) -> None:
    """Check that a share lies between 0 and 1."""
    if not 0 <= value <= 1:
        raise ParameterError(f"{name} must lie between 0 and 1, got {value}.")


@final
@dataclass(frozen=True, kw_only=True)
class GaussianNoise(Corruption):
    """Adds normal noise to every pixel and clips the result to [0, 1].

    Arguments:
        mean: Mean of the noise. The noise of the lesson has 0.5, so half of the repair is a shift of brightness.
        std: Standard deviation of the noise, in units of the pixel range.
    """

    name: ClassVar[str] = "gaussian"
    mean: float = 0.0
    std: float = 0.3

    def __post_init__(self) -> None:
        """Check that mean and standard deviation are finite and not extreme."""
        if not 0 <= self.std < 100 or not abs(self.mean) < 100:
            raise ParameterError(f"Gaussian noise needs 0 <= std < 100 and |mean| < 100, got std={self.std}, mean={self.mean}.")

    def __call__(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return noisy images."""
        return (x + self.mean + self.std * _draw(x, tuple(x.shape), generator, normal=True)).clamp(0.0, 1.0)


@final
@dataclass(frozen=True, kw_only=True)
class SaltAndPepper(Corruption):
    """Turns a share of the pixels black or white with equal probability; all channels of a pixel together.

    Arguments:
        amount: Share of the pixels.
    """

    name: ClassVar[str] = "salt-and-pepper"
    amount: float = 0.2

    def __post_init__(self) -> None:
        """Check the range."""
        _check_share("The amount of salt and pepper", self.amount)

    def __call__(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return images with some pixels black or white."""
        draw = _draw(x, (len(x), 1, *x.shape[2:]), generator, normal=False)
        salted = torch.where(draw < 1 - self.amount / 2, x, torch.ones_like(x))
        return torch.where(draw < self.amount / 2, torch.zeros_like(x), salted)


@final
@dataclass(frozen=True, kw_only=True)
class Masking(Corruption):
    """Turns squares of pixels black.

    Arguments:
        amount: Share of the squares that turn black.
        patch: Side of a square in pixels.
    """

    name: ClassVar[str] = "masking"
    amount: float = 0.5
    patch: int = 1

    def __post_init__(self) -> None:
        """Check that mean and standard deviation are finite and not extreme."""
        _check_share("The amount of masking", self.amount)
        if self.patch < 1:
            raise ParameterError(f"The patch of a mask must be at least 1 pixel, got {self.patch}.")

    def __call__(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return images with black squares."""
        height, width = x.shape[2:]
        squares = (len(x), 1, -(-height // self.patch), -(-width // self.patch))
        visible = (_draw(x, squares, generator, normal=False) >= self.amount).to(x.dtype)
        return x * _repeat(visible, self.patch)[:, :, :height, :width]


@final
@dataclass(frozen=True, kw_only=True)
class Downscaling(Corruption):
    """Replaces every square block of pixels by its mean.

    The result has the size of the original, so one network serves every task. It is the small image drawn with large pixels.
    `shrink` returns the small image, `enlarge` draws the large pixels.

    Arguments:
        factor: Side of a block in pixels.
    """

    name: ClassVar[str] = "downscaling"
    factor: int = 2

    def __post_init__(self) -> None:
        """Check the range."""
        if self.factor < 2:
            raise ParameterError(f"The factor of down-scaling must be at least 2, got {self.factor}.")

    def __call__(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return images with large pixels; nothing is random."""
        return self.enlarge(self.shrink(x))

    def shrink(self, x: Tensor) -> Tensor:
        """Return small images, shape (B, C, H / factor, W / factor).

        Raises:
            ParameterError: a side is not a multiple of the factor.
        """
        if x.shape[2] % self.factor or x.shape[3] % self.factor:
            raise ParameterError(
                f"Images of {x.shape[3]} x {x.shape[2]} pixels cannot be divided by {self.factor}; crop or resize them."
            )
        return F.avg_pool2d(x, self.factor)

    def enlarge(self, small: Tensor) -> Tensor:
        """Return small images with every pixel drawn `factor` x `factor` times."""
        return _repeat(small, self.factor)

    def interpolate(self, small: Tensor) -> Tensor:
        """Return small images enlarged bilinearly, the baseline of super-resolution."""
        return F.interpolate(small, scale_factor=self.factor, mode="bilinear", align_corners=False)


def _repeat(x: Tensor, times: int) -> Tensor:
    """Draw every pixel `times` x `times` times."""
    return x.repeat_interleave(times, 2).repeat_interleave(times, 3)


CORRUPTIONS: dict[str, type[Corruption]] = {c.name: c for c in (GaussianNoise, SaltAndPepper, Masking, Downscaling)}


def corruption_from_dict(values: dict[str, Any], *, where: str = "") -> Corruption:
    """Build a corruption from its name and fields.

    Raises:
        ParameterError: an unknown name, an unknown field, or a value out of range.
    """
    if not isinstance(values, dict) or "name" not in values:
        raise ParameterError(f"A corruption must be an object with a name, got {values!r}.")
    name, fields = values["name"], {k: v for k, v in values.items() if k != "name"}
    return from_dict(look_up("corruption", str(name), CORRUPTIONS), fields, where=where)


def parse_corruption(text: str) -> Corruption:
    """Build a corruption from text such as `gaussian`, `gaussian:mean=0.5,std=0.3` or `downscaling:factor=4`.

    Raises:
        ParameterError: the text has another form, or a value is out of range.
    """
    name, _, rest = text.partition(":")
    values: dict[str, Any] = {"name": name}
    for item in filter(None, rest.split(",")):
        key, _, value = item.partition("=")
        try:
            number = float(value)
        except ValueError as error:
            raise ParameterError(f"{item!r} in {text!r} is not FIELD=NUMBER; write it as gaussian:mean=0.5,std=0.3.") from error
        values[key] = int(number) if number.is_integer() and "." not in value else number
    return corruption_from_dict(values)
