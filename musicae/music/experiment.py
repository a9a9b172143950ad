"""From a recipe and prepared windows to a trainer."""

from dataclasses import dataclass
from functools import partial
from typing import Any, final

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
from musicae.music.recipes import MusicRecipe
from musicae.music.representations import Representation, WindowSpec, representation_from_dict
from musicae.music.windows import PreparedWindows, WindowSampler
from musicae.training.experiment import Transfer, start_from
from musicae.training.loop import Trainer
from musicae.training.optimizer import TrainingConfig
from musicae.training.run_folder import RunOptions, prepare_run_folder
from musicae.training.validation import Validation

__all__ = ["MusicExperiment", "configured", "spec_of"]

_VALIDATION_WINDOWS = 1000
_HELD = 0.25  # initial weight of the KL for the controller of a trained model; training ends at 0.25 to 0.3


@final
@dataclass(frozen=True)
class MusicExperiment:
    """A trainer with the windows that it trains on.

    Arguments:
        trainer: The trainer.
        windows: The prepared windows.
    """

    trainer: Trainer
    windows: PreparedWindows

    @classmethod
    def open(cls, recipe: MusicRecipe, windows: PreparedWindows, run: RunOptions) -> "MusicExperiment":
        """Build the model and its trainer, and open the run folder.

        Arguments:
            recipe: What to train and how.
            windows: The windows that `spec_of(recipe)` describes, prepared.
            run: How to start the run. If the model starts from all weights of a checkpoint (fine-tuning), the KL is held from
                the first step.

        Raises:
            ParameterError: the fields of the recipe do not fit together.
            DataError: the training split is empty, or the folder already holds a run.
            CheckpointError: `init_from` does not fit, or there is no run to resume.
        """
        prepare_run_folder(run)
        model, representation, trained = _build(recipe, run.init_from)
        config = _training(recipe.training, run, trained=trained)
        device, metrics = pick_device(run.device), kind_of(representation).metrics
        trainer = Trainer(
            model.to(device),
            config,
            WindowSampler(windows, representation, batch_size=config.batch_size, seed=config.seed, transpose=recipe.transpose),
            run.folder,
            _info(recipe, model, representation, windows),
            validation=Validation(
                batches=_validation(windows, representation, device),
                score=partial(reconstruction_metrics, metrics=metrics),
                maximise=metrics.headline,
            ),
        )
        if run.resume:
            trainer.resume()
        return cls(trainer, windows)

    def summary(self) -> str:
        """Return one paragraph on model, data and device."""
        trainer, windows, source = self.trainer, self.windows, self.trainer.source
        assert isinstance(source, WindowSampler)
        counts = ", ".join(f"{len(windows.rows(s))} {s}" for s in ("train", "valid", "test"))
        small = f" Only {len(source)} training windows: batches hold {source.batch_size}."
        return (
            f"{trainer.model.name}: {trainer.model.parameter_count():,} parameters on {trainer.device}; "
            f"windows: {counts} from {', '.join(windows.collections)}."
            f"{small if source.batch_size < trainer.config.batch_size else ''}"
        )


def configured(recipe: MusicRecipe) -> tuple[type[Autoencoder[Any]], Any, Representation]:
    """Return the model class of a recipe, its configuration, and the representation.

    Raises:
        ParameterError: one of them is unknown, or does not have these fields.
    """
    model_class = look_up("model", recipe.model, MODELS)
    representation = representation_from_dict(recipe.representation)
    config = from_dict(model_class.config_type, {"depth": representation.depth, **recipe.config})
    return model_class, config, representation


def spec_of(recipe: MusicRecipe) -> WindowSpec:
    """Return the windows that the model of a recipe is trained on.

    Raises:
        ParameterError: see `configured`.
    """
    _, config, representation = configured(recipe)
    return WindowSpec.of_model(config, representation, recipe.bars)


def _build(recipe: MusicRecipe, init_from: str | None) -> tuple[Autoencoder[Any], Representation, bool]:
    """Return a model, its representation, and whether the model uses its code from the first step.

    The model has weights from the recipe's seed. With `init_from` it takes those of a checkpoint, or, if that has a model of
    fewer bars, those of its blocks.
    """
    model_class, config, representation = configured(recipe)
    torch.manual_seed(recipe.training.seed)
    model = model_class(config)
    if init_from is None:
        return model, representation, False
    trained = start_from(model, init_from, representation=representation.to_dict(), transfer=_transfer(model))
    return model, representation, trained


def _transfer(model: Autoencoder[Any]) -> Transfer | None:
    """Return how a model takes weights from one of another class, or None if it cannot."""
    if not isinstance(model, BlockAutoencoder):
        return None

    def transfer(other: Autoencoder[Any]) -> bool:
        if not isinstance(other, BlockAutoencoder):
            raise ParameterError(f"A {model.name} takes weights from models over blocks, and {other.name} is not one.")
        return model.take_weights(other)

    return transfer


def _training(config: TrainingConfig, run: RunOptions, *, trained: bool) -> TrainingConfig:
    """Return the recipe's training, with the KL held from the first step if the model is trained already.

    A recipe lets the KL rise until a fresh model uses its code. A trained model would lose its prior in the meantime: its KL
    rose from 57 to 216 bits within 60 steps.
    """
    beta = config.objective.beta
    if beta.kind != "target":
        return config
    held = with_changes(beta, steps=1, beta=max(beta.beta, _HELD))
    fine_tuning = with_changes(config, objective=with_changes(config.objective, beta=held))
    saved = run.folder / "config.json"
    if run.resume and not trained and saved.is_file():  # a resumed run continues as it began
        trained = MusicRecipe.read(saved).training.objective == fine_tuning.objective
    return fine_tuning if trained else config


def _info(
    recipe: MusicRecipe, model: Autoencoder[Any], representation: Representation, windows: PreparedWindows
) -> CheckpointInfo:
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


def _validation(windows: PreparedWindows, representation: Representation, device: torch.device) -> list[GridBatch]:
    """Return up to 1,000 validation windows, evenly spaced; none if the split is empty."""
    if not len(windows.rows("valid")):
        return []
    return WindowSampler(windows, representation, split="valid").in_order(device, _VALIDATION_WINDOWS)


def _sources(windows: PreparedWindows) -> dict[str, Any]:
    """Return title, licence and counts of each collection, for the checkpoint."""
    fields = ("title", "licence", "tunes", "kept")
    return {name: {f: counts[f] for f in fields} for name, counts in windows.report.items()}
