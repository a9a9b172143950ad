"""From a recipe and prepared windows to a trainer."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from musicae.checkpoints.format import CheckpointInfo
from musicae.core.autoencoder import Autoencoder
from musicae.core.config import from_dict, look_up, to_dict, with_changes
from musicae.core.device import pick_device
from musicae.core.registry import MODELS
from musicae.errors import ParameterError
from musicae.music.kinds import kind_of
from musicae.music.metrics.reconstruction import reconstruction_metrics
from musicae.music.models.batch import GridBatch
from musicae.music.models.blocks import BlockAutoencoder
from musicae.music.recipes import Preset
from musicae.music.representations import Representation, WindowSpec, representation_from_dict
from musicae.music.windows import PreparedWindows, WindowSampler
from musicae.training.experiment import start_from
from musicae.training.loop import Trainer
from musicae.training.optimizer import TrainingConfig
from musicae.training.validation import Validation

__all__ = ["Experiment", "configured", "spec_of"]

VALIDATION_WINDOWS = 1000
HELD = 0.25  # weight of the KL from which the controller of a trained model starts; trained ones end at 0.25 to 0.3


@dataclass(frozen=True)
class Experiment:
    """A trainer with the data that it trains on.

    Arguments:
        trainer: The trainer, resumed where that was asked for.
        windows: The prepared windows.
    """

    trainer: Trainer
    windows: PreparedWindows

    @classmethod
    def open(
        cls,
        recipe: Preset,
        windows: PreparedWindows,
        folder: Path,
        *,
        device: str = "auto",
        init_from: str | None = None,
        resume: bool = False,
    ) -> "Experiment":
        """Build the model and the trainer; `musicae.training.run_folder.prepare_run_folder` has checked the folder.

        Arguments:
            recipe: What to train and how.
            windows: The windows that `spec_of(recipe)` describes, prepared.
            folder: Run folder.
            device: `auto`, `cpu`, `cuda` or `mps`.
            init_from: A checkpoint whose weights to start from. If the model starts from all of them (fine-tuning), a
                controller of the KL works from the first step.
            resume: Continue the run in `folder`.

        Raises:
            ParameterError: the recipe does not fit together.
            DataError: there are too few windows.
            CheckpointError: `init_from` does not fit, or there is nothing to resume.
        """
        model, representation, trained = _build(recipe, init_from)
        config = _training(recipe.training, folder, trained=trained, resume=resume)
        source = WindowSampler(
            windows, representation, batch_size=config.batch_size, seed=config.seed, transpose=recipe.transpose
        )
        where, metrics = pick_device(device), kind_of(representation).metrics
        validation = Validation(
            batches=_validation(windows, representation, where),
            score=partial(reconstruction_metrics, metrics=metrics),
            maximise=metrics.headline,
        )
        info = _info(recipe, model, representation, windows)
        trainer = Trainer(model.to(where), config, source, folder, info, validation=validation)
        if resume:
            trainer.resume()
        return cls(trainer, windows)

    def summary(self) -> str:
        """Return one paragraph on model, data and device."""
        trainer, windows = self.trainer, self.windows
        counts = ", ".join(f"{len(windows.rows(s))} {s}" for s in ("train", "valid", "test"))
        source = trainer.source
        small = ""
        if isinstance(source, WindowSampler) and source.batch_size < trainer.config.batch_size:
            small = f" Only {len(source)} training windows: batches hold {source.batch_size}."
        return (
            f"{trainer.model.name}: {trainer.model.parameter_count():,} parameters on {trainer.device}; "
            f"windows: {counts} from {', '.join(windows.collections)}.{small}"
        )


def _info(recipe: Preset, model: Autoencoder[Any], representation: Representation, windows: PreparedWindows) -> CheckpointInfo:
    """Return the description of the checkpoints of a run."""
    return CheckpointInfo(
        domain="music",
        kind=representation.kind,
        model=model.name,
        config=to_dict(model.config),
        representation=representation.to_dict(),
        bars=recipe.bars,
        data={"key": windows.key, "transpose": recipe.transpose, "collections": _sources(windows)},
    )


def configured(recipe: Preset) -> tuple[type[Autoencoder[Any]], Any, Representation]:
    """Return the model class of a recipe, its configuration, and the representation.

    Raises:
        ParameterError: one of them is unknown, or does not take these fields.
    """
    kind = look_up("model", recipe.model, MODELS)
    representation = representation_from_dict(recipe.representation)
    return kind, from_dict(kind.config_type, {"depth": representation.depth, **recipe.config}), representation


def spec_of(recipe: Preset) -> WindowSpec:
    """Return the windows that the model of a recipe is trained on.

    Raises:
        ParameterError: see `configured`.
    """
    _, config, representation = configured(recipe)
    return WindowSpec.of_model(config, representation, recipe.bars)


def _build(recipe: Preset, init_from: str | None) -> tuple[Autoencoder[Any], Any, bool]:
    """Return a model, fresh and seeded or with a checkpoint's weights, its representation, and whether all are the latter's."""
    kind, config, representation = configured(recipe)
    torch.manual_seed(recipe.training.seed)
    model = kind(config)
    trained = init_from is not None and start_from(
        model, init_from, representation=representation.to_dict(), transfer=partial(_take_weights, model)
    )
    return model, representation, trained


def _training(config: TrainingConfig, folder: Path, *, trained: bool, resume: bool) -> TrainingConfig:
    """Return how to train: as the recipe says, or, for a model that is trained already, with the KL held from the first step.

    A recipe lets the KL go until a fresh model has learnt to use its code. A trained model would lose its prior meanwhile: its
    KL rose from 57 to 216 bits within 60 steps.
    """
    beta = config.objective.beta
    if beta.kind != "target":
        return config
    held = with_changes(beta, steps=1, beta=max(beta.beta, HELD))
    fine = with_changes(config, objective=with_changes(config.objective, beta=held))
    saved = folder / "config.json"
    if resume and not trained and saved.is_file():  # a run that began so goes on so
        trained = Preset.read(saved).training.objective == fine.objective
    return fine if trained else config


def _take_weights(model: Autoencoder[Any], other: Autoencoder[Any]) -> bool:
    """Copy the weights of a model of another class; return whether the model uses its code from the first step.

    A model of more bars takes the blocks of a model of single windows, and the layers around the code if its phrase is like a
    window.

    Raises:
        ParameterError: the two models share no layers.
    """
    if isinstance(model, BlockAutoencoder) and isinstance(other, BlockAutoencoder):
        return model.take_weights(other)
    raise ParameterError("The two models share no layers.")


def _validation(windows: PreparedWindows, representation: Any, device: torch.device) -> list[GridBatch]:
    """Return up to 1,000 validation windows, evenly spaced; none where the split is empty."""
    if not len(windows.rows("valid")):
        return []
    return WindowSampler(windows, representation, split="valid").in_order(device, VALIDATION_WINDOWS)


def _sources(windows: PreparedWindows) -> dict[str, Any]:
    """Return title, licence and counts of each collection, for the checkpoint."""
    fields = ("title", "licence", "tunes", "kept")
    return {name: {f: counts[f] for f in fields} for name, counts in windows.report.items()}
