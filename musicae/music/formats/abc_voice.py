"""One voice of a tune in ABC: notes of given lengths and accidentals, put into measures."""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from musicae.errors import FormatError
from musicae.music.formats.abc_fields import ALTERATIONS, COMPOUND, Key
from musicae.music.formats.measures import Measure, Part, Sound

__all__ = ["Defaults", "Voice"]

MAX_BARS = 20_000
MAX_DENOMINATOR = 192  # of lengths in quarter notes
_STEPS = {"C": 60, "D": 62, "E": 64, "F": 65, "G": 67, "A": 69, "B": 71}
_NOTE = re.compile(r"(\^\^?|__?|=)?([A-Ga-g])([,']*)(\d*)(/*)(\d*)(-?)", re.ASCII)
_LENGTH = re.compile(r"(\d*)(/*)(\d*)$", re.ASCII)
_TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # notes to the number of notes of which they fill the time


Staff = tuple[str, int]  # a place in the staff: a letter, and semitones of its octave from that of middle C


@dataclass(frozen=True)
class Defaults:
    """What holds for the notes that follow.

    Arguments:
        metre: Time signature; None for free metre.
        unit: Length of a note without a length, in quarter notes; None for what the metre states.
        key: Key signature.
        tempo: Quarter notes per minute; None for no tempo.
        propagate: Whether an accidental lasts through the bar: `octave` for notes of its octave, `pitch` for all, or `not`.
        program: General MIDI program.
    """

    metre: tuple[int, int] | None = None
    unit: Fraction | None = None
    key: Key = field(default_factory=Key)
    tempo: float | None = None
    propagate: str = "octave"
    program: int = 0

    @property
    def length(self) -> Fraction:
        """Length of a note without a length, in quarter notes."""
        if self.unit is not None:
            return self.unit
        short = self.metre is not None and 4 * self.metre[0] < 3 * self.metre[1]
        return Fraction(1, 4) if short else Fraction(1, 2)


