"""Read and write MIDI files: the only module, with `musicae.music.formats.midi_events`, that knows a MIDI library.

One file is read and written with pretty_midi; folders of files are read with symusic, some hundred times faster
(`read_midi_fast`). Both give the same `Score`, save where a file is ambiguous: of notes of equal pitch that overlap on one
channel, the first note off ends all for pretty_midi, and the oldest for symusic; a note during which the program changes
belongs to the later program for pretty_midi, and to the earlier for symusic; and names that are not UTF-8 are read as
Latin-1 by the first and get a replacement sign from the second. A note of no length lasts one tick; one that is never ended
lasts until the next note of its channel begins, a quarter note where none does, for pretty_midi, and is left out by symusic.
Controllers, words and a piece's length (where it goes on after its last note, as `write_midi` marks it) are read by
`read_midi` only. What pretty_midi refuses, such as a key of nine sharps, is read with symusic where that takes it.
"""

import io
import logging
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicae.errors import MidiError
from musicae.music.formats.midi_bytes import MAX_FILE_BYTES, check, read_bytes
from musicae.music.score import PITCH_BEND, Control, KeySignature, Note, Score, Tempo, Text, TimeSignature, Track

if TYPE_CHECKING:
    import pretty_midi

__all__ = ["MAX_FILE_BYTES", "read_midi", "read_midi_bytes", "read_midi_fast", "score_to_bytes", "write_midi"]

RESOLUTION = 480  # ticks a quarter note in files that are written
RESOLUTIONS = (RESOLUTION, 960, 220, 384, 1000, 1024, 1920, 3840, 15360)  # where 480 would move something
MAX_TICKS = 9_999_000  # pretty_midi reads no file that is longer
MAX_QUARTERS = 50_000  # seven hours at 120 a minute; bounds the number of bars
_MIN_QPM, _MAX_QPM = 4.0, 2000.0

_log = logging.getLogger(__name__)


def read_midi(path: str | Path) -> Score:
    """Read a MIDI file.

    Arguments:
        path: The file.

    Returns:
        The score, times in quarter notes; tracks without notes are left out.

    Raises:
        MidiError: the file cannot be read, is too large, is not MIDI, or is damaged.
    """
    import mido
    import pretty_midi

    from musicae.music.formats.midi_events import take_meta, tidy

    data = check(read_bytes(Path(path)), str(path))
    try:
        parsed = mido.MidiFile(file=io.BytesIO(data))
        meta = take_meta(parsed)
        for events in parsed.tracks:
            tidy(events, parsed.ticks_per_beat)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _not_endless(_from_pretty_midi(pretty_midi.PrettyMIDI(mido_object=parsed), meta, str(path)), str(path))
    except MidiError:
        raise
    except Exception as error:  # the libraries raise OSError, EOFError, ValueError, KeyError, ZeroDivisionError ...
        try:
            return read_midi_bytes(data, str(path))
        except MidiError:
            raise _damaged(path, error) from error


def read_midi_fast(path: str | Path) -> Score:
    """Read a MIDI file with symusic, for folders of many files; arguments, result and errors as `read_midi`."""
    return read_midi_bytes(read_bytes(Path(path)), str(path))


def read_midi_bytes(data: bytes, path: str) -> Score:
    """Read the bytes of a MIDI file with symusic; `path` names them in errors, which are as for `read_midi`."""
    import symusic

    data = check(data, path)
    try:
        return _not_endless(_from_symusic(symusic.Score.from_midi(data), path), path)
    except MidiError:
        raise
    except Exception as error:
        raise _damaged(path, error) from error


def _not_endless(score: Score, path: str) -> Score:
    end = max(score.end, score.length)
    if end > MAX_QUARTERS:
        raise MidiError(f"{path} lasts {end:.0f} quarter notes, more than the limit of {MAX_QUARTERS}; cut it into parts.")
    return score


def _damaged(path: str | Path, error: Exception) -> MidiError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return MidiError(f"{path} is damaged or cut off and cannot be read as MIDI ({reason}); export it again.")


