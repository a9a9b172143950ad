"""The image half for users: load a model of pictures, reconstruct, repair, sample and morph.

from musicae.images.model import load_pictures

model = load_pictures("conv-vae")
digits = model.sample(16, seed=1)  # (16, 1, 28, 28), floats in [0, 1]
"""

from pathlib import Path

import torch
from torch import Tensor

from musicae.checkpoints.format import CheckpointInfo
from musicae.checkpoints.shipped import load_weights
from musicae.core.device import pick_device
from musicae.core.latent import path as latent_path
from musicae.errors import CheckpointError, ParameterError
from musicae.images.batch import ImageBatch, ImageTask
from musicae.images.corruptions import Corruption, Downscaling
from musicae.images.files import read_picture
from musicae.images.models.base import ImageAutoencoder

__all__ = ["PictureModel", "load_pictures"]


class PictureModel:
    """A trained model of pictures with the task that it was trained for.

    Pictures go in and come out as floats in [0, 1], shape (B, C, H, W), on the CPU.

    Arguments:
        model: The model.
        info: What its checkpoint says of it.
        name: What to call it in messages.
    """

    def __init__(self, model: ImageAutoencoder, info: CheckpointInfo, name: str) -> None:
        self.model, self.info, self.name = model, info, name
        self.task = ImageTask.from_dict(info.data.get("task", {}), where=name)
        self.device = next(model.parameters()).device

    def read(self, path: Path, *, fit: bool = False, invert: bool = False, small: bool = False) -> Tensor:
        """Read a PNG or JPEG file of the model's size, shape (1, C, H, W); `small` wants what is to be enlarged.

        Raises:
            DataError: the file is missing, no picture, or of another size or mode.
        """
        c = self.model.config
        size = c.size // self._downscaling().factor if small else c.size
        return read_picture(path, size=size, channels=c.channels, fit=fit, invert=invert)

    def batch(self, x: Tensor, labels: Tensor | None = None) -> ImageBatch:
        """Return a batch on the model's device; `labels` matter to a conditional model only."""
        return ImageBatch(x, x, labels if self.model.classes else None).to(self.device)

    @torch.no_grad()
    def codes(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the posterior's modes, shape (B, Z)."""
        return self.model.encode(self.batch(x, labels)).mode.cpu()

    @torch.no_grad()
    def decode(self, z: Tensor, labels: Tensor | None = None, *, temperature: float = 0.0, seed: int = 0) -> Tensor:
        """Turn codes (B, Z) into pictures; temperature 0 gives mean pictures."""
        c = self.model.config
        like = self.batch(torch.zeros(len(z), *c.picture), labels)
        generator = torch.Generator().manual_seed(seed)
        return self.model.generate(z.to(self.device), like, temperature=temperature, generator=generator).cpu()

    def reconstruct(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return pictures to code to pictures; a model that repairs takes damaged pictures."""
        return self.decode(self.codes(x, labels), labels)

    def repair(self, x: Tensor) -> Tensor:
        """Return damaged pictures (B, C, H, W) without the damage.

        Raises:
            ParameterError: the model repairs nothing.
        """
        self._corruption()
        return self.reconstruct(x)

    def sample(self, count: int, labels: Tensor | None = None, *, temperature: float = 0.0, seed: int = 0) -> Tensor:
        """Return pictures of codes drawn from N(0, I), shape (count, C, H, W)."""
        z = torch.randn(count, self.model.latent_size, generator=torch.Generator().manual_seed(seed))
        return self.decode(z, labels, temperature=temperature, seed=seed + 1)

    def interpolate(self, a: Tensor, b: Tensor, steps: int, labels: Tensor | None = None) -> Tensor:
        """Morph one picture (1, C, H, W) into another on the sphere; labels (2,) belong to a conditional model.

        Returns:
            Shape (steps, C, H, W). A conditional model keeps to the first label up to the middle and takes the second then.
        """
        ends = self.codes(torch.cat([a, b]), labels)
        path = latent_path(ends[0], ends[1], steps)
        told = None if labels is None else labels[(torch.arange(steps) * 2 >= steps).long()]
        return self.decode(path, told)

    def damage(self, x: Tensor, *, seed: int = 0) -> Tensor:
        """Return pictures damaged as those that the model was trained to repair.

        Raises:
            ParameterError: the model repairs nothing.
        """
        return self._corruption()(x, torch.Generator().manual_seed(seed))

    def enlarge(self, small: Tensor) -> Tensor:
        """Return small pictures (B, C, H / factor, W / factor) at full size.

        Raises:
            ParameterError: the model enlarges nothing.
        """
        return self.repair(self._downscaling().enlarge(small))

    def _corruption(self) -> Corruption:
        if self.task.corruption is None:
            raise ParameterError(f"{self.name} was not trained to repair pictures; take a model such as denoise or superres.")
        return self.task.corruption

    def _downscaling(self) -> Downscaling:
        corruption = self._corruption()
        if not isinstance(corruption, Downscaling):
            raise ParameterError(f"{self.name} repairs {corruption.name}, it does not enlarge; take a model such as superres.")
        return corruption


def load_pictures(name: str | Path, *, device: str = "auto") -> PictureModel:
    """Load a model of pictures.

    Arguments:
        name: A shipped model's name (`musicae models`) or the path of a checkpoint or run folder.
        device: `auto`, `cpu`, `cuda` or `mps`.

    Raises:
        CheckpointError: it does not exist, is damaged, or is no model of pictures.
    """
    model, info = load_weights(name, pick_device(device))
    if not isinstance(model, ImageAutoencoder):
        raise CheckpointError(f"{name} is a model of music ({info.model}), not of pictures; see `musicae models`.")
    return PictureModel(model, info, str(name))
