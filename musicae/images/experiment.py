"""From an image recipe to a trainer: pictures loaded, model built, run folder checked."""

import dataclasses
from pathlib import Path
from typing import Any

import torch

from musicae.checkpoints.format import CheckpointInfo
from musicae.core.config import to_dict
from musicae.core.device import pick_device
from musicae.core.progress import Progress
from musicae.core.registry import MODELS
from musicae.datasets.images import image_set
from musicae.images.batch import ImageTask
from musicae.images.data import ImageBatches, LabelledImages, batches_in_order
from musicae.images.metrics import psnr
from musicae.images.models.base import ImageAutoencoder
from musicae.images.recipes import ImagePreset, model_config
from musicae.training.experiment import start_from
from musicae.training.loop import Trainer
from musicae.training.run_folder import RunOptions, prepare_run_folder
from musicae.training.validation import Validation

__all__ = ["ImageExperiment"]

_VALIDATION_BATCH = 500


@dataclasses.dataclass(frozen=True)
class ImageExperiment:
    """A trainer with the pictures that it trains on.

    Arguments:
        trainer: The trainer, resumed where that was asked for.
        train: The training pictures.
    """

    trainer: Trainer
    train: LabelledImages

    @classmethod
    def open(
        cls,
        recipe: ImagePreset,
        folder: Path,
        *,
        data: str | None = None,
        data_dir: Path | None = None,
        limit: int | None = None,
        device: str = "auto",
        threads: int | None = None,
        init_from: str | None = None,
        resume: bool = False,
        force: bool = False,
        progress: Progress | None = None,
    ) -> "ImageExperiment":
        """Load the pictures, build the model and open the run folder.

        Arguments:
            recipe: What to train and how.
            folder: Run folder.
            data: Name of the data set; None takes the recipe's.
            data_dir: Folder with its files; None takes cache and download.
            limit: Train on the first so many pictures only.
            device: `auto`, `cpu`, `cuda` or `mps`.
            threads: CPU threads; None takes all cores.
            init_from: A checkpoint whose weights to start from.
            resume: Go on with the run in `folder`.
            force: Start anew in a folder that holds a run.
            progress: Called while files are downloaded.

        Raises:
            ParameterError: the recipe does not fit together.
            DataError: data are missing or damaged, or the folder holds a run already.
            CheckpointError: `init_from` does not fit, or there is nothing to resume.
        """
        prepare_run_folder(RunOptions(folder=folder, threads=threads, resume=resume, force=force))
        chosen = image_set(data or recipe.data)
        task = ImageTask.from_dict(recipe.task)
        config = model_config(recipe, channels=chosen.channels, size=chosen.size)
        training = recipe.training
        torch.manual_seed(training.seed)
        model = MODELS[recipe.model](config)
        assert isinstance(model, ImageAutoencoder)
        if init_from is not None:
            start_from(model, init_from)
        train, valid = (chosen.load(split, data_dir, progress) for split in ("train", "valid"))
        train = train.first(limit)
        labels = train.labels if model.classes else None
        where = pick_device(device)
        trainer = Trainer(
            model.to(where),
            training,
            ImageBatches(train.images, min(training.batch_size, len(train)), training.seed, task=task, labels=labels),
            folder,
            CheckpointInfo(
                domain="images",
                model=model.name,
                config=to_dict(config),
                data={
                    "set": chosen.name,
                    "task": task.to_dict(),
                    "source": train.source,
                    "licence": chosen.licence,
                    "pictures": len(train),
                },
            ),
            validation=Validation(
                batches=batches_in_order(valid, task, where, seed=training.seed, size=_VALIDATION_BATCH), score=image_scores
            ),
        )
        if resume:
            trainer.resume()
        return cls(trainer, train)

    def summary(self) -> str:
        """Return one paragraph on model, data and device."""
        model, source = self.trainer.model, self.trainer.source
        assert isinstance(source, ImageBatches)
        return (
            f"{model.name}: {model.parameter_count():,} parameters on {self.trainer.device}; {len(self.train):,} pictures of "
            f"{self.train.source}; {source.batches_per_epoch} batches of {source.batch_size} an epoch."
        )


def image_scores(model: Any, batches: Any) -> dict[str, float]:
    """Return the mean PSNR of reconstructed or repaired pictures in dB."""
    decibels = torch.cat([psnr(model.reconstruct(batch), batch.targets) for batch in batches])
    return {"psnr": float(decibels.mean())}
