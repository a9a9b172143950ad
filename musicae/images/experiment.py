"""From an image recipe and loaded images to a trainer."""

from dataclasses import dataclass
from typing import Any, final

import torch

from musicae.checkpoints.format import CheckpointInfo
from musicae.core.config import to_dict
from musicae.core.device import pick_device
from musicae.core.registry import MODELS
from musicae.images.batch import ImageTask
from musicae.images.data import ImageData, ImageSampler, LabelledImages, batches_in_order
from musicae.images.metrics import psnr
from musicae.images.models.base import ImageAutoencoder, ImageConfig
from musicae.images.recipes import ImageRecipe, model_config
from musicae.training.experiment import start_from
from musicae.training.loop import Trainer
from musicae.training.run_folder import RunOptions, prepare_run_folder
from musicae.training.validation import Validation

__all__ = ["ImageExperiment"]

_VALIDATION_BATCH = 500


@final
@dataclass(frozen=True)
class ImageExperiment:
    """A trainer with the images that it trains on.

    Arguments:
        trainer: The trainer.
        train: The training images.
    """

    trainer: Trainer
    train: LabelledImages

    @classmethod
    def open(cls, recipe: ImageRecipe, data: ImageData, run: RunOptions) -> "ImageExperiment":
        """Build the model and its trainer, and open the run folder.

        Arguments:
            recipe: What to train and how.
            data: The splits `train` and `valid` of a data set.
            run: How to start the run.

        Raises:
            ParameterError: the fields of the recipe do not fit together or do not fit the images.
            DataError: the folder already holds a run.
            CheckpointError: `init_from` does not fit, or there is no run to resume.
        """
        prepare_run_folder(run)
        train, training, task = data["train"], recipe.training, ImageTask.from_dict(recipe.task)
        _, channels, size, _ = train.images.shape
        device = pick_device(run.device)
        model = _build(recipe, model_config(recipe, channels=channels, size=size), run.init_from).to(device)
        labels = train.labels if model.classes else None
        batch_size = min(training.batch_size, len(train))
        validation = batches_in_order(data["valid"], task, device, seed=training.seed, size=_VALIDATION_BATCH)
        trainer = Trainer(
            model,
            training,
            ImageSampler(train.images, batch_size, training.seed, task=task, labels=labels),
            run.folder,
            _info(model, task, data),
            validation=Validation(batches=validation, score=_scores),
        )
        if run.resume:
            trainer.resume()
        return cls(trainer, train)

    def summary(self) -> str:
        """Return one paragraph on model, data and device."""
        model, source = self.trainer.model, self.trainer.source
        assert isinstance(source, ImageSampler)
        return (
            f"{model.name}: {model.parameter_count():,} parameters on {self.trainer.device}; {len(self.train):,} images of "
            f"{self.train.source}; {source.batches_per_epoch} batches of {source.batch_size} per epoch."
        )


def _build(recipe: ImageRecipe, config: ImageConfig, init_from: str | None) -> ImageAutoencoder:
    """Return a model with weights from the recipe's seed, or with those of a checkpoint."""
    torch.manual_seed(recipe.training.seed)
    model = MODELS[recipe.model](config)
    assert isinstance(model, ImageAutoencoder)
    if init_from is not None:
        start_from(model, init_from)
    return model


def _info(model: ImageAutoencoder, task: ImageTask, data: ImageData) -> CheckpointInfo:
    """Return the description of the checkpoints of a run."""
    train = data["train"]
    facts = {"set": data.name, "task": task.to_dict(), "source": train.source, "licence": data.licence, "images": len(train)}
    return CheckpointInfo(domain="images", model=model.name, config=to_dict(model.config), data=facts)


def _scores(model: Any, batches: Any) -> dict[str, float]:
    """Return the mean PSNR of reconstructed or repaired images in dB."""
    return {"psnr": float(torch.cat([psnr(model.reconstruct(batch), batch.targets) for batch in batches]).mean())}
