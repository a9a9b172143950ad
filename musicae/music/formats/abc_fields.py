"""The values of fields of ABC: metres, keys, tempos and note lengths."""

import re
from dataclasses import dataclass, field
from fractions import Fraction

from musicae.errors import FormatError

__all__ = ["ALTERATIONS", "COMPOUND", "Key", "parse_key", "parse_metre", "parse_tempo", "parse_unit"]

COMPOUND = (6, 9, 12, 15)  # numbers of eighths in a bar that is counted in threes
_SHARPS = "FCGDAEB"
_MODES = {"": 0, "maj": 0, "ion": 0, "mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3, "phr": -4, "loc": -5, "lyd": 1}
_MINOR = ("m", "min", "aeo")
ALTERATIONS = {"": 0, "=": 0, "^": 1, "^^": 2, "_": -1, "__": -2}


@dataclass(frozen=True)
class Key:
    """A key signature of ABC.

    Arguments:
        number: Number of the key (see `KeySignature`); None for what is neither major nor minor.
        alterations: Semitones by letter, for those that are altered.
        transpose: Semitones by which notes sound higher than they are written.
    """

    number: int | None = None
    alterations: dict[str, int] = field(default_factory=dict)
    transpose: int = 0


def parse_metre(text: str) -> tuple[int, int] | None:
    """Return numerator and denominator of a metre such as `6/8`, `C|` or `2+3/8`; None for free metre.

    Raises:
        FormatError: the text is no metre.
    """
    text = text.strip()
    if text.lower() in ("", "none", "free"):
        return None
    if text in ("C", "C|"):
        return (4, 4) if text == "C" else (2, 2)
    result = re.fullmatch(r"[^0-9(]*\(?(\d{1,3}(?:\s*\+\s*\d{1,3})*)\)?\s*/\s*(\d{1,3})\D*", text, re.ASCII)
    if result:
        numerator, denominator = sum(map(int, result[1].split("+"))), int(result[2])
        if 1 <= numerator <= 255 and denominator in (1, 2, 4, 8, 16, 32, 64):
            return numerator, denominator
    raise FormatError(f"has a metre that cannot be read, {text}")


def parse_unit(text: str) -> Fraction:
    """Return the length in quarter notes of a note that has no length of its own, from a text such as `1/8`.

    Raises:
        FormatError: the text is no length.
    """
    result = re.fullmatch(r"(\d{1,3})(?:/(\d{1,3}))?", text.strip(), re.ASCII)
    if result and int(result[1]) and int(result[2] or 1):
        return 4 * Fraction(int(result[1]), int(result[2] or 1))
    raise FormatError(f"has a note length that cannot be read, {text.strip()}")


def parse_tempo(text: str, unit: Fraction) -> float | None:
    """Return quarter notes per minute, from a text such as `1/4=120`, `"Allegro" 3/8=80` or `120`; None for words only.

    Arguments:
        text: The text.
        unit: Length of a note without a length, in quarter notes; a number alone counts these.
    """
    text = re.sub(r'"[^"]*"', "", text).strip()
    number = r"(\d{1,4}(?:\.\d{1,6})?)"
    result = re.fullmatch(rf"((?:\d{{1,3}}/\d{{1,3}}\s*)+)=\s*{number}", text, re.ASCII)
    if result:
        beat = 4 * sum(Fraction(int(n), int(d) or 1) for n, d in re.findall(r"(\d+)/(\d+)", result[1]))
        return float(beat) * float(result[2]) or None
    alone = re.fullmatch(rf"(?:[Cc]\s*=\s*)?{number}", text, re.ASCII)
    return float(unit) * float(alone[1]) or None if alone else None


def parse_key(text: str) -> Key:
    """Return a key from a text such as `G`, `F#m`, `D dorian`, `Hp`, `Ador =c transpose=-12` or `none`.

    Raises:
        FormatError: the text is no key.
    """
    words = text.strip()
    transpose = sum(12 * int(n) for n in re.findall(r"\boctave=([-+]?\d)\b", words))
    transpose += sum(int(n) for n in re.findall(r"\btranspose=([-+]?\d{1,2})\b", words))
    words = re.sub(r"\b[a-z]+=\S+|\b(treble|alto|tenor|bass|perc)\S*", "", words).strip()
    if words.lower() in ("", "none"):
        return Key(None, {}, transpose)
    if words in ("HP", "Hp"):  # Highland pipes
        return Key(None, {"F": 1, "C": 1} if words == "Hp" else {}, transpose)
    result = re.fullmatch(r"([A-G])([#b]?)\s*([A-Za-z]*)\s*(exp)?\s*((?:[_^=]{1,2}[A-Ga-g]\s*)*)", words)
    mode = result[3].lower()[:3].replace("exp", "") if result else "?"
    if not result or mode not in _MODES:
        raise FormatError(f"has a key that cannot be read, {text.strip()}")
    explicit = "exp" in (result[3], result[4])  # the signs that follow are all of its signature
    tonic = "FCGDAEB".index(result[1]) - 1 + {"#": 7, "b": -7, "": 0}[result[2]]
    alterations = {} if explicit else _signature(tonic + _MODES[mode])
    for sign, letter in re.findall(r"([_^=]{1,2})([A-Ga-g])", result[5]):
        alterations[letter.upper()] = ALTERATIONS.get(sign, 0)
    number = None if _MODES[mode] not in (0, -3) else tonic * 7 % 12 + 12 * (mode in _MINOR)
    return Key(number, {k: v for k, v in alterations.items() if v}, transpose)


def _signature(fifths: int) -> dict[str, int]:
    """Return the semitones of the letters that a number of sharps (flats negative) alters."""
    letters = _SHARPS if fifths > 0 else _SHARPS[::-1]
    alterations: dict[str, int] = {}
    for i in range(abs(fifths)):
        letter = letters[i % 7]
        alterations[letter] = alterations.get(letter, 0) + (1 if fifths > 0 else -1)
    return alterations
