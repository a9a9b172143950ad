"""From the bytes of a MusicXML file to a score; `musicae.music.formats.musicxml` documents the decisions."""

import io
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from fractions import Fraction

from musicae.errors import FormatError
from musicae.music.formats.measures import Measure, Part, Sound, lay_out
from musicae.music.general_midi import DRUM_CHANNEL, FIRST_DRUM
from musicae.music.score import KeySignature, Score

__all__ = ["score_of"]

MAX_QUARTERS = 50_000  # as in MIDI files; bounds the number of bars
MAX_DENOMINATOR = 960  # of times in quarter notes
MAX_DEPTH = 50  # of elements within elements
_STEPS = {"C": 12, "D": 14, "E": 16, "F": 17, "G": 19, "A": 21, "B": 23}  # their pitches in octave 0
_BEATS = {"breve": 8.0, "whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25, "32nd": 0.125}
# Drums by their places in the staff, where a part does not state which they are (as most drum parts are written).
_DRUM_PLACES = {"D4": 44, "F4": 36, "A4": 41, "B4": 45, "C5": 38, "D5": 47, "E5": 50, "F5": 51, "G5": 42, "A5": 49, "B5": 57}
_HEAVY = ("light-heavy", "heavy-light", "light-light", "heavy-heavy", "heavy")


def score_of(data: bytes) -> Score:
    """Return the score of a MusicXML file.

    Raises:
        FormatError: the data are no MusicXML, or damaged; the text states why, without the file's name and the remedy.
    """
    if b"<!ENTITY" in data.replace(b"\0", b""):
        raise FormatError("defines entities of XML, which no score needs")
    reader = _Reader()
    try:
        for event, element in ET.iterparse(io.BytesIO(data), events=("start", "end")):
            reader.take(event, element)
    except (ET.ParseError, LookupError, ValueError) as error:
        raise FormatError(f"is no XML that can be read ({error})") from error
    return reader.score()


def _text(element: ET.Element | None, path: str, default: str = "") -> str:
    """Return the text of an element below another, without spaces around it."""
    return default if element is None else (element.findtext(path) or default).strip()


def _number(text: str) -> Fraction:
    """Return a number of a few digits; 0 for anything else."""
    if not re.fullmatch(r"[-+]?\d{1,9}(\.\d{1,6})?", text, re.ASCII):
        return Fraction(0)
    return Fraction(text).limit_denominator(10**6)


@dataclass
class _Instruments:
    """What the list of parts states of one part: its name, program, channel, and the drums by the ids of instruments."""

    name: str = ""
    program: int = 0
    channel: int = 0
    drums: dict[str, int] = field(default_factory=dict)


class _Reader:
    """A file as its elements are read, one after the other."""

    def __init__(self) -> None:
        self.depth = 0
        self.listed: dict[str, _Instruments] = {}
        self.parts: list[Part] = []
        self.part: _PartReader | None = None

    def take(self, event: str, element: ET.Element) -> None:
        """Take the beginning or the end of an element."""
        self.depth += 1 if event == "start" else -1
        if self.depth > MAX_DEPTH:
            raise FormatError("has elements within elements to no end")
        if event == "start" and self.depth == 1:
            if element.tag == "score-timewise":
                raise FormatError("is written measure by measure (score-timewise), which is not read; export it part by part")
            if element.tag != "score-partwise":
                raise FormatError(f"is no MusicXML: it begins with <{element.tag[:40]}>, not with <score-partwise>")
        elif event == "start" and element.tag == "part":
            self.part = _PartReader(self.listed.get(element.get("id", ""), _Instruments()))
        elif event == "end" and element.tag == "score-part":
            self.listed[element.get("id", "")] = _listed(element)
        elif event == "end" and element.tag == "measure" and self.part:
            self.part.read(element)
            element.clear()
        elif event == "end" and element.tag == "part" and self.part:
            self.parts.append(self.part.part())
            self.part = None
            element.clear()

    def score(self) -> Score:
        """Return what has been read."""
        if not any(measure.sounds for part in self.parts for measure in part.measures):
            raise FormatError("has no notes")
        length = max(sum((m.length for m in part.measures), Fraction(0)) for part in self.parts)
        if length > MAX_QUARTERS:
            raise FormatError(f"lasts {float(length):.0f} quarter notes, more than the limit of {MAX_QUARTERS}")
        return lay_out(self.parts)


def _listed(element: ET.Element) -> _Instruments:
    """Return what the list of parts states of a part."""
    result = _Instruments(" ".join(_text(element, "part-name").split()))
    first = element.find("midi-instrument")
    result.program = min(max(int(_number(_text(first, "midi-program", "1"))) - 1, 0), 127)
    result.channel = int(_number(_text(first, "midi-channel", "1")))
    for instrument in element.iterfind("midi-instrument"):
        key = int(_number(_text(instrument, "midi-unpitched"))) - 1
        if 0 <= key <= 127:
            result.drums[instrument.get("id", "")] = key
    return result


class _PartReader:
    """A part as its measures are read, one after the other."""

    def __init__(self, listed: _Instruments) -> None:
        self.listed = listed
        self.measures: list[Measure] = []
        self.divisions = Fraction(1)
        self.metre: tuple[int, int] | None = None
        self.transpose = 0
        self.position = self.before = Fraction(0)  # in the measure, and where the note before began
        self.opens = True
        self.pitched = self.unpitched = False
        self.measure = Measure((4, 4))

    def part(self) -> Part:
        """Return the part."""
        drums = self.listed.channel == DRUM_CHANNEL + 1 or (self.unpitched and not self.pitched)
        return Part(self.measures, self.listed.name, self.listed.program, drums)

    def read(self, element: ET.Element) -> None:
        """Take a measure."""
        self.measure = Measure(self.metre or (4, 4), opens=self.opens)
        self.opens = False
        self.position = self.before = Fraction(0)
        for child in element:
            if child.tag == "attributes":
                self._attributes(child)
            elif child.tag == "note":
                self._note(child)
            elif child.tag in ("backup", "forward"):
                length = self._length(child)
                self.position = max(self.position + (length if child.tag == "forward" else -length), Fraction(0))
            elif child.tag in ("direction", "sound"):
                self._tempo(child)
            elif child.tag == "barline":
                self._barline(child)
            self.measure.length = max(self.measure.length, self.position)
        if self.metre is None:  # free metre: a measure is as long as its notes
            self.measure.metre = (max(math.ceil(self.measure.length * 4), 1), 16)
        self.measure.length = self.measure.length or self.measure.full
        self.measures.append(self.measure)

    def _length(self, element: ET.Element) -> Fraction:
        length = abs(_number(_text(element, "duration"))) / self.divisions
        return length if length.denominator <= MAX_DENOMINATOR else length.limit_denominator(MAX_DENOMINATOR)

    def _attributes(self, element: ET.Element) -> None:
        """Take divisions, transposition, metre and key."""
        self.divisions = _number(_text(element, "divisions")) or self.divisions
        transpose = element.find("transpose")
        if transpose is not None:
            octaves = _number(_text(transpose, "octave-change"))
            self.transpose = int(_number(_text(transpose, "chromatic")) + 12 * octaves)
        time = element.find("time")
        if time is not None:
            self.metre = _metre(time)
            self.measure.metre = self.metre or self.measure.metre
        key = element.find("key")
        fifths = int(_number(_text(key, "fifths", "9")))
        mode = _text(key, "mode", "major")
        if -7 <= fifths <= 7 and mode in ("major", "minor"):
            number = KeySignature.of(0.0, fifths, minor=mode == "minor").number
            sounding = (number + self.transpose) % 12 + 12 * (number >= 12)
            self.measure.keys.append((self.position, sounding))

    def _note(self, element: ET.Element) -> None:
        """Take a note, a note of a chord, or a rest."""
        if element.find("grace") is not None or element.find("cue") is not None:
            return
        length = self._length(element)
        onset = self.before if element.find("chord") is not None else self.position
        pitch = self._pitch(element)
        if pitch is not None and length:
            tied = any(tie.get("type") == "stop" for tie in element.iterfind("tie"))
            self.measure.sounds.append(Sound(onset, length, pitch, tied))
            lyric = element.find("lyric")
            if lyric is not None and _text(lyric, "text"):
                more = _text(lyric, "syllabic") in ("begin", "middle")
                self.measure.lyrics.append((onset, _text(lyric, "text") + ("" if more else " ")))
        self.before = onset
        self.position = max(self.position, onset + length)

    def _pitch(self, element: ET.Element) -> int | None:
        """Return the pitch that sounds; None for a rest."""
        pitch, drum = element.find("pitch"), element.find("unpitched")
        if pitch is not None:
            self.pitched = True
            octave = int(_number(_text(pitch, "octave")))
            sounding = (
                _STEPS.get(_text(pitch, "step"), 12) + 12 * octave + round(_number(_text(pitch, "alter"))) + self.transpose
            )
            if not 0 <= sounding <= 127:
                raise FormatError(f"has a note out of the range of MIDI in measure {len(self.measures) + 1}")
            return sounding
        if drum is None:
            return None
        self.unpitched = True
        instrument = element.find("instrument")
        known = self.listed.drums.get("" if instrument is None else instrument.get("id", ""))
        place = _text(drum, "display-step") + _text(drum, "display-octave")
        return _DRUM_PLACES.get(place, FIRST_DRUM + 3) if known is None else known

    def _tempo(self, element: ET.Element) -> None:
        """Take a tempo in quarter notes per minute, or a metronome mark where there is none."""
        sound = element if element.tag == "sound" else element.find("sound")
        qpm = float(_number("" if sound is None else sound.get("tempo", "")))
        mark = element.find("direction-type/metronome")
        if not qpm and mark is not None:
            dots = len(mark.findall("beat-unit-dot"))
            beat = _BEATS.get(_text(mark, "beat-unit"), 0.0) * (2 - 0.5**dots)
            qpm = beat * float(_number(_text(mark, "per-minute")))
        if qpm > 0:
            offset = _number(_text(element, "offset")) / self.divisions
            self.measure.tempos.append((max(self.position + offset.limit_denominator(MAX_DENOMINATOR), Fraction(0)), qpm))

    def _barline(self, element: ET.Element) -> None:
        """Take a bar line: where a section begins or ends."""
        repeat = element.find("repeat")
        direction = "" if repeat is None else repeat.get("direction", "")
        ending = element.find("ending")
        if element.get("location", "right") == "left":
            self.measure.opens = (self.measure.opens or direction == "forward") and ending is None
        elif direction == "backward" or _text(element, "bar-style") in _HEAVY:
            self.measure.closes = self.opens = True


def _metre(time: ET.Element) -> tuple[int, int] | None:
    """Return a time signature, additive ones summed up; None for free metre.

    Raises:
        FormatError: it cannot be read.
    """
    if time.find("senza-misura") is not None:
        return None
    beats = [e.text or "" for e in time.iterfind("beats")]
    types = [e.text or "" for e in time.iterfind("beat-type")]
    if beats and len(beats) == len(types) and all(re.fullmatch(r"\s*\d{1,3}(\s*\+\s*\d{1,3})*\s*", b, re.ASCII) for b in beats):
        below = [int(t) if re.fullmatch(r"\s*\d{1,2}\s*", t, re.ASCII) else 0 for t in types]
        if all(b in (1, 2, 4, 8, 16, 32, 64) for b in below):
            smallest = max(below)
            count = sum(sum(map(int, b.split("+"))) * (smallest // n) for b, n in zip(beats, below, strict=True))
            if 1 <= count <= 255:
                return count, smallest
    raise FormatError(f"has a metre that cannot be read, {' '.join(beats)}/{' '.join(types)}"[:80])
