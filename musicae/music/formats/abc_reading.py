"""From the text of a tune in ABC to a score; `musicae.music.formats.abc` documents the decisions."""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from musicae.errors import FormatError
from musicae.music.formats.abc_fields import parse_key, parse_metre, parse_tempo, parse_unit
from musicae.music.formats.abc_voice import Defaults, Voice
from musicae.music.formats.measures import lay_out
from musicae.music.score import Score

__all__ = ["tune_to_score"]

MAX_QUARTERS = 50_000  # as in MIDI files; bounds the number of bars
MAX_VOICES = 100
_SECTION = re.compile(r"\|\||[:\[\]]|\|.*\|")  # in a bar line: it begins a section
_TOKENS = re.compile(
    r"""
    (?P<held>  [HST~]x(?=\s*[|:\]]))
  | (?P<note>  (?:\^\^?|__?|=)?[A-Ga-g][,']{0,9}\d{0,4}/{0,8}\d{0,4})
  | (?P<rest>  [zx]\d{0,4}/{0,8}\d{0,4})
  | (?P<bar>   \.?(?::*\[?\|[|:\]]*|::+|:\])(?:\s*\[[1-9][\d.,-]*|[1-9][\d.,-]*)?)
  | (?P<ending>\[[1-9][\d.,-]*|^\s*[1-9](?=[\s(A-Ga-g]))
  | (?P<field> \[[A-Za-z]:[^\[\]]*\])
  | (?P<chord> \[(?:[^\[\]|"]|"[^"\[]*")*\]\d{0,4}/{0,8}\d{0,4})
  | (?P<broken>>{1,4}|<{1,4})
  | (?P<tie>   -)
  | (?P<tuplet>\(\d(?::\d?(?::\d{0,3})?)?)
  | (?P<grace> \{[^}]*(?:\}|$))
  | (?P<bars>  [ZX]\d{0,4})
  | (?P<over>  &)
  | (?P<skip>  "[^"]*(?:"|$) | !(?:[^\s!|\[\]]+!)? | \+[^\s+|]*\+ | y\d* | [\s`\\$()~.*;?@#\]}] | [H-WYh-w])
  | (?P<stray> [\^_=,'+/:\[{<>"!0-9])
  | (?P<wrong> .)
    """,
    re.VERBOSE | re.ASCII,
)


