"""From a score to the bytes of a MusicXML file, through music21; `musicae.music.formats.musicxml` documents the layout."""

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stderr
from fractions import Fraction
from typing import Any

from musicae.music.formats.notation import Event, Piece, bars_until, fill, key_at, snap, tempo_text, voices
from musicae.music.general_midi import DRUM_CHANNEL, program_name
from musicae.music.score import Bar, Score, Track

__all__ = ["score_to_musicxml"]

_SHARP = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT = ("C", "D-", "D", "E-", "E", "F", "G-", "G", "A-", "A", "B-", "B")


def score_to_musicxml(score: Score) -> bytes:
    """Return the bytes of a score's MusicXML file: one part per track, drums as a part with percussion clef."""
    from music21 import metadata, stream
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    whole = stream.Score()
    whole.insert(0, metadata.Metadata())
    whole.metadata.title = next((t.name for t in score.tracks if t.name), "")
    for number, track in enumerate(score.tracks or (Track(()),), 1):
        whole.insert(0, _part(score, track, number))
    with redirect_stderr(io.StringIO()):  # where music21 complains of beams
        data = GeneralObjectExporter(whole).parse()
    # Bytes must not depend on the day, and music21 did not compose the music.
    return re.sub(rb"\s*<encoding-date>.*?</encoding-date>|\s*<creator[^>]*>Music21</creator>", b"", data)


def _part(score: Score, track: Track, number: int) -> Any:
    """Make one part: its measures, the first part with the tempos."""
    from music21 import clef, instrument, stream

    part = stream.Part(id=f"P{number}")
    tool = instrument.Instrument("Drums" if track.is_drum else program_name(track.program))
    tool.midiProgram, tool.midiChannel = track.program, DRUM_CHANNEL if track.is_drum else (number - 1) % DRUM_CHANNEL
    tool.instrumentId, tool.partId = f"I{number}", f"P{number}"
    tool.partName = part.partName = re.sub(r"[^\S ]|[\x00-\x1f\x7f]", " ", track.name).strip() or tool.instrumentName
    result = voices(snap(track.notes))
    bars = bars_until(score, max((v[-1].end for v in result), default=Fraction(0)))
    for before, bar in zip([None, *bars], bars, strict=False):
        measure = _measure(score, bar, before, bars[0])
        _fill(measure, bar, result, flats=_fifths(score, bar.start) < 0)
        if number == 1:
            _tempos(measure, score, bar)
        part.append(measure)
    measures = part.getElementsByClass(stream.Measure)
    measures[0].insert(0, clef.PercussionClef() if track.is_drum else clef.bestClef(part, recurse=True))
    part.insert(0, tool)
    return part


def _fifths(score: Score, time: float) -> int:
    key = key_at(score, time)
    return 0 if key is None else key.fifths


def _measure(score: Score, bar: Bar, before: Bar | None, first: Bar) -> Any:
    """Make an empty measure with the metre and the key that begin there; a first bar that is cut short is a pick-up."""
    from music21 import key, meter, stream

    pickup = first.length < first.full_length - 1e-6
    measure = stream.Measure(number=bar.number - pickup)
    if bar.length < bar.full_length - 1e-6:
        side = "paddingLeft" if bar.number == 1 else "paddingRight"
        setattr(measure, side, bar.full_length - bar.length)
    if before is None or (before.numerator, before.denominator) != (bar.numerator, bar.denominator):
        measure.insert(0, meter.TimeSignature(f"{bar.numerator}/{bar.denominator}"))
    if any(bar.start - 1e-6 <= k.time < bar.end - 1e-6 for k in score.keys):
        current = key_at(score, bar.end - 1e-3)
        mode = "minor" if current and current.minor else "major"
        measure.insert(0, key.KeySignature(_fifths(score, bar.end - 1e-3)).asKey(mode))
    return measure


def _fill(measure: Any, bar: Bar, result: Sequence[Sequence[Event]], *, flats: bool) -> None:
    """Put what sounds in a bar into its measure, rests between; several voices where notes overlap."""
    from music21 import note, stream

    start, end = (Fraction(t).limit_denominator(96) for t in (bar.start, bar.end))
    inside = [(i, [e for e in v if e.start < end and e.end > start]) for i, v in enumerate(result)]
    sounding = [(i, events) for i, events in inside if events] or [(0, [])]
    for i, events in sounding:
        target = measure if len(sounding) == 1 else stream.Voice(id=str(i + 1))
        for piece in fill(events, start, end):
            rest = piece.event is None
            target.insert(piece.start - start, note.Rest(quarterLength=piece.length) if rest else _note(piece, flats=flats))
        if target is not measure:
            measure.insert(0, target)


def _note(piece: Piece, *, flats: bool) -> Any:
    """Return a note or chord, tied to what is before and after."""
    from music21 import chord, note, pitch, tie

    names = _FLAT if flats else _SHARP
    sounding = piece.event.pitches if piece.event else ()
    pitches = [pitch.Pitch(names[p % 12], octave=p // 12 - 1) for p in sounding]  # "C-1" would be a C flat
    if len(pitches) == 1:
        result = note.Note(pitches[0], quarterLength=piece.length)
    else:
        result = chord.Chord(pitches, quarterLength=piece.length)
    if not (piece.begins and piece.ends):
        result.tie = tie.Tie("start" if piece.begins else "stop" if piece.ends else "continue")
    return result


def _tempos(measure: Any, score: Score, bar: Bar) -> None:
    """Write the tempos that begin in a bar, at the thirty-second before or on which they do."""
    from music21 import tempo

    marks = {
        int((t.time - bar.start + 1e-6) * 8) / 8: t.qpm for t in score.tempos if bar.start - 1e-6 <= t.time < bar.end - 1e-6
    }
    if bar.number == 1 and 0.0 not in marks:
        marks[0.0] = score.tempo_at(0.0)
    for at, qpm in marks.items():
        measure.insert(at, tempo.MetronomeMark(number=float(tempo_text(qpm))))
