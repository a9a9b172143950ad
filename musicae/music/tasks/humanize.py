"""Humanising: a quantised drum pattern gets a drummer's velocities and timing, and keeps its hits.

The model is told the hits only; the code that it infers from them says how a drummer would play them, and the decoder gives
each hit a velocity and an offset from its sixteenth. All bars are taken, in the windows of `musicae.music.excerpts.piece`.

* One draw from the posterior serves all windows, so that the manner of playing does not change from window to window; what
  differs from hit to hit is drawn for each.
* A hit is first moved to the sixteenth it is nearest to, but one that lies exactly on a triplet or a thirty-second is meant
  to be there: it keeps its place, and only its velocity changes.
* Other hits of one part of the kit on one sixteenth, as in a flam, stay as far apart as they are: the loudest leads.
* Hits of no part of the kit (see `musicae.music.representations.drums`), and bars that the model does not take, stay as they are.

References:
    Gillick, Roels, Engel, Eck and Bamman, 2019, Learning to Groove with Inverse Sequence Transformations, arXiv 1905.06118.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import torch
from torch import Tensor

from musicae.core.config import check_temperature
from musicae.core.distributions import DiagonalGaussian
from musicae.errors import CheckpointError, ParameterError
from musicae.music.excerpts.phrase import Phrase
from musicae.music.excerpts.piece import Kept, Part, Piece, cut
from musicae.music.excerpts.tracks import drum_tracks
from musicae.music.formats.midi import read_midi
from musicae.music.model import MusicModel, Source
from musicae.music.models.batch import GridBatch
from musicae.music.models.blocks import BlockAutoencoder
from musicae.music.representations import Representation
from musicae.music.representations.base import Values
from musicae.music.representations.drums import PART_OF, PARTS
from musicae.music.score import Note, Score

__all__ = ["Humanized", "draw_feel", "feeling", "humanize"]

BATCH = 256  # windows that are computed at once
EXACT = 0.004  # quarter notes: two ticks of 480
APART = 1 / 32  # quarter notes that hits of one pitch keep at least, where they did before
_MEANT = (1 / 12, 1 / 8)  # distances of triplets and of thirty-seconds from the nearest sixteenth, in quarter notes


@dataclass(frozen=True)
class Humanized:
    """What `humanize` returns.

    Arguments:
        score: The music.
        tracks: Indices of its drum tracks.
        windows: How many windows went through the model.
        hits: How many hits were given a feel.
        kept: Bars that stayed as they were, and why.
    """

    score: Score
    tracks: tuple[int, ...]
    windows: int
    hits: int
    kept: tuple[Kept, ...]


def humanize(
    model: MusicModel,
    source: Source,
    *,
    track: str | None = None,
    where: str | None = None,
    amount: float = 1.0,
    temperature: float = 0.5,
    seed: int = 0,
) -> Humanized:
    """Give the drums of a piece a drummer's velocities and timing (see the module's text).

    Hits, other tracks, bars, metres, keys and tempo map stay those of the source.

    Arguments:
        model: A model of drums with velocities and offsets, such as `drums-2bar`.
        source: A MIDI file or a score.
        track: Number (from 1) or name of the drum track. [default: all drum tracks]
        where: What to call the source in messages. [default: its path]
        amount: How much of it: 0 gives the hits on the grid at the velocities of the source, 1 those that are drawn.
        temperature: 0 takes the likeliest feel, 1 draws feels as varied as those of drummers.
        seed: Seed of the drawing.

    Raises:
        CheckpointError: the model knows no velocities and offsets.
        ParameterError: an amount outside 0 to 1, a temperature below 0, no such track, or the source is a phrase.
        MidiError: the file cannot be read, or has no drums.
        RepresentationError: none of its bars fits the grid or the model.
    """
    network = feeling(model)
    if not 0 <= amount <= 1:
        raise ParameterError(f"amount must lie between 0 (on the grid) and 1 (as drawn), got {amount}.")
    check_temperature(temperature)
    if isinstance(source, Phrase):
        raise ParameterError("A phrase is no whole piece; give the file or the score it came from.")
    where = where or ("the score" if isinstance(source, Score) else str(source))
    score = source if isinstance(source, Score) else read_midi(source)
    tracks = drum_tracks(score, where, track)
    piece = cut(model, score, track=track, where=where)
    moved: dict[Note, Note] = {}
    for part, values in zip(piece.parts, _draw(network, piece, temperature, seed), strict=True):
        moved |= _played(model.representation, piece, part, values, amount)
    last = min([s.time for s in score.time_signatures if s.time >= score.end] + [score.bars()[-1].end])
    made = tuple(replace(t, notes=_apart(t.notes, moved, last)) if i in tracks else t for i, t in enumerate(score.tracks))
    felt, end = replace(score, tracks=made), max(score.end, score.length)
    felt = felt if len(felt.bars()) == len(score.bars()) else replace(felt, length=end)
    hits = sum(n in moved for i in tracks for n in score.tracks[i].notes)
    return Humanized(felt, tracks, len(piece.parts), hits, piece.kept)


def feeling(model: MusicModel) -> BlockAutoencoder:
    """Return a model's network if it knows velocities and offsets.

    Raises:
        CheckpointError: it does not.
    """
    network = model.model
    if isinstance(network, BlockAutoencoder) and network.hits is not None and not model.representation.pitched:
        return network
    what = "melodies" if model.representation.pitched else "hits only"
    raise CheckpointError(
        f"The model ({model.info.model}) is one of {what}, without velocities and offsets, so it cannot humanize; choose one "
        "of drums such as drums-2bar."
    )


@torch.no_grad()
def draw_feel(
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
        temperature: 0 takes the likeliest feel, 1 draws one.
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
    return network.with_feel(hits, z, temperature=temperature, generator=generator)


def _draw(network: BlockAutoencoder, piece: Piece, temperature: float, seed: int) -> list[Values]:
    """Return the velocities and offsets of the hits of each window of a piece."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, network.latent_size, generator=generator)
    device, windows = next(network.parameters()).device, [phrase.window for phrase in piece.phrases]
    made: list[Values] = []
    for i in range(0, len(windows), BATCH):
        x = GridBatch.from_windows(windows[i : i + BATCH]).to(device)
        felt = draw_feel(network, x, noise, temperature=temperature, generator=generator)
        made += [w.values for w in felt.windows() if w.values is not None]
    return made


