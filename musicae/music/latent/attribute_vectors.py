"""Musical attributes of a window that a code can be steered by.

All are pure functions of a token window, defined for any metre, and continuous enough to be moved by degrees:

    density      notes a quarter note
    interval     mean absolute interval between successive notes, in semitones
    range        highest minus lowest pitch, in semitones
    syncopation  mean over notes of how much stronger a metrical place the note sounds through than it begins at, after
                 Longuet-Higgins and Lee, 1984, The rhythmic interpretation of monophonic music; the strength of a place in
                 a bar of L time steps is minus the number of prime factors of L / gcd(place, L), so that halves and thirds
                 of the bar are equal and one rule serves 3/4 and 6/8
    register     mean pitch, in semitones (MIDI numbers)
    scale        scale adherence: how well the sounding time of the pitch classes fits the best of the 24 keys, as the
                 correlation with its profile (Krumhansl and Kessler, 1982; Krumhansl, 1990, Cognitive Foundations of Musical
                 Pitch), from -1 to 1. Unlike the share of notes in the key it has no ceiling that most tunes touch.

Windows without notes have no attributes: NaN.

References:
    Roberts et al., 2018, arXiv 1803.05428, steer MusicVAE by note density, average interval, syncopation and scale adherence.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicae.core.config import nearest
from musicae.core.files import write_atomically
from musicae.errors import CheckpointError, ParameterError
from musicae.music.representations import GridWindow, Representation
from musicae.music.score import Note

__all__ = [
    "ATTRIBUTES",
    "AttributeVectors",
    "Effect",
    "amounts_of",
    "best_key",
    "measure",
    "metrical_strength",
    "read_vectors",
    "vectors_file",
    "weights_hash",
    "write_vectors",
]

ATTRIBUTES = ("density", "interval", "range", "syncopation", "register", "scale")

_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def measure(windows: Sequence[GridWindow], representation: Representation) -> NDArray[np.float64]:
    """Return the attributes of windows, in the order of `ATTRIBUTES`, shape (number of windows, 6); NaN without notes."""
    rows = [_attributes(window, representation) for window in windows]
    return np.array(rows, dtype=np.float64).reshape(len(windows), len(ATTRIBUTES))


def metrical_strength(place: int, steps: int) -> int:
    """Return the strength of a place in a bar: 0 for the bar line, -1 for its halves and thirds, and so on."""
    rest, factors, divisor = steps // math.gcd(place, steps), 0, 2
    while rest > 1:
        while rest % divisor == 0:
            rest, factors = rest // divisor, factors + 1
        divisor += 1
    return -factors


def _attributes(window: GridWindow, representation: Representation) -> tuple[float, ...]:
    notes = representation.decode(window)
    if not notes:
        return (math.nan,) * len(ATTRIBUTES)
    pitches = [n.pitch for n in notes]
    leaps = [abs(b - a) for a, b in pairwise(pitches)]
    return (
        len(notes) / representation.quarters(window.bar_steps),
        sum(leaps) / max(1, len(leaps)),
        float(max(pitches) - min(pitches)),
        _syncopation(notes, window.bar_steps, representation),
        sum(pitches) / len(pitches),
        _key_fit(notes),
    )


def _syncopation(notes: Sequence[Note], bar_steps: tuple[int, ...], representation: Representation) -> float:
    strengths = _strengths(tuple(representation.times((steps,)) for steps in bar_steps))
    total = 0
    for note in notes:
        onset, end = (representation.nearest_step(time, bar_steps) for time in (note.onset, note.end))
        total += max(0, max(strengths[onset + 1 : end], default=-99) - strengths[onset])
    return total / len(notes)


@lru_cache(maxsize=256)
def _strengths(bars: tuple[tuple[float, ...], ...]) -> tuple[int, ...]:
    """Return the strength of each time step of bars, given where their steps begin and where the last one ends.

    The steps of a triplet are weaker than any other: the third of a beat is no place of the metre.
    """
    made: list[int] = []
    for *places, end in bars:
        units = [round(24 * place) for place in places]  # of a quarter note; thirty-seconds lie at multiples of 3
        even = {u: metrical_strength(u, round(24 * end)) for u in units if u % 3 == 0}
        made += [even.get(u, min(even.values()) - 1) for u in units]
    return tuple(made)


def best_key(notes: Sequence[Note]) -> int:
    """Return the key whose profile the sounding time of the pitch classes fits best: 0 to 11 C to B major, 12 to 23 minor."""
    return int((_profiles() @ _heard(notes)).argmax())


def _key_fit(notes: Sequence[Note]) -> float:
    heard = _heard(notes)
    return float((_profiles() @ heard).max() / np.sqrt(heard @ heard)) if heard.any() else 0.0


def _heard(notes: Sequence[Note]) -> NDArray[np.float64]:
    """Return how long each pitch class sounds, less their mean, shape (12,)."""
    heard = np.zeros(12)
    for note in notes:
        heard[note.pitch % 12] += note.duration
    heard -= heard.mean()
    return heard


@lru_cache(maxsize=1)
def _profiles() -> NDArray[np.float64]:
    """Return the profiles of the 24 keys, of mean 0 and length 1, shape (24, 12)."""
    rows = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    rows -= rows.mean(1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@dataclass(frozen=True)
class Effect:
    """What steering does to samples of the prior, measured; rows are the attributes set, columns those that changed.

    Arguments:
        samples: How many samples were steered by each attribute.
        amount: By how much, in standard deviations.
        right: Share of samples whose attribute moved in the wanted direction, for each attribute.
        change: Median change in standard deviations.
        size: Median absolute change in standard deviations.
    """

    samples: int
    amount: float
    right: list[float]
    change: list[list[float]]
    size: list[list[float]]


@dataclass(frozen=True)
class AttributeVectors:
    """Directions in latent space along which attributes change, and what they do.

    Arguments:
        mean: Mean of each attribute over the data, in the order of `ATTRIBUTES`.
        deviation: Standard deviation of each.
        vectors: For each attribute the step of a code that is to raise it by one standard deviation, shape (6, Z).
        weights: Hash of the weights that they belong to (see `weights_hash`).
        data: What they were computed from, in words.
        alone: Effect of steps along the vectors.
        searched: Effect of `musicae.music.tasks.steer.move`, which begins with them.
    """

    mean: list[float]
    deviation: list[float]
    vectors: list[list[float]]
    weights: str
    data: str = ""
    alone: Effect | None = None
    searched: Effect | None = None


def vectors_file(checkpoint: Path) -> Path:
    """Return where the attribute vectors of a checkpoint lie: beside it, as NAME.attributes.json."""
    return checkpoint.with_suffix(".attributes.json")


def weights_hash(checkpoint: Path) -> str:
    """Return a hash of a checkpoint's tensors, without its description."""
    data = checkpoint.read_bytes()
    return hashlib.sha256(data[8 + int.from_bytes(data[:8], "little") :]).hexdigest()[:16]


