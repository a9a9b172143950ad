"""Keys and scales: the pitch classes that belong to one.

This module needs no torch, so a bad name is reported before torch is imported.
"""

import re
from dataclasses import dataclass

from musicae.core.config import nearest
from musicae.errors import ParameterError

__all__ = ["SCALES", "TONICS", "Scale", "parse_scale"]

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic-minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic-minor": (0, 2, 3, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor-pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole-tone": (0, 2, 4, 6, 8, 10),
    "chromatic": tuple(range(12)),
}
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
TONICS = tuple(letter + sign for letter in "CDEFGAB" for sign in ("b", "", "#"))


@dataclass(frozen=True)
class Scale:
    """A scale on a tonic.

    Arguments:
        tonic: Pitch class of the tonic, 0 (C) to 11 (B).
        kind: A key of `SCALES`.

    Examples:
        >>> import musicae
        >>> scale = musicae.Scale(tonic=2, kind="dorian")
        >>> [pitch for pitch in range(62, 75) if pitch in scale]
        [62, 64, 65, 67, 69, 71, 72, 74]
    """

    tonic: int
    kind: str = "major"

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The pitch classes that belong to it, 0 to 11."""
        return frozenset((self.tonic + step) % 12 for step in SCALES[self.kind])

    @property
    def key(self) -> int:
        """Number of the key of its signature (see `musicae.music.score.KeySignature`): minor if its third is minor."""
        return self.tonic + 12 * (3 in SCALES[self.kind] and 4 not in SCALES[self.kind])

    def __contains__(self, pitch: int) -> bool:
        return pitch % 12 in self.pitch_classes


def parse_scale(key: str | None, scale: str | None = None) -> Scale | None:
    """Return the scale that `--key` and `--scale` name, or None if neither is given.

    Arguments:
        key: A tonic, alone or with the name of a scale: `D`, `Bb minor`, `f# dorian`.
        scale: Name of a scale instead. [default: the one in `key`, or major]

    Raises:
        ParameterError: no such tonic or scale, a scale without a key, or two different scales.
    """
    if key is None:
        if scale is None:
            return None
        raise ParameterError(f"The scale {scale!r} needs a tonic; give a key too, such as D.")
    match = re.fullmatch(r"\s*([A-Ga-g])([b#♭♯]?)(?:\s+(\S+))?\s*", key)
    if match is None:
        raise ParameterError(f"There is no key {key!r}. Tonics: {', '.join(TONICS)}; a scale may follow, as in 'F# minor'.")
    letter, sign, name = match.groups()
    kinds = [kind.lower() for kind in (name, scale) if kind is not None]
    for kind in kinds:
        if kind not in SCALES:
            raise ParameterError(f"There is no scale {kind!r}{nearest(kind, SCALES)} Scales: {', '.join(SCALES)}.")
    if len(set(kinds)) > 1:
        raise ParameterError(f"The key {key!r} and the scale {scale!r} contradict each other; give one of them.")
    tonic = _LETTERS[letter.upper()] + {"b": -1, "♭": -1, "#": 1, "♯": 1}.get(sign, 0)
    return Scale(tonic % 12, *kinds[:1])