def _played(grid: Representation, piece: Piece, part: Part, values: Values, amount: float) -> dict[Note, Note]:
    """Return what becomes of each note of a part of a piece; values as in `musicae.music.representations.drums`, shape (T, V)."""
    bar_steps, half = part.phrase.window.bar_steps, grid.half_step
    times = grid.times(bar_steps)
    groups: dict[tuple[int, int], list[Note]] = {}
    for note in piece.voice.near(part.start - half, part.end - half):
        if note.onset >= part.start - half and note.pitch in PART_OF:
            step = grid.nearest_step(note.onset - part.offset, bar_steps)
            groups.setdefault((step, PART_OF[note.pitch]), []).append(note)
    moved = {}
    for (step, kind), notes in groups.items():
        if not 0 <= step < len(values):
            continue
        home = part.offset + times[step]
        free = [n for n in notes if all(abs(abs(n.onset - home) - distance) >= EXACT for distance in _MEANT)]
        main = max(free or notes, key=lambda n: (n.velocity, -abs(n.onset - home)))
        offset = float(values[step, len(PARTS) + kind]) / (2 * grid.steps_per_quarter)
        shift = home + amount * offset - main.onset
        louder = 1 + amount * (float(values[step, kind]) * 127 / main.velocity - 1)
        for note in notes:
            velocity = min(max(round(note.velocity * louder), 1), 127)
            moved[note] = replace(note, onset=max(note.onset + shift * (note in free), 0.0), velocity=velocity)
    return moved


def _apart(notes: Sequence[Note], moved: dict[Note, Note], last: float) -> tuple[Note, ...]:
    """Move the notes of a track, those of one pitch neither onto each other nor into each other, and none past `last`."""
    made: list[Note] = []
    for _, same in groupby(sorted(notes, key=lambda n: (n.pitch, n)), key=lambda n: n.pitch):
        before = after = None  # the note before, as it was and as it is now
        for note in same:
            new = moved.get(note, note)
            if before is not None and after is not None:
                gap = min(APART, max(note.onset - before.onset, 0.0))
                new = replace(new, onset=max(new.onset, after.onset + gap))
                if before.end <= note.onset + EXACT and after.end > new.onset:
                    made[-1] = replace(after, duration=new.onset - after.onset)
            if note.end <= last + EXACT and new.end > last:
                new = replace(new, duration=max(last - new.onset, EXACT))
            made.append(new)
            before, after = note, new
    return tuple(sorted(made))