def _from_pretty_midi(midi: "pretty_midi.PrettyMIDI", meta: list[tuple[int, Any]], path: str) -> Score:
    import pretty_midi

    from musicae.music.formats.midi_events import END, TEXTS

    tpq = midi.resolution
    metres = [(t / tpq, m.numerator, m.denominator) for t, m in meta if m.type == "time_signature"]
    tracks = []
    for instrument in midi.instruments:
        notes = []
        for n in instrument.notes:
            onset, end = int(midi.time_to_tick(n.start)), int(midi.time_to_tick(n.end))
            notes.append(Note(onset / tpq, (end - onset) / tpq, int(n.pitch), int(n.velocity)))
        if notes:
            name = _utf8(instrument.name).strip("\x00 ")
            controls = _controls(midi, instrument)
            tracks.append(Track(tuple(sorted(notes)), int(instrument.program), bool(instrument.is_drum), name, controls))
    number = pretty_midi.key_name_to_key_number
    return Score(
        tracks=tuple(tracks),
        tempos=_tempos([(t / tpq, 6e7 / m.tempo) for t, m in meta if m.type == "set_tempo" and m.tempo > 0]),
        time_signatures=_metres(metres, path),
        keys=tuple(KeySignature(t / tpq, int(number(m.key))) for t, m in meta if m.type == "key_signature"),
        length=max((t / tpq for t, m in meta if m.type == "text" and m.text == END), default=0.0),
        texts=tuple(Text(t / tpq, m.type, m.text) for t, m in meta if m.type in TEXTS and m.text not in ("", END)),
    )


def _controls(midi: "pretty_midi.PrettyMIDI", instrument: "pretty_midi.Instrument") -> tuple[Control, ...]:
    """Return an instrument's controllers and pitch bends."""
    tpq = midi.resolution
    changes = [(midi.time_to_tick(c.time) / tpq, int(c.number), int(c.value)) for c in instrument.control_changes]
    bends = [(midi.time_to_tick(b.time) / tpq, PITCH_BEND, int(b.pitch)) for b in instrument.pitch_bends]
    return tuple(Control(*c) for c in sorted(changes + bends, key=lambda c: c[0]))


def _utf8(name: str) -> str:
    """Read anew, as UTF-8, a name whose bytes were taken for Latin-1."""
    try:
        return name.encode("latin1").decode()
    except UnicodeDecodeError:
        return name


def _from_symusic(midi: Any, path: str) -> Score:
    tpq = midi.ticks_per_quarter
    tracks = []
    for track in midi.tracks:
        notes = sorted(
            Note(n.time / tpq, max(n.duration, 1) / tpq, int(n.pitch), int(n.velocity)) for n in track.notes if n.velocity > 0
        )
        if notes:
            tracks.append(Track(tuple(notes), int(track.program), bool(track.is_drum), track.name.strip("\x00 ")))
    keys = [(k.time / tpq, (k.key * 7) % 12, k.tonality) for k in midi.key_signatures if -7 <= k.key <= 7]
    return Score(
        tracks=tuple(tracks),
        tempos=_tempos([(t.time / tpq, 6e7 / t.mspq) for t in midi.tempos if t.mspq > 0]),
        time_signatures=_metres([(s.time / tpq, s.numerator, s.denominator) for s in midi.time_signatures], path),
        keys=tuple(KeySignature(t, (k + 9) % 12 + 12 if minor else k) for t, k, minor in keys),
    )


def _tempos(changes: list[tuple[float, float]]) -> tuple[Tempo, ...]:
    """Keep finite tempos, the last for each time, at least one at 0; repeated ones are dropped."""
    kept = {0.0: 120.0}
    kept |= {t: min(max(q, _MIN_QPM), _MAX_QPM) for t, q in sorted(changes, key=lambda c: c[0]) if math.isfinite(q)}
    tempos: list[Tempo] = []
    for time, qpm in kept.items():
        if not tempos or tempos[-1].qpm != qpm:
            tempos.append(Tempo(time, qpm))
    return tuple(tempos)


def _metres(changes: list[tuple[float, int, int]], path: str) -> tuple[TimeSignature, ...]:
    """Keep usable time signatures, one for each time; repeated ones are dropped, 0/x and absurd ones too."""
    kept: dict[float, tuple[int, int]] = {}
    for time, numerator, denominator in sorted(changes, key=lambda c: c[0]):
        if 1 <= numerator <= 64 and 1 <= denominator <= 64:
            kept[time] = (int(numerator), int(denominator))
        else:
            _log.warning("%s: ignored a time signature of %s/%s", path, numerator, denominator)
    metres: list[TimeSignature] = []
    for time, (numerator, denominator) in kept.items():
        if not metres or (metres[-1].numerator, metres[-1].denominator) != (numerator, denominator):
            metres.append(TimeSignature(time, numerator, denominator))
    return tuple(metres)


