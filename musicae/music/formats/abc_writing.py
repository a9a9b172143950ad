"""From a score to the text of a tune in ABC; `musicae.music.formats.abc` documents the layout."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby, pairwise

from musicae.errors import FormatError
from musicae.music.formats.abc_fields import COMPOUND, parse_key
from musicae.music.formats.notation import Event, Piece, bars_until, fill, key_at, snap, tempo_text, voices
from musicae.music.score import Bar, KeySignature, Score, Track

__all__ = ["score_to_abc"]

BARS_PER_LINE = 4
_UNIT = Fraction(1, 4)  # a sixteenth note, in quarter notes
_SHARP = ("C", "^C", "D", "^D", "E", "F", "^F", "G", "^G", "A", "^A", "B")
_FLAT = ("C", "_D", "D", "_E", "E", "F", "_G", "G", "_A", "A", "_B", "B")
_MAJOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_SIGNS = {-1: "_", 0: "=", 1: "^"}


def score_to_abc(score: Score) -> str:
    """Return a score as a tune in ABC.

    Raises:
        FormatError: a track holds drums, which ABC does not have, or a metre cannot be written.
    """
    for number, track in enumerate(score.tracks, 1):
        if track.is_drum and track.notes:
            name = f" {track.name!r}" if track.name else ""
            raise FormatError(f"ABC has no drums (track {number}{name}); write MIDI or MusicXML instead.")
    tracks = score.tracks or (Track(()),)
    names = [_plain(track.name) for track in tracks]
    lines = ["X:1", f"T:{next(filter(None, names), 'Untitled')}", f"M:{_metre(score.bars()[0], first=True)}", "L:1/16"]
    lines.append(f"Q:1/4={tempo_text(score.tempo_at(0.0))}")
    lines += [f"V:{i}" + (f' name="{name}"' if name else "") for i, name in enumerate(names, 1)]
    lines.append(f"K:{_key(key_at(score, 0.0))}")
    for number, track in enumerate(tracks, 1):
        lines += [f"[V:{number}]", f"%%MIDI program {track.program}", *_lines(score, track, first=number == 1)]
    return "\n".join(lines) + "\n"


def _plain(name: str) -> str:
    """Return a name as a field can hold it."""
    return " ".join(re.sub(r'["%\\\x00-\x1f\x7f]', " ", name).split())


def _key(key: KeySignature | None) -> str:
    if key is None:
        return "none"
    return f"{_MINOR[key.number - 12]}m" if key.minor else _MAJOR[key.number]


def _metre(bar: Bar, *, first: bool = False) -> str:
    """Return a bar's metre; a first bar that is cut short, which would be a pick-up, has one of its own.

    Raises:
        FormatError: ABC has no such metre.
    """
    numerator, denominator = bar.numerator, bar.denominator
    length = Fraction(bar.length).limit_denominator(96)
    if first and bar.length < bar.full_length - 1e-6 and length.denominator in (1, 2, 4, 8, 16):
        numerator, denominator = length.numerator, 4 * length.denominator
    if denominator not in (1, 2, 4, 8, 16, 32, 64) or not 1 <= numerator <= 255:
        raise FormatError(f"A metre of {numerator}/{denominator} cannot be written in ABC; choose another.")
    return f"{numerator}/{denominator}"


def _lines(score: Score, track: Track, *, first: bool) -> list[str]:
    """Return the lines of a track's notes; the first track states the tempos."""
    result = voices(snap(track.notes))
    bars: list[str] = []
    metre, key = "", _key(key_at(score, 0.0))
    for bar in bars_until(score, max((v[-1].end for v in result), default=Fraction(0))):
        fields, before = "", metre
        metre = _metre(bar, first=not bars)
        if before not in ("", metre):
            fields = f"[M:{metre}]"
        before, key = key, _key(key_at(score, bar.end - 1e-3))
        if key != before:
            fields += f"[K:{key}]"
        bars.append(fields + _bar(score, bar, result, key, tempos=first))
    lines = [" | ".join(bars[i : i + BARS_PER_LINE]) for i in range(0, len(bars), BARS_PER_LINE)]
    return [*(f"{line} |" for line in lines[:-1]), f"{lines[-1]} |]"]


def _bar(score: Score, bar: Bar, result: Sequence[Sequence[Event]], key: str, *, tempos: bool) -> str:
    """Return the notes of a bar, with & between voices of one track."""
    start, end = (Fraction(t).limit_denominator(96) for t in (bar.start, bar.end))
    inside = [[e for e in voice if e.start < end and e.end > start] for voice in result]
    signs = _Signs(key, explicit=sum(map(bool, inside)) > 1)
    layers: list[str] = []
    for events in [events for events in inside if events] or [[]]:
        changes = _tempos(score, bar, events) if tempos and not layers else {}
        cuts = sorted({start, *changes, end})
        words: list[tuple[Fraction, str]] = []
        for at, until in pairwise(cuts):
            if at in changes:
                words.append((at, f"[Q:1/4={tempo_text(changes[at])}]"))
            words += _words(fill([e for e in events if e.start < until and e.end > at], at, until), signs)
        layers.append(_beamed(words, bar))
        signs.next_layer()
    return " & ".join(layers)


