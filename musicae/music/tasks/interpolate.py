"""`interpolate`: morph one phrase or piece into another along the great circle between their codes.

Pieces: their windows are paired in order, and the piece with fewer windows is repeated. Each step has the bars, metres, kept
bars, instrument and other tracks of the nearer piece, so that the ends are the two pieces. The tempo map of the nearer piece is
scaled towards the other's mean tempo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from musicae.core import latent
from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Phrase, blend, join
from musicae.music.excerpts.piece import Piece
from musicae.music.latent.even_path import even_path
from musicae.music.model import MusicModel, MusicSource
from musicae.music.score import Score
from musicae.music.tasks.paired_pieces import between, pair
from musicae.music.tasks.pieces import phrases_or_pieces, reseeded

__all__ = ["Morph", "interpolate"]


@dataclass(frozen=True)
class Morph:
    """The result of `interpolate`.

    Arguments:
        scores: One score per step; the first and last are the reconstructions of the inputs.
        joined: All steps in a row.
        z: The codes, shape (steps, Z); of pieces those of all windows of all steps, one after the other.
        alphas: Where on the way from one end to the other each code lies, from 0 to 1.
        exact: Whether the first and the last score have the notes of the inputs; None if that was not asked for.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> morph = musicae.interpolate(model, "examples/tunes/a-reel.mid", "examples/tunes/b-reel.mid", steps=3)
        >>> morph.alphas
        (0.0, 0.5, 1.0)
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
    model: MusicModel,
    a: MusicSource | Piece,
    b: MusicSource | Piece,
    steps: int = 7,
    *,
    exact: bool = False,
    even: bool = False,
    decoding: Decoding = GREEDY,
) -> Morph:
    """Morph one source into another.

    Tempo and loudness change gradually along the way. Steps nearer to `a` have its metre, instrument and key; the others have
    those of `b`. At temperature 0 the ends equal the reconstructions of the two sources.

    Arguments:
        model: The model.
        a: Where to start: a path, a score or a phrase (one phrase is taken), or a piece (all of its bars).
        b: Where to end; a piece if `a` is one.
        steps: Number of scores, both ends included, at least 2.
        exact: Refine the ends' codes first, so that the ends have the notes of the two sources.
        even: Space the codes so that the music, not the angle, changes by equal amounts (see
            `musicae.music.latent.even_path`); phrases only.
        decoding: How notes are chosen; exact ends are neither sampled nor held to a scale.

    Raises:
        ParameterError: fewer than two steps, a phrase with a piece, or `even` with pieces.
        MidiError: a file cannot be read, or has no such part.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> morph = musicae.interpolate(model, "examples/tunes/a-reel.mid", "examples/tunes/b-reel.mid", steps=5, exact=True)
        >>> len(morph.scores), morph.exact
        (5, (True, True))
    """
    if steps < 2:
        raise ParameterError(f"A path needs at least 2 steps, its two ends; got {steps}.")
    phrases, pieces = phrases_or_pieces(model, (a, b))
    if pieces and even:
        raise ParameterError("Even steps are chosen for one phrase; give phrases, or do not ask for even steps.")
    if pieces:
        return _interpolate_pieces(model, pieces, steps, decoding, exact=exact)
    return _interpolate_phrases(model, phrases, steps, decoding, exact=exact, even=even)


def _interpolate_phrases(
    model: MusicModel, ends: Sequence[Phrase], steps: int, decoding: Decoding, *, exact: bool, even: bool
) -> Morph:
    first, last = ends
    refined = [model.refine(phrase) for phrase in ends] if exact else None
    a, b = [r.z[0] for r in refined] if refined else [model.encode(phrase).mode[0] for phrase in ends]
    z = latent.path(a, b, steps)
    shares = [i / (steps - 1) for i in range(steps)]
    alphas = shares
    if even:
        alphas, z = even_path(model.network, a, b, steps, model.batch(first), model.kind.metrics.distance)
    layouts = [replace(first if share < 0.5 else last, manner=blend(first.manner, last.manner, share)) for share in shares]
    scores = model.decode(z, layouts, decoding)
    if decoding.temperature == 0 or exact:  # sums in a batch of many may differ in the last bit from those of one
        for i in (0, -1):
            scores[i] = model.decode(z[i], layouts[i], GREEDY if exact else replace(GREEDY, scale=decoding.scale))[0]
    lengths = [model.representation.quarters(p.window.bar_steps) for p in layouts]
    reached = (bool(refined[0].exact), bool(refined[1].exact)) if refined else None
    return Morph(scores, join(scores, lengths), z, tuple(alphas), reached)


def _interpolate_pieces(model: MusicModel, pieces: Sequence[Piece], steps: int, decoding: Decoding, *, exact: bool) -> Morph:
    ends = pair(model, pieces, exact=exact)
    alphas = tuple(step / (steps - 1) for step in range(steps))
    scores, lengths, codes = [], [], []
    for step, alpha in enumerate(alphas):
        nearer = 0 if alpha < 0.5 else 1
        a, b = ends.codes_for(nearer)
        z = between(a, b, alpha)
        manners = [blend(one, other, alpha) for one, other in zip(*ends.manners_for(nearer), strict=True)]
        own = exact and alpha in (0.0, 1.0)  # the input's own notes
        score = ends.decode(model, nearer, z, manners, GREEDY if own else reseeded(decoding, step))
        scores.append(ends.paced(score, nearer, (1 - alpha, alpha)))
        lengths.append(ends.length(nearer))
        codes.append(z)
    return Morph(scores, join(scores, lengths), torch.cat(codes), alphas, (ends.exact[0], ends.exact[1]) if exact else None)
