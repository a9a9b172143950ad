"""`interpolate`: morph one phrase or piece into another along the great circle between their codes.

Pieces: their windows are paired in order, and the piece with fewer windows is repeated. Each step has the bars, metres, kept
bars, instrument and other tracks of the nearer piece, so that the ends are the two pieces. The tempo map of the nearer piece is
scaled towards the other's mean tempo.
"""

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
from musicae.music.score import Score, Tempo
from musicae.music.tasks.pieces import codes_of, decode_windows, reseeded

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

    Tempo and loudness change gradually along the way; steps nearer to `a` have its metre, instrument and key, the
    others those of `b`. At temperature 0 the ends equal the reconstructions of the two sources.

    Arguments:
        model: The model.
        a: Where to start: a path, a score or a phrase (one phrase is taken), or a piece (all of its bars).
        b: Where to end; a piece if `a` is one.
        steps: Number of scores, both ends included, at least 2.
        exact: Refine the ends' codes first, so that the ends have the notes of the two sources.
        even: Space the codes so that the music changes by equal amounts instead of the angle (`musicae.music.latent.even_path`);
            phrases only.
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
    if isinstance(a, Piece) and isinstance(b, Piece):
        if even:
            raise ParameterError("Even steps are chosen for one phrase; leave out `even` for whole pieces.")
        return _interpolate_pieces(model, a, b, steps, decoding, exact=exact)
    if isinstance(a, Piece) or isinstance(b, Piece):
        raise ParameterError("One end is a whole piece and the other a phrase; give two pieces or two phrases.")
    return _interpolate_phrases(model, model.phrase(a), model.phrase(b), steps, decoding, exact=exact, even=even)


def _interpolate_phrases(
    model: MusicModel, first: Phrase, last: Phrase, steps: int, decoding: Decoding, *, exact: bool, even: bool
) -> Morph:
    refined = [model.refine(phrase) for phrase in (first, last)] if exact else None
    a, b = [r.z[0] for r in refined] if refined else [model.encode(phrase).mode[0] for phrase in (first, last)]
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


def _interpolate_pieces(model: MusicModel, first: Piece, last: Piece, steps: int, decoding: Decoding, *, exact: bool) -> Morph:
    (first_codes, reached), (last_codes, reached_too) = (codes_of(model, piece, exact=exact) for piece in (first, last))
    alphas = tuple(step / (steps - 1) for step in range(steps))
    scores, codes = [], []
    for step, alpha in enumerate(alphas):
        nearer, z, layouts = _mixed(first, first_codes, last, last_codes, alpha)
        own = exact and alpha in (0.0, 1.0)  # the input's own notes
        score = decode_windows(model, nearer, z, GREEDY if own else reseeded(decoding, step), layouts)
        other = last if nearer is first else first
        scores.append(_faster(score, (_mean_qpm(other) / _mean_qpm(nearer)) ** min(alpha, 1 - alpha)))
        codes.append(z)
    lengths = [(first if alpha < 0.5 else last).score.bars()[-1].end for alpha in alphas]
    return Morph(scores, join(scores, lengths), torch.cat(codes), alphas, (reached, reached_too) if exact else None)


def _mixed(
    first: Piece, first_codes: Tensor, last: Piece, last_codes: Tensor, alpha: float
) -> tuple[Piece, Tensor, list[Phrase]]:
    """Return the nearer piece, and for each of its windows the code at `alpha` and how it is played."""
    nearer = first if alpha < 0.5 else last
    pairs = [(i % len(first.windows), i % len(last.windows)) for i in range(len(nearer.windows))]
    start, end = first_codes[[i for i, _ in pairs]], last_codes[[j for _, j in pairs]]
    z = start if alpha == 0 else end if alpha == 1 else latent.slerp(start, end, alpha)
    manners = [blend(first.phrases[i].manner, last.phrases[j].manner, alpha) for i, j in pairs]
    return nearer, z, [replace(p, manner=m) for p, m in zip(nearer.phrases, manners, strict=True)]


def _mean_qpm(piece: Piece) -> float:
    end = piece.score.bars()[-1].end
    return 60.0 * end / piece.score.seconds_at(end)


def _faster(score: Score, factor: float) -> Score:
    """Scale a tempo map."""
    if factor == 1.0:
        return score
    tempos = score.tempos or (Tempo(0.0, 120.0),)
    return replace(score, tempos=tuple(Tempo(t.time, min(max(t.qpm * factor, 4.0), 2000.0)) for t in tempos))