def _beamed(words: Sequence[tuple[Fraction, str]], bar: Bar) -> str:
    """Join words by spaces, but not within a beat: notes without a space between them share a beam."""
    beat = Fraction(3, 2) if bar.denominator == 8 and bar.numerator in COMPOUND else Fraction(1)
    start = Fraction(bar.start).limit_denominator(96)
    beats = groupby(words, lambda word: (word[0] - start) // beat)
    return " ".join("".join(text for _, text in group) for _, group in beats)


def _tempos(score: Score, bar: Bar, events: Sequence[Event]) -> dict[Fraction, float]:
    """Return the tempos that begin in a bar after time 0, at their thirty-second, or their quarter where it has triplets."""
    changes: dict[Fraction, float] = {}
    for tempo in score.tempos:
        if bar.start - 1e-6 <= tempo.time < bar.end - 1e-6 and tempo.time > 0:
            at = Fraction(int(tempo.time * 8 + 1e-6), 8)
            odd = any((t * 8).denominator > 1 and int(t) == int(at) for e in events for t in (e.start, e.end))
            changes[max(Fraction(int(at)) if odd else at, Fraction(bar.start).limit_denominator(96))] = tempo.qpm
    return changes


def _words(pieces: Iterator[Piece], signs: "_Signs") -> Iterator[tuple[Fraction, str]]:
    """Yield notes, chords, rests and triplets, and where they begin."""
    for (triplet, _), group in groupby(pieces, lambda piece: (piece.triplet, int(piece.start) if piece.triplet else 0)):
        together = list(group)
        if triplet:
            notes = (_word(p, signs, p.length * Fraction(3, 2)) for p in together)
            yield together[0].start, f"(3:2:{len(together)}" + "".join(notes)
        else:
            yield from ((p.start, _word(p, signs, p.length)) for p in together)


def _word(piece: Piece, signs: "_Signs", length: Fraction) -> str:
    """Return one note, chord or rest; `length` as it is written, in quarter notes."""
    units = length / _UNIT
    duration = f"{units.numerator if units.numerator > 1 else ''}{f'/{units.denominator}' if units.denominator > 1 else ''}"
    if piece.event is None:
        return f"z{duration}"
    notes = signs.chord(piece.event.pitches, tied=not piece.begins)
    notes = f"[{notes}]" if len(piece.event.pitches) > 1 else notes
    return f"{notes}{duration}{'' if piece.ends else '-'}"


class _Signs:
    """The signs of a bar: states which notes need one, whether accidentals hold for their octave or for all.

    Arguments:
        key: The key as ABC writes it.
        explicit: Whether tied notes need one, too, since the bar has several layers.
    """

    def __init__(self, key: str, *, explicit: bool) -> None:
        self.explicit = explicit
        signature = parse_key(key)
        self.alterations = signature.alterations
        self.names = _FLAT if any(v < 0 for v in signature.alterations.values()) else _SHARP
        self.here: dict[str, int] = {}  # by letter with its octave, in this layer
        self.last: dict[str, int] = {}  # by letter
        self.unclear: set[str] = set()  # letters that always need a sign

    def next_layer(self) -> None:
        """Begin another layer of the same bar."""
        self.unclear |= self.last.keys()
        self.here = {}

    def chord(self, pitches: Sequence[int], *, tied: bool) -> str:
        """Return the notes of a chord."""
        letters = [self.names[pitch % 12][-1] for pitch in pitches]
        signed = self.explicit or len(set(letters)) < len(letters)
        return "".join(self.note(pitch, tied=tied, signed=signed) for pitch in pitches)

    def note(self, pitch: int, *, tied: bool, signed: bool) -> str:
        """Return a note; one that is tied to the one before has a sign only where it is `signed`."""
        name = self.names[pitch % 12]
        letter, alteration = name[-1], {"^": 1, "_": -1}.get(name[0], 0)
        octave = pitch // 12 - 5
        place = letter + "," * -octave if octave < 1 else letter.lower() + "'" * (octave - 1)
        if tied:
            self.unclear.add(letter)
            return _SIGNS[alteration] + place if signed else place
        plain = self.alterations.get(letter, 0)
        if letter in self.unclear or self.here.get(place, plain) != alteration or self.last.get(letter, plain) != alteration:
            self.here[place] = self.last[letter] = alteration
            return _SIGNS[alteration] + place
        return place
