"""A trained image model for users: load it, reconstruct, repair, sample and interpolate images.

from musicae.images.model import load

model = load("conv-vae")
digits = model.sample(16, seed=1)  # (16, 1, 28, 28), floats in [0, 1]
"""

from pathlib import Path
from typing import final

import torch
from torch import Tensor

from musicae.checkpoints.format import CheckpointInfo
from musicae.checkpoints.shipped import load_weights
from musicae.core.device import pick_device
from musicae.core.latent import path as latent_path
from musicae.errors import CheckpointError, ParameterError
from musicae.images.batch import ImageBatch, ImageTask
from musicae.images.corruptions import Corruption, Downscaling
from musicae.images.files import read_image
from musicae.images.models.base import ImageAutoencoder

__all__ = ["ImageModel", "load"]


@final
class ImageModel:
    """A trained image model, with the task that it was trained for.

    Images are floats in [0, 1], shape (B, C, H, W), on the CPU, both as arguments and as results.

    Arguments:
        network: The autoencoder, in evaluation mode.
        info: The description in its checkpoint.
        name: Its name in messages.
    """

    def __init__(self, network: ImageAutoencoder, info: CheckpointInfo, name: str) -> None:
        self.network, self.info, self.name = network, info, name
        self.task = ImageTask.from_dict(info.data.get("task", {}), where=name)
        self.device = next(network.parameters()).device

    def read(self, path: Path, *, fit: bool = False, invert: bool = False, small: bool = False) -> Tensor:
        """Read a PNG or JPEG file of the model's size, shape (1, C, H, W).

        Arguments:
            path: The file.
            fit: Whether to crop, resize and convert an image of another size or mode.
            invert: Whether to exchange black and white.
            small: Whether the file is a small image to enlarge.

        Raises:
            DataError: the file is missing, is not an image, or has another size or mode.
            ParameterError: `small` for a model that does not enlarge images.
        """
        c = self.network.config
        size = c.size // self._downscaling().factor if small else c.size
        return read_image(path, size=size, channels=c.channels, fit=fit, invert=invert)

    def batch(self, x: Tensor, labels: Tensor | None = None) -> ImageBatch:
        """Return a batch on the model's device; only a conditional model uses `labels`."""
        return ImageBatch(x, x, labels if self.network.classes else None).to(self.device)

    @torch.no_grad()
    def codes(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the modes of the posterior, shape (B, Z)."""
        return self.network.encode(self.batch(x, labels)).mode.cpu()

    @torch.no_grad()
    def decode(self, z: Tensor, labels: Tensor | None = None, *, temperature: float = 0.0, seed: int = 0) -> Tensor:
        """Decode codes (B, Z) into images; temperature 0 gives mean images."""
        like = self.batch(torch.zeros(len(z), *self.network.config.image_shape), labels)
        generator = torch.Generator().manual_seed(seed)
        return self.network.generate(z.to(self.device), like, temperature=temperature, generator=generator).cpu()

    def reconstruct(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Encode and decode images; a model that repairs takes damaged images."""
        return self.decode(self.codes(x, labels), labels)

    def repair(self, x: Tensor) -> Tensor:
        """Return damaged images (B, C, H, W) without the damage.

        Raises:
            ParameterError: the model was not trained to repair images.
        """
        self._corruption()
        return self.reconstruct(x)

    def sample(self, count: int, labels: Tensor | None = None, *, temperature: float = 0.0, seed: int = 0) -> Tensor:
        """Return images of codes drawn from N(0, I), shape (count, C, H, W)."""
        z = torch.randn(count, self.network.latent_size, generator=torch.Generator().manual_seed(seed))
        return self.decode(z, labels, temperature=temperature, seed=seed + 1)

    def interpolate(self, a: Tensor, b: Tensor, steps: int, labels: Tensor | None = None) -> Tensor:
        """Morph one image (1, C, H, W) into another along the sphere of codes; a conditional model needs labels (2,).

        Returns:
            Shape (steps, C, H, W). A conditional model uses the first label in the first half and the second in the other.
        """
        ends = self.codes(torch.cat([a, b]), labels)
        codes = latent_path(ends[0], ends[1], steps)
        return self.decode(codes, None if labels is None else labels[(torch.arange(steps) * 2 >= steps).long()])

    def damage(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Return images with the damage that the model was trained to repair.

        Raises:
            ParameterError: the model was not trained to repair images.
        """
        return self._corruption()(x, torch.Generator().manual_seed(seed))

    def enlarge(self, small: Tensor) -> Tensor:
        """Return small images (B, C, H / factor, W / factor) at full size.

        Raises:
            ParameterError: the model was not trained to enlarge images.
        """
        return self.repair(self._downscaling().enlarge(small))

    def _corruption(self) -> Corruption:
        if self.task.corruption is None:
            raise ParameterError(f"{self.name} was not trained to repair images; use a model such as denoise or superres.")
        return self.task.corruption

    def _downscaling(self) -> Downscaling:
        corruption = self._corruption()
        if not isinstance(corruption, Downscaling):
            raise ParameterError(
                f"{self.name} repairs {corruption.name}, it does not enlarge images; use a model such as superres."
            )
        return corruption


def load(name: str | Path, *, device: str = "auto") -> ImageModel:
    """Load an image model.

    Arguments:
        name: A shipped model's name (`musicae models`) or the path of a checkpoint or run folder.
        device: `auto`, `cpu`, `cuda` or `mps`.

    Raises:
        CheckpointError: the checkpoint does not exist, is damaged, or holds a music model.
    """
    network, info = load_weights(name, pick_device(device))
    if not isinstance(network, ImageAutoencoder):
        raise CheckpointError(f"{name} is a music model ({info.model}), not an image model; see `musicae models`.")
    return ImageModel(network, info, str(name))
