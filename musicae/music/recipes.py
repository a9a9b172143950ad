"""Named training recipes for music: a model with its sizes, a representation, and how to train it.

`musicae train --config FILE.json` takes the same as JSON; the `config.json` of a run folder is such a file.
"""

from dataclasses import dataclass
from typing import Any, final

from musicae.core.config import look_up
from musicae.core.objectives import BetaSchedule, ObjectiveConfig
from musicae.training.optimizer import TrainingConfig
from musicae.training.recipe import Recipe

__all__ = ["PRESETS", "MusicRecipe", "preset"]


@final
@dataclass(frozen=True, kw_only=True)
class MusicRecipe(Recipe):
    """A recipe for a music model.

    Arguments:
        representation: Name and arguments of the representation.
        bars: Bars per window.
        transpose: Largest transposition of training windows, in semitones up and down.
    """

    representation: dict[str, Any]
    bars: int = 2
    transpose: int = 5

    @classmethod
    def fields_of_run(cls, run: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a recipe from the content of a run folder's `config.json`.

        The training collections are not part of a recipe.
        """
        fields = {name: value for name, value in run.items() if name != "data"}
        return {**fields, **{name: run["data"][name] for name in ("transpose",) if name in run["data"]}}


_SIXTEENTHS = {"name": "melody", "steps_per_quarter": 4}
# Sixteenths and eighth-note triplets: six steps per quarter note, which are one block of the model.
_TRIPLETS: dict[str, Any] = {"name": "melody-triplets"}
_TRIPLET_SIZES = {"block": 6, "max_bar_steps": 48}
_TWO_BARS: dict[str, Any] = {**_TRIPLET_SIZES, "max_steps": 96}
# Magenta's optimiser for all its configurations: Adam; 1e-3, times 0.9999 per step, down to 1e-5; norm clipped at 1.
_MAGENTA = {"batch_size": 512, "learning_rate": 1e-3, "schedule": "exponential", "warmup_steps": 0, "weight_decay": 0.0}

PRESETS: dict[str, MusicRecipe] = {
    "melody-2bar": MusicRecipe(
        model="plan-vae",
        summary="two bars of melody in any metre; the shipped default",
        config=_TWO_BARS,
        representation=_TRIPLETS,
        training=TrainingConfig(
            steps=14_000,
            average=0.999,
            validate_every=1000,
            objective=ObjectiveConfig(beta=BetaSchedule(kind="target", beta=0.01, steps=300, target_bits=59.3)),
        ),
    ),
    "melody-2bar-sampling": MusicRecipe(
        model="plan-vae",
        summary="two bars of melody at a lower rate, for sampling; start from melody-2bar (--init-from)",
        config=_TWO_BARS,
        representation=_TRIPLETS,
        training=TrainingConfig(
            steps=3_000,
            learning_rate=1e-3,
            average=0.999,
            validate_every=500,
            objective=ObjectiveConfig(beta=BetaSchedule(kind="target", beta=0.01, steps=300, target_bits=32.0)),
        ),
    ),
    "melody-16bar": MusicRecipe(
        model="conductor-vae",
        summary="sixteen bars of melody in any metre; start from melody-2bar-sampling (--init-from)",
        config={**_TRIPLET_SIZES, "max_steps": 768},
        representation=_TRIPLETS,
        bars=16,
        training=TrainingConfig(
            steps=8_000,
            batch_size=32,
            learning_rate=1e-3,
            clip_norm=4.0,
            skip_norm=100_000.0,  # losses summed over 16 bars have gradients of 10,000 at first
            average=0.999,
            validate_every=1000,
            objective=ObjectiveConfig(beta=BetaSchedule(kind="target", beta=0.01, steps=300, target_bits=250.0)),
        ),
    ),
    "drums-2bar": MusicRecipe(
        model="plan-vae",
        summary="two bars of drums: hits, velocities and microtiming; needs --data groove=PATH",
        config={"expression_parts": 9, "expression_dropout": 0.25},
        representation={"name": "drums"},
        transpose=0,
        training=TrainingConfig(
            steps=1_600,  # a model soon overfits Groove's 17,000 windows
            weight_decay=0.1,
            average=0.995,
            validate_every=400,
            objective=ObjectiveConfig(beta=BetaSchedule(kind="target", beta=0.01, steps=300, target_bits=105.0)),
        ),
    ),
    "musicvae-drums-2bar-small": MusicRecipe(
        model="musicvae",
        summary="the drum baseline: sizes and recipe of Magenta's cat-drums_2bar_small",
        config={"set_input": True},
        representation={"name": "drums"},
        transpose=0,
        training=TrainingConfig(
            steps=200_000,
            objective=ObjectiveConfig(beta=BetaSchedule(beta=0.2), free_bits=48.0),
            **_MAGENTA,  # type: ignore[arg-type]
        ),
    ),
    "musicvae-2bar-small": MusicRecipe(
        model="musicvae",
        summary="the baseline: sizes and recipe of Magenta's cat-mel_2bar_small",
        config={},
        representation=_SIXTEENTHS,
        training=TrainingConfig(
            steps=200_000,
            objective=ObjectiveConfig(beta=BetaSchedule(kind="exponential", beta=0.2, rate=0.99999)),
            **_MAGENTA,  # type: ignore[arg-type]
        ),
    ),
    "musicvae-16bar-hierdec": MusicRecipe(
        model="musicvae",
        summary="sizes and recipe of Magenta's hierdec-mel_16bar, a conductor over 16 segments (large: 176 M)",
        config={
            "latent_size": 512,
            "encoder_size": 2048,
            "encoder_layers": 2,
            "decoder_sizes": [1024, 1024],
            "conductor_sizes": [1024, 1024],
            "segments": 16,
            "sampling_rate": 0.0,
            "max_steps": 512,
        },
        representation=_SIXTEENTHS,
        bars=16,
        training=TrainingConfig(
            steps=200_000,
            objective=ObjectiveConfig(beta=BetaSchedule(beta=0.2), free_bits=256.0),
            **_MAGENTA,  # type: ignore[arg-type]
        ),
    ),
}


def preset(name: str) -> MusicRecipe:
    """Return a preset by name.

    Raises:
        ParameterError: there is no preset of that name.
    """
    return look_up("preset", name, PRESETS)