def write_vectors(checkpoint: Path, vectors: AttributeVectors) -> None:
    """Write the attribute vectors of a checkpoint beside it."""
    write_atomically(vectors_file(checkpoint), (json.dumps(asdict(vectors)) + "\n").encode())


def read_vectors(checkpoint: Path) -> AttributeVectors:
    """Read the attribute vectors of a checkpoint.

    Raises:
        CheckpointError: there are none, they are damaged, or they belong to other weights.
    """
    path = vectors_file(checkpoint)
    remedy = f"Compute them with `python benchmarks/music/attributes.py {checkpoint}`."
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        effects = {name: Effect(**values.pop(name)) for name in ("alone", "searched") if values.get(name)}
        vectors = AttributeVectors(**values | effects)
        size = np.array(vectors.vectors, dtype=np.float64).shape
    except FileNotFoundError as error:
        raise CheckpointError(f"{checkpoint} has no attribute vectors ({path.name}). {remedy}") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} holds no attribute vectors, or is damaged. {remedy}") from error
    if len(size) != 2 or size[0] != len(ATTRIBUTES) or vectors.weights != weights_hash(checkpoint):
        raise CheckpointError(f"{path} belongs to other weights than {checkpoint.name} holds. {remedy}")
    return vectors


def amounts_of(settings: Sequence[str]) -> dict[str, float]:
    """Parse settings such as `density=+1.5`: attribute to amount in standard deviations.

    Raises:
        ParameterError: an unknown attribute, one named twice, or an amount that is no number from -10 to 10.
    """
    amounts: dict[str, float] = {}
    for text in settings:
        name, _, number = (part.strip() for part in text.partition("="))
        if name not in ATTRIBUTES:
            hint = nearest(name, ATTRIBUTES)
            raise ParameterError(f"There is no attribute {name!r}{hint} Attributes: {', '.join(ATTRIBUTES)}.")
        try:
            amount = float(number)
        except ValueError:
            amount = math.nan
        if not abs(amount) <= 10:
            raise ParameterError(f"{text!r} names no amount from -10 to 10; give standard deviations, as in {name}=+1.5.")
        if name in amounts:
            raise ParameterError(f"The attribute {name!r} was set twice.")
        amounts[name] = amount
    return amounts
