"""`humanize`: a quantised drum pattern gets a drummer's velocities and timing, and keeps its hits.

The encoder gets the hits alone. The code that it infers from them represents how a drummer would play them, and the decoder
gives each hit a velocity and an offset from its sixteenth. A file or score is humanized as a whole, in the windows of
`musicae.music.excerpts.piece`.

* One draw from the posterior serves all windows, so that the manner of playing does not change from window to window. What
  differs from hit to hit is drawn for each.
* A hit is first moved to its nearest sixteenth. A hit that lies exactly on a triplet or a thirty-second is meant to be there:
  it keeps its place, and only its velocity changes.
* Several hits of one drum voice on one sixteenth, as in a flam, stay as far apart as they are: the loudest leads.
* Hits outside the drum voices (see `musicae.music.representations.drums`), and bars that the model does not take, stay as they
  are.

References:
    Gillick, Roels, Engel, Eck and Bamman, 2019, Learning to Groove with Inverse Sequence Transformations, arXiv 1905.06118.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import torch
from torch import Tensor

from musicae.core.distributions import DiagonalGaussian
from musicae.errors import CheckpointError, ParameterError
from musicae.music.decoding import NATURAL, Decoding
from musicae.music.excerpts.phrase import Phrase, open_score, to_score
from musicae.music.excerpts.piece import KeptBars, Piece, Window
from musicae.music.excerpts.tracks import drum_tracks
from musicae.music.model import MusicModel, MusicSource
from musicae.music.models.batch import GridBatch
from musicae.music.models.blocks import BlockAutoencoder
from musicae.music.representations import Representation
from musicae.music.representations.base import Values
from musicae.music.representations.drums import VOICE_OF, VOICES
from musicae.music.score import Note, Score

__all__ = ["Humanized", "draw_expression", "expressive_network", "humanize"]

BATCH = 256  # windows that are computed at once
EXACT = 0.004  # quarter notes: two ticks of 480
APART = 1 / 32  # quarter notes that hits of one pitch keep at least, where they did before
_MEANT = (1 / 12, 1 / 8)  # distances of triplets and of thirty-seconds from the nearest sixteenth, in quarter notes


@dataclass(frozen=True)
class Humanized:
    """The result of `humanize`.

    Arguments:
        score: The music.
        tracks: Indices of its drum tracks.
        windows: Number of windows that went through the model.
        hits: Number of hits that were given an expression.
        kept: Bars that stay as they are, and why.
    """

    score: Score
    tracks: tuple[int, ...]
    windows: int
    hits: int
    kept: tuple[KeptBars, ...]


def humanize(
    model: MusicModel,
    source: MusicSource | Piece,
    *,
    track: str | None = None,
    where: str | None = None,
    amount: float = 1.0,
    decoding: Decoding = NATURAL,
) -> Humanized:
    """Give the drums of a piece a drummer's velocities and timing (see the module's text).

    Hits, other tracks, bars, metres, keys and tempo map stay those of the source.

    Arguments:
        model: A model of drums with velocities and offsets, such as `drums-2bar`.
        source: A path or a score, all of whose bars are taken; a piece; or a phrase.
        track: Number (from 1) or name of the drum track of a path or score. [default: all drum tracks]
        where: What to call the source in messages. [default: its path]
        amount: How much of it: 0 gives the hits on the grid at the velocities of the source, 1 the expression that is drawn.
        decoding: Temperature 0 takes the most likely expression, 1 draws expressions as varied as those of drummers.

    Raises:
        CheckpointError: the model has no velocities and offsets.
        ParameterError: an amount outside 0 to 1, or no such track.
        MidiError: the file cannot be read, or has no drums.
        RepresentationError: none of its bars fits the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("drums-2bar")
        >>> result = musicae.humanize(model, "examples/songs/beat.mid")
        >>> result.hits
        53
    """
    network = expressive_network(model)
    if not 0 <= amount <= 1:
        raise ParameterError(f"amount must lie between 0 (on the grid) and 1 (as drawn), got {amount}.")
    piece, score, tracks = _opened(model, source, track, where)
    moved: dict[Note, Note] = {}
    for window, values in zip(piece.windows, _draw(network, piece, decoding), strict=True):
        moved |= _played(model.representation, piece, window, values, amount)
    last = min([s.time for s in score.time_signatures if s.time >= score.end] + [score.bars()[-1].end])
    drummed = tuple(replace(t, notes=_apart(t.notes, moved, last)) if i in tracks else t for i, t in enumerate(score.tracks))
    played = replace(score, tracks=drummed)
    if len(played.bars()) != len(score.bars()):
        played = replace(played, length=max(score.end, score.length))
    hits = sum(n in moved for i in tracks for n in score.tracks[i].notes)
    return Humanized(played, tracks, len(piece.windows), hits, piece.kept)


def _opened(
    model: MusicModel, source: MusicSource | Piece, track: str | None, where: str | None
) -> tuple[Piece, Score, tuple[int, ...]]:
    """Return the source cut into windows, the score as it was before its drum tracks were joined, and their indices."""
    if isinstance(source, Piece):
        return source, source.score, (source.track,)
    if isinstance(source, Phrase):
        source = to_score(source.window, source.manner, model.representation)
    score, where = open_score(source, where)
    return model.piece(score, track=track, where=where), score, drum_tracks(score, where, track)


def expressive_network(model: MusicModel) -> BlockAutoencoder:
    """Return a model's network if it models velocities and offsets.

    Raises:
        CheckpointError: it does not.
    """
    network = model.network
    if isinstance(network, BlockAutoencoder) and network.expression is not None:
        return network
    raise CheckpointError(
        f"A model of {model.kind.title} without velocities and offsets ({model.info.model}) cannot humanize; choose a drum "
        "model such as drums-2bar."
    )


@torch.no_grad()
def draw_expression(
    network: BlockAutoencoder,
    x: GridBatch,
    noise: Tensor,
    *,
    temperature: float,
    generator: torch.Generator | None = None,
) -> GridBatch:
    """Give the hits of windows velocities and offsets, inferred from the hits alone.

    Arguments:
        network: A model with velocities and offsets, in evaluation mode.
        x: The windows; their values, if they have any, are not looked at.
        noise: Where in the posterior to draw the codes, in its standard deviations: standard normal, shape (B, Z) or
            (1, Z).
        temperature: 0 takes the likeliest expression, 1 draws one.
        generator: Source of what differs from hit to hit.

    Returns:
        The same hits, with values as in `musicae.music.representations.drums`, shape (B, T, V); velocities in shares of 127,
        offsets in shares of half a time step.
    """
    hits = x.without_values()  # velocities and offsets are inferred from the hits alone
    posterior = network.encode(hits)
    z = posterior.mode
    if isinstance(posterior, DiagonalGaussian):
        z = z + temperature * posterior.std * noise.to(z)
    return network.with_expression(hits, z, temperature=temperature, generator=generator)


def _draw(network: BlockAutoencoder, piece: Piece, decoding: Decoding) -> list[Values]:
    """Return the velocities and offsets of the hits of each window of a piece."""
    generator = torch.Generator().manual_seed(decoding.seed)
    noise = torch.randn(1, network.latent_size, generator=generator)
    device, windows = next(network.parameters()).device, [phrase.window for phrase in piece.phrases]
    values: list[Values] = []
    for i in range(0, len(windows), BATCH):
        x = GridBatch.from_windows(windows[i : i + BATCH]).to(device)
        played = draw_expression(network, x, noise, temperature=decoding.temperature, generator=generator)
        values += [w.values for w in played.windows() if w.values is not None]
    return values


def _played(grid: Representation, piece: Piece, window: Window, values: Values, amount: float) -> dict[Note, Note]:
    """Return what becomes of each note of a window of a piece.

    Arguments:
        grid: The grid of the model.
        piece: The piece.
        window: The window.
        values: Velocities and offsets as in `musicae.music.representations.drums`, shape (T, V).
        amount: See `humanize`.
    """
    bar_steps, half = window.phrase.window.bar_steps, grid.half_step
    times = grid.times(bar_steps)
    groups: dict[tuple[int, int], list[Note]] = {}
    for note in piece.notes.near(window.start - half, window.end - half):
        if note.onset >= window.start - half and note.pitch in VOICE_OF:
            step = grid.nearest_step(note.onset - window.offset, bar_steps)
            groups.setdefault((step, VOICE_OF[note.pitch]), []).append(note)
    moved = {}
    for (step, kind), notes in groups.items():
        if not 0 <= step < len(values):
            continue
        home = window.offset + times[step]
        free = [n for n in notes if all(abs(abs(n.onset - home) - distance) >= EXACT for distance in _MEANT)]
        main = max(free or notes, key=lambda n: (n.velocity, -abs(n.onset - home)))
        offset = float(values[step, len(VOICES) + kind]) / (2 * grid.steps_per_quarter)
        shift = home + amount * offset - main.onset
        louder = 1 + amount * (float(values[step, kind]) * 127 / main.velocity - 1)
        for note in notes:
            velocity = min(max(round(note.velocity * louder), 1), 127)
            moved[note] = replace(note, onset=max(note.onset + shift * (note in free), 0.0), velocity=velocity)
    return moved


def _apart(notes: Sequence[Note], moved: dict[Note, Note], last: float) -> tuple[Note, ...]:
    """Move the notes of a track, those of one pitch neither onto each other nor into each other, and none past `last`."""
    result: list[Note] = []
    for _, same in groupby(sorted(notes, key=lambda n: (n.pitch, n)), key=lambda n: n.pitch):
        before = after = None  # the note before, as it was and as it is now
        for note in same:
            new = moved.get(note, note)
            if before is not None and after is not None:
                gap = min(APART, max(note.onset - before.onset, 0.0))
                new = replace(new, onset=max(new.onset, after.onset + gap))
                if before.end <= note.onset + EXACT and after.end > new.onset:
                    result[-1] = replace(after, duration=new.onset - after.onset)
            if note.end <= last + EXACT and new.end > last:
                new = replace(new, duration=max(last - new.onset, EXACT))
            result.append(new)
            before, after = note, new
    return tuple(sorted(result))