def tune_to_score(text: str, ignored: list[str] | None = None) -> Score:
    """Return the score of one tune.

    Arguments:
        text: The tune.
        ignored: Takes the signs that cannot be read and were ignored.

    Raises:
        FormatError: the tune has no key, metre or notes, or a field that cannot be read. The text states which, without the
            file's name and the remedy.
    """
    tune = _Tune([] if ignored is None else ignored)
    for number, line in enumerate(_lines(text), 1):
        try:
            tune.read(line)
        except FormatError as error:
            raise FormatError(f"{error}, in its line {number}") from error
    return tune.score()


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a tune, up to the first empty one, with blocks of text blanked."""
    block = ""
    for line in text.lstrip().splitlines():
        if not line.strip():
            return
        block = block or "".join(re.findall(r"^%%begin(\w+)", line))
        yield "%" if block else line
        block = "" if line.startswith(f"%%end{block}") else block


class _Tune:
    """A tune as its lines are read, one after the other."""

    def __init__(self, ignored: list[str]) -> None:
        self.ignored = ignored
        self.defaults = Defaults()
        self.voices: dict[str, Voice] = {}
        self.voice: Voice | None = None
        self.heading = ""  # the voice that the header describes
        self.names: dict[str, str] = {}
        self.programs: dict[str, int] = {}
        self.music = False  # whether the header is over

    def read(self, line: str) -> None:
        """Take a line."""
        if line.startswith("%%"):
            self._directive(" ".join(line[2:].split()))
            return
        line = re.sub(r"(?<!\\)%.*|=20\s*$|=\s*$", "", line).replace("=3D", "=")  # comments, and what mail programs left
        field = re.match(r"([A-Za-z+]):(?![|:])(.*)", line)
        if field and (field[1].isupper() or field[1] in "mrsw+" or not self.music):
            self._field(field[1], " ".join(field[2].split()))
        elif self.music:
            self._music(line)

    def score(self) -> Score:
        """Return what has been read."""
        if not self.music:
            raise FormatError("has no key such as K:C above its notes")
        voices = self.voices.values()
        for voice in voices:
            voice.bar()
        if not any(m.sounds for voice in voices for m in voice.part.measures):
            raise FormatError("has no notes")
        length = max(sum((max(m.length, m.full) for m in voice.part.measures), Fraction(0)) for voice in voices)
        if length > MAX_QUARTERS:
            raise FormatError(f"lasts {float(length):.0f} quarter notes, more than the limit of {MAX_QUARTERS}")
        return lay_out([voice.part for voice in voices], key=self.defaults.key.number, tempo=self.defaults.tempo)

    def _directive(self, text: str) -> None:
        """Take what a line after %% or I: states, where it concerns notes."""
        result = re.match(r"propagate-accidentals (not|octave|pitch)\b", text)
        if result:
            self.defaults = replace(self.defaults, propagate=result[1])
            for voice in self.voices.values():
                voice.state = replace(voice.state, propagate=result[1])
        result = re.match(r"MIDI program (?:\d{1,2} )?(\d{1,3})$", text)
        if result and int(result[1]) <= 127:
            if self.voice:
                self.voice.part.program = int(result[1])
            elif self.heading and not self.music:
                self.programs[self.heading] = int(result[1])
            else:
                self.defaults = replace(self.defaults, program=int(result[1]))

    def _field(self, letter: str, value: str) -> None:
        """Take a field of the header or of the current voice."""
        if letter == "I":
            self._directive(value)
        elif letter == "V":
            self._switch(value)
        elif letter in "KLMQ":
            state = _changed(self.voice.state if self.voice else self.defaults, letter, value)
            if self.voice:
                self.voice.change(state)
            else:
                self.defaults = state
        self.music = self.music or letter == "K"

    def _switch(self, value: str) -> None:
        """Begin or go on with the voice that V: names."""
        name = (value.split() or [""])[0]
        result = re.search(r'\b(?:name|nm)="([^"]*)"', value)
        if result:
            self.names[name] = result[1]
            if name in self.voices:
                self.voices[name].part.name = result[1]
        self.heading = name
        if self.music:
            self._begin(name)

    def _begin(self, name: str) -> Voice:
        if name not in self.voices:
            if len(self.voices) == MAX_VOICES:
                raise FormatError(f"has more than {MAX_VOICES} voices")
            visible = self.names.get(name) or (f"voice {name}" if name else "melody")
            self.voices[name] = Voice(self.defaults, visible, self.programs.get(name))
        self.voice = self.voices[name]
        return self.voice

    def _music(self, line: str) -> None:
        """Take a line of notes."""
        for token in _TOKENS.finditer(line):
            kind, text = token.lastgroup, token[0]
            if kind == "field":
                self._field(text[1], " ".join(text[3:-1].split()))
                continue
            if kind == "stray":
                self.ignored.append(text)
            if kind in ("skip", "grace", "stray", "held"):
                continue
            voice = self.voice or self._begin("")
            if kind in ("note", "chord"):
                voice.notes(text)
            elif kind in ("rest", "bars"):
                voice.rest(text)
            elif kind in ("bar", "ending"):
                ending = text[-1].isdigit() or text[-1] in ".,-"
                if kind == "bar" or not voice.in_measure:
                    voice.bar(section=kind == "bar" and bool(_SECTION.search(text)), ending=ending)
            elif kind == "broken":
                voice.broken(text)
            elif kind == "tie":
                voice.tie()
            elif kind == "tuplet":
                voice.tuplet(text)
            elif kind == "over":
                voice.overlay()
            else:
                raise FormatError(f"has a sign that cannot be read, {text!r}")


def _changed(state: Defaults, letter: str, value: str) -> Defaults:
    """Return a state after a field."""
    if letter == "K":
        return replace(state, key=parse_key(value))
    if letter == "L":
        return replace(state, unit=parse_unit(value))
    if letter == "M":
        metre = parse_metre(value)
        return replace(state, metre=metre)
    tempo = parse_tempo(value, state.length)
    return state if tempo is None else replace(state, tempo=tempo)