def write_midi(score: Score, path: str | Path) -> None:
    """Write a score as a MIDI file with 480 ticks a quarter note, or as many as its times need.

    The same score gives the same bytes.

    Raises:
        MidiError: the file cannot be written, or the score cannot be told in MIDI.
    """
    from musicae.core.files import write_atomically

    try:
        write_atomically(Path(path), score_to_bytes(score))
    except OSError as error:
        raise MidiError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.") from error


def score_to_bytes(score: Score) -> bytes:
    """Return the bytes of a score's MIDI file.

    Raises:
        MidiError: the score holds what MIDI cannot tell: a metre whose lower number is no power of two, or more than 50,000
            quarter notes.
    """
    import pretty_midi

    from musicae.music.formats.midi_events import END, put_texts

    for s in score.time_signatures:
        if s.denominator < 1 or s.denominator & (s.denominator - 1):
            raise MidiError(
                f"A metre of {s.numerator}/{s.denominator} cannot be written: MIDI knows powers of two below; choose another."
            )
    end = max(score.end, score.length)
    if end > MAX_QUARTERS:
        raise MidiError(f"The music lasts {end:.0f} quarter notes, and a file holds {MAX_QUARTERS}; take fewer steps or bars.")
    tpq = _resolution(score)
    midi = pretty_midi.PrettyMIDI(resolution=tpq, charset="utf-8")
    # pretty_midi offers no way to add a tempo change; these two attributes are what its reader fills in. It cuts off the
    # fraction of the microseconds a quarter note, hence the half.
    tempos = [(round(t.time * tpq), round(6e7 / t.qpm)) for t in _tempos([(t.time, t.qpm) for t in score.tempos])]
    midi._tick_scales = [(tick, (microseconds + 0.5) / 1e6 / tpq) for tick, microseconds in tempos]
    midi._update_tick_to_time(round((end + 1) * tpq))

    def seconds(time: float, shift: int = 0) -> float:
        return float(midi.tick_to_time(round(time * tpq) + shift))

    for s in score.time_signatures or (TimeSignature(0.0, 4, 4),):
        midi.time_signature_changes.append(pretty_midi.TimeSignature(s.numerator, s.denominator, seconds(s.time)))
    for k in score.keys:
        midi.key_signature_changes.append(pretty_midi.KeySignature(k.number, seconds(k.time)))
    for track in score.tracks:
        instrument = pretty_midi.Instrument(track.program, track.is_drum, track.name)
        for n in track.notes:
            end = max(seconds(n.end), seconds(n.onset, 1))  # at least one tick
            instrument.notes.append(pretty_midi.Note(n.velocity, n.pitch, seconds(n.onset), end))
        for c in track.controls:
            if c.number == PITCH_BEND:
                instrument.pitch_bends.append(pretty_midi.PitchBend(c.value, seconds(c.time)))
            else:
                instrument.control_changes.append(pretty_midi.ControlChange(c.number, c.value, seconds(c.time)))
        midi.instruments.append(instrument)
    if score.length > score.end:
        midi.text_events.append(pretty_midi.Text(END, seconds(score.length)))
    buffer = io.BytesIO()
    midi.write(buffer)
    texts = [t for t in score.texts if 0 <= t.time <= end]
    return put_texts(buffer.getvalue(), texts) if texts else buffer.getvalue()


def _resolution(score: Score) -> int:
    """Return the first of the usual numbers of ticks a quarter note at which no time of the score has to be rounded."""
    notes = [time for track in score.tracks for n in track.notes for time in (n.onset, n.end)]
    changes = [c.time for c in score.tempos] + [c.time for c in score.time_signatures] + [c.time for c in score.keys]
    times = np.array([*notes, *changes, score.length])
    fit = (
        r for r in RESOLUTIONS if bool((np.abs(times * r - np.round(times * r)) < 1e-3).all()) and times.max() * r < MAX_TICKS
    )
    coarse = next(r for r in (RESOLUTION, 384, 192, 120) if times.max() * r < MAX_TICKS)
    return next(fit, coarse)