class Voice:
    """A voice as its notes are read, one after the other.

    Arguments:
        state: What holds at its beginning.
        name: Its name.
        program: Its General MIDI program; None for that of the state.
    """

    def __init__(self, state: Defaults, name: str, program: int | None = None) -> None:
        self.part = Part([], name, state.program if program is None else program)
        self.state = state
        self._measure = Measure(state.metre or (4, 4), opens=True)
        self._position = Fraction(0)  # in the measure
        self._signs: dict[Staff, int] = {}  # alterations in this bar
        self._sounds, self._length = 0, Fraction(0)  # of the note or chord before
        self._names: list[tuple[Staff, int]] = []  # its notes and their alterations
        # Notes that are tied on: the measure, the place in it, the place on the staff and the alteration.
        self._ties: set[tuple[int, Fraction, Staff, int]] = set()
        self._factor = Fraction(1)  # of the next note, by a broken rhythm
        self._tuplet = (Fraction(1), 0)  # the factor of notes, and of how many

    @property
    def in_measure(self) -> bool:
        """Whether a measure has begun."""
        return bool(self._measure.length)

    def change(self, state: Defaults) -> None:
        """Let another metre, key, tempo or note length hold from here on."""
        before, self.state = self.state, state
        if state.metre and not self._measure.length:
            self._measure.metre = state.metre
        if state.tempo != before.tempo and state.tempo is not None:
            self._measure.tempos.append((self._position, state.tempo))
        if state.key != before.key and state.key.number is not None:
            self._measure.keys.append((self._position, state.key.number))

    def notes(self, text: str) -> None:
        """Add a note such as `^c'3/2`, or a chord such as `[CEG]2`."""
        inner, _, after = text.rpartition("]") if text.startswith("[") else (text, "", "")
        result = _NOTE.findall(re.sub(r'"[^"]*"|![^!]*!', "", inner))
        if not result:
            self._names = []
            return
        length = self.state.length * _length(*result[0][3:6]) * (_length(*_split(after)) if after else 1)
        self._names = []
        sounds: dict[int, bool] = {}
        held = []
        for sign, letter, octave, _, _, _, tie in result:
            staff = (letter.upper(), 12 * (letter.islower() + octave.count("'") - octave.count(",")))
            alteration, tied = self._altered(staff, sign)
            pitch = _STEPS[staff[0]] + staff[1] + alteration + self.state.key.transpose
            if not 0 <= pitch <= 127:
                raise FormatError(f"has a note out of the range of MIDI, {text}")
            self._names.append((staff, alteration))
            held += [(staff, alteration)] if tie else []
            sounds[pitch] = tied
        self._add(length, sounds)
        self._tie(held)

    def rest(self, text: str) -> None:
        """Add a rest such as `z2`, or bars of rest such as `Z4`."""
        self._names = []
        if text[0] in "zx":
            self._add(self.state.length * _length(*_split(text)), {})
            return
        for _ in range(int(text[1:] or 1)):
            self._add(Fraction(4 * self._metre()[0], self._metre()[1]), {}, plain=True)
            self.bar()

    def bar(self, *, section: bool = False, ending: bool = False) -> None:
        """Take a bar line.

        Arguments:
            section: Whether it is a double bar or a repeat sign.
            ending: Whether an ending of a repeat begins here, which is no section.
        """
        opens = section
        if self._measure.length:
            if len(self.part.measures) == MAX_BARS:
                raise FormatError(f"has more than {MAX_BARS} bars")
            self._measure.closes = section
            self.part.measures.append(self._measure)
            self._measure = Measure(self.state.metre or (4, 4))
            self._position = Fraction(0)
            self._signs = {}
        else:
            opens = section or self._measure.opens
        self._measure.opens = opens and not ending

    def broken(self, signs: str) -> None:
        """Prolong the note before and shorten the one after, or the other way round: `>` and `<`."""
        short = Fraction(1, 2 ** len(signs))
        first, self._factor = (2 - short, short) if signs[0] == ">" else (short, 2 - short)
        if not self._position:
            return  # nothing came before in this bar
        longer = _simple(self._length * first) - self._length
        sounds = self._measure.sounds
        for i in range(len(sounds) - self._sounds, len(sounds)):
            sounds[i] = replace(sounds[i], length=sounds[i].length + longer)
        self._length += longer
        self._move(self._position + longer, shorten=longer < 0)

    def tuplet(self, text: str) -> None:
        """Let the notes that follow fill the time of others: `(3`, or `(p:q:r` for p in the time of q, for r notes."""
        p, q, r = ([int(n) if n else 0 for n in text[1:].split(":")] + [0, 0])[:3]
        if p < 2:
            return
        compound = self.state.metre is not None and self.state.metre[1] == 8 and self.state.metre[0] in COMPOUND
        time = q or _TUPLETS.get(p, 3 if compound else 2)
        self._tuplet = (Fraction(time, p), r or p)

    def tie(self) -> None:
        """Tie the note or chord before to the one after."""
        self._tie(self._names)

    def overlay(self) -> None:
        """Go back to the beginning of the bar, for notes that sound at the same time."""
        self._position = Fraction(0)
        self._signs = {}

    def _metre(self) -> tuple[int, int]:
        if self.state.metre is None:
            raise FormatError("has no metre such as M:4/4 above its notes")
        return self.state.metre

    def _altered(self, staff: Staff, sign: str) -> tuple[int, bool]:
        """Return the alteration of a note in semitones, and whether it goes on from a tied one."""
        scope = (staff[0], 0) if self.state.propagate == "pitch" else staff
        if sign:
            if self.state.propagate != "not":
                self._signs[scope] = ALTERATIONS[sign]
            return ALTERATIONS[sign], self._goes_on(staff, ALTERATIONS[sign])
        tied = next((alteration for alteration in range(-2, 3) if self._goes_on(staff, alteration)), None)
        if tied is not None:
            return tied, True
        return self._signs.get(scope, self.state.key.alterations.get(staff[0], 0)), False

    def _goes_on(self, staff: Staff, alteration: int) -> bool:
        """Return whether a note that is tied on ends here, at the position or with the bar before; its tie is used up."""
        index, place = len(self.part.measures), self._position
        if index and not place:
            index, place = index - 1, self.part.measures[-1].length
        tie = (index, place, staff, alteration)
        result = tie in self._ties
        self._ties.discard(tie)
        return result

    def _tie(self, names: list[tuple[Staff, int]]) -> None:
        self._ties |= {(len(self.part.measures), self._position, *name) for name in names}

    def _add(self, length: Fraction, pitches: dict[int, bool], *, plain: bool = False) -> None:
        """Add a note, chord or rest at the position; `plain` for one that no tuplet or broken rhythm changes."""
        if self._measure.metre != self._metre() and not self._measure.length:
            self._measure.metre = self._metre()
        if not plain:
            factor, left = self._tuplet
            length *= self._factor * (factor if left else 1)
            self._tuplet = (factor, max(left - 1, 0))
            self._factor = Fraction(1)
        length = _simple(length)
        if length:
            self._measure.sounds += [Sound(self._position, length, pitch, tied) for pitch, tied in pitches.items()]
        self._sounds, self._length = len(pitches) if length else 0, length
        self._move(self._position + length)

    def _move(self, position: Fraction, *, shorten: bool = False) -> None:
        """Set the position in the measure, which becomes as long as that, or shorter where its end moved back."""
        ends_here = self._measure.length == self._position
        self._position = position
        self._measure.length = position if shorten and ends_here else max(self._measure.length, position)


def _simple(length: Fraction) -> Fraction:
    """Return a length as notation can mean it; bounds the size of denominators."""
    return length if length.denominator <= MAX_DENOMINATOR else length.limit_denominator(MAX_DENOMINATOR)


def _split(text: str) -> tuple[str, str, str]:
    result = _LENGTH.search(text)
    return (result[1], result[2], result[3]) if result else ("", "", "")


def _length(number: str, slashes: str, parts: str) -> Fraction:
    """Return a length in units, from texts such as `3`, `/` and `2`.

    Raises:
        FormatError: the length is 1/0.
    """
    below = int(parts) if parts else 2 ** len(slashes)
    if not below:
        raise FormatError("has a note whose length is divided by 0")
    return Fraction(int(number) if number else 1, below)
