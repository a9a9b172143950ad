"""Morphs: one phrase becomes another along the great circle between their codes."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from torch import Tensor

from musicae.core import latent
from musicae.music.excerpts.phrase import Phrase, blend, join
from musicae.music.latent.even_path import even_path
from musicae.music.metrics.drums import hit_distance
from musicae.music.metrics.melody import window_distance
from musicae.music.models.batch import GridBatch
from musicae.music.scales import Scale
from musicae.music.score import Score

if TYPE_CHECKING:
    from musicae.music.model import MusicModel

__all__ = ["Morph", "interpolate"]


@dataclass(frozen=True)
class Morph:
    """What `MusicModel.interpolate` returns.

    Arguments:
        scores: One score a step, the first and last being the reconstructions of the inputs.
        joined: All steps in a row.
        z: The codes, shape (steps, Z).
        alphas: Where on the way from one end to the other each code lies, from 0 to 1.
        exact: Whether the first and the last score have the notes of the inputs; None where that was not asked for.
    """

    scores: list[Score]
    joined: Score
    z: Tensor
    alphas: tuple[float, ...] = ()
    exact: tuple[bool, bool] | None = None

    def _repr_html_(self) -> str:
        """Show the morph in a Jupyter notebook: a row of piano rolls and their sound."""
        from musicae.plots.notebook import morph_html

        return morph_html(self.scores, self.joined)


def interpolate(
    model: "MusicModel",
    first: Phrase,
    last: Phrase,
    steps: int,
    *,
    exact: bool,
    even: bool,
    temperature: float,
    seed: int,
    scale: Scale | None,
) -> Morph:
    """Morph one phrase into another; see `MusicModel.interpolate`, which has the same arguments."""
    refined = [model.refine(phrase) for phrase in (first, last)] if exact else None
    a, b = [r.z[0] for r in refined] if refined else [model.encode(phrase).mode[0] for phrase in (first, last)]
    z = latent.path(a, b, steps)
    shares = [i / (steps - 1) for i in range(steps)]
    alphas = shares
    if even:
        like = GridBatch.from_windows([first.window]).to(model.device)
        distance = window_distance if model.representation.pitched else hit_distance
        alphas, z = even_path(model.model, a, b, steps, like, distance)
    layouts = [replace(first if share < 0.5 else last, manner=blend(first.manner, last.manner, share)) for share in shares]
    scores = model.decode(z, layouts, temperature=temperature, seed=seed, scale=scale)
    if temperature == 0 or exact:  # sums in a batch of many may differ in the last bit from those of one
        for i in (0, -1):
            scores[i] = model.decode(z[i], layouts[i], scale=None if exact else scale)[0]
    lengths = [model.representation.quarters(p.window.bar_steps) for p in layouts]
    kept = (bool(refined[0].exact), bool(refined[1].exact)) if refined else None
    return Morph(scores, join(scores, lengths), z, tuple(alphas), kept)
