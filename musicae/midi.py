"""Read and write MIDI files: the only module that knows a MIDI library.

One file is read and written with pretty_midi; folders of files are read with symusic, some hundred times faster
(`read_midi_fast`). Both give the same `Score`.
"""

import io
import logging
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicae.errors import MidiError
from musicae.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

if TYPE_CHECKING:
    import pretty_midi

__all__ = ["MAX_FILE_BYTES", "read_midi", "read_midi_bytes", "read_midi_fast", "score_to_bytes", "write_midi"]

MAX_FILE_BYTES = 16 * 2**20  # larger than any MIDI file seen; bounds memory on hostile input
RESOLUTION = 480  # ticks a quarter note in files that are written
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
    import pretty_midi

    data = _read_bytes(Path(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pretty_midi warns about tempo events outside track 0, which is legal
            return _from_pretty_midi(pretty_midi.PrettyMIDI(io.BytesIO(data)))
    except Exception as error:  # the libraries raise OSError, EOFError, ValueError, KeyError, ZeroDivisionError ...
        raise _damaged(path, error) from error


def read_midi_fast(path: str | Path) -> Score:
    """Read a MIDI file with symusic, for folders of many files; arguments, result and errors as `read_midi`."""
    return read_midi_bytes(_read_bytes(Path(path)), str(path))


def read_midi_bytes(data: bytes, path: str) -> Score:
    """Read the bytes of a MIDI file with symusic; `path` names them in errors, which are as for `read_midi`."""
    import symusic

    try:
        return _from_symusic(symusic.Score.from_midi(data))
    except Exception as error:
        raise _damaged(path, error) from error


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise MidiError(f"{path} is a folder; name a MIDI file in it.")
        if size > MAX_FILE_BYTES:
            raise MidiError(f"{path} has {size / 2**20:.0f} MiB, more than the limit of {MAX_FILE_BYTES // 2**20} MiB.")
        data = path.read_bytes()
    except OSError as error:
        raise MidiError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    if not data:
        raise MidiError(f"{path} is empty (0 bytes); export it again.")
    if data[:4] != b"MThd":
        raise MidiError(f"{path} is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid).")
    return data


def _damaged(path: str | Path, error: Exception) -> MidiError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return MidiError(f"{path} is damaged or cut off and cannot be read as MIDI ({reason}); export it again.")


def _from_pretty_midi(midi: "pretty_midi.PrettyMIDI") -> Score:
    def quarters(seconds: float) -> float:
        tick: float = midi.time_to_tick(seconds)
        return float(tick / midi.resolution)

    tracks = []
    for instrument in midi.instruments:
        notes = []
        for n in instrument.notes:
            onset, end = quarters(n.start), quarters(n.end)
            notes.append(Note(onset, max(end - onset, 1 / midi.resolution), int(n.pitch), int(n.velocity)))
        if notes:
            name = instrument.name.strip("\x00 ")
            tracks.append(Track(tuple(sorted(notes)), int(instrument.program), bool(instrument.is_drum), name))
    times, tempos = midi.get_tempo_changes()
    return Score(
        tracks=tuple(tracks),
        tempos=_tempos([(quarters(t), float(q)) for t, q in zip(times, tempos, strict=True)]),
        time_signatures=_metres([(quarters(s.time), s.numerator, s.denominator) for s in midi.time_signature_changes]),
        keys=tuple(KeySignature(quarters(k.time), int(k.key_number)) for k in midi.key_signature_changes),
    )


def _from_symusic(midi: Any) -> Score:
    tpq = midi.ticks_per_quarter
    if tpq < 1:
        raise MidiError("its header counts no ticks a quarter note")
    tracks = []
    for track in midi.tracks:
        notes = sorted(
            Note(n.time / tpq, max(n.duration, 1) / tpq, int(n.pitch), int(n.velocity)) for n in track.notes if n.velocity > 0
        )
        if notes:
            tracks.append(Track(tuple(notes), int(track.program), bool(track.is_drum), track.name.strip("\x00 ")))
    keys = [(k.time / tpq, (k.key * 7) % 12, k.tonality) for k in midi.key_signatures]
    return Score(
        tracks=tuple(tracks),
        tempos=_tempos([(t.time / tpq, float(t.qpm)) for t in midi.tempos]),
        time_signatures=_metres([(s.time / tpq, s.numerator, s.denominator) for s in midi.time_signatures]),
        keys=tuple(KeySignature(t, (k + 9) % 12 + 12 if minor else k) for t, k, minor in keys),
    )


def _tempos(changes: list[tuple[float, float]]) -> tuple[Tempo, ...]:
    """Keep finite tempos, one for each time, at least one at 0."""
    kept: dict[float, float] = {t: min(max(q, _MIN_QPM), _MAX_QPM) for t, q in sorted(changes) if math.isfinite(q)}
    if not kept or min(kept) > 0:
        kept = {0.0: 120.0, **kept}
    return tuple(Tempo(t, q) for t, q in kept.items())


def _metres(changes: list[tuple[float, int, int]]) -> tuple[TimeSignature, ...]:
    """Keep usable time signatures, one for each time; repeated ones are dropped, 0/x and absurd ones too."""
    kept: dict[float, tuple[int, int]] = {}
    for time, numerator, denominator in sorted(changes, key=lambda c: c[0]):
        if 1 <= numerator <= 64 and 1 <= denominator <= 64:
            kept[time] = (int(numerator), int(denominator))
        else:
            _log.warning("ignored a time signature of %s/%s", numerator, denominator)
    metres: list[TimeSignature] = []
    for time, (numerator, denominator) in kept.items():
        if not metres or (metres[-1].numerator, metres[-1].denominator) != (numerator, denominator):
            metres.append(TimeSignature(time, numerator, denominator))
    return tuple(metres)


def write_midi(score: Score, path: str | Path) -> None:
    """Write a score as a MIDI file (480 ticks a quarter note); the same score gives the same bytes.

    Raises:
        MidiError: the file cannot be written.
    """
    from musicae.files import write_atomically

    try:
        write_atomically(Path(path), score_to_bytes(score))
    except OSError as error:
        raise MidiError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.") from error


def score_to_bytes(score: Score) -> bytes:
    """Return the bytes of a score's MIDI file."""
    import pretty_midi

    tempos = score.tempos or (Tempo(0.0, 120.0),)
    midi = pretty_midi.PrettyMIDI(resolution=RESOLUTION, initial_tempo=tempos[0].qpm)
    # pretty_midi offers no way to add a tempo change; these two attributes are what its reader fills in.
    midi._tick_scales = [(round(t.time * RESOLUTION), 60.0 / (t.qpm * RESOLUTION)) for t in tempos]
    midi._update_tick_to_time(round((score.end + 1) * RESOLUTION))

    def seconds(time: float) -> float:
        return float(midi.tick_to_time(round(time * RESOLUTION)))

    for s in score.time_signatures or (TimeSignature(0.0, 4, 4),):
        midi.time_signature_changes.append(pretty_midi.TimeSignature(s.numerator, s.denominator, seconds(s.time)))
    for k in score.keys:
        midi.key_signature_changes.append(pretty_midi.KeySignature(k.number, seconds(k.time)))
    for track in score.tracks:
        instrument = pretty_midi.Instrument(track.program, track.is_drum, track.name)
        instrument.notes = [pretty_midi.Note(n.velocity, n.pitch, seconds(n.onset), seconds(n.end)) for n in track.notes]
        midi.instruments.append(instrument)
    buffer = io.BytesIO()
    midi.write(buffer)
    return buffer.getvalue()
