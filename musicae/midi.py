"""Read and write MIDI files: the only module that knows a MIDI library.

One file is read and written with pretty_midi; folders of files are read with symusic, some hundred times faster
(`read_midi_fast`). Both give the same `Score`, save where a file is ambiguous: of notes of equal pitch that overlap on one
channel, the first note off ends all for pretty_midi, and the oldest for symusic; a note during which the program changes
belongs to the later program for pretty_midi, and to the earlier for symusic; and names that are not UTF-8 are read as
Latin-1 by the first and get a replacement sign from the second. A note of no length lasts one tick.
"""

import io
import logging
import math
import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicae.errors import MidiError
from musicae.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

if TYPE_CHECKING:
    import mido
    import pretty_midi

__all__ = ["MAX_FILE_BYTES", "read_midi", "read_midi_bytes", "read_midi_fast", "score_to_bytes", "write_midi"]

MAX_FILE_BYTES = 16 * 2**20  # larger than any MIDI file seen; bounds memory on hostile input
RESOLUTION = 480  # ticks a quarter note in files that are written
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

    data = _check(_read_bytes(Path(path)), str(path))
    try:
        parsed = mido.MidiFile(file=io.BytesIO(data))
        meta = _take_meta(parsed)
        for events in parsed.tracks:
            _tidy(events)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _not_endless(_from_pretty_midi(pretty_midi.PrettyMIDI(mido_object=parsed), meta))
    except Exception as error:  # the libraries raise OSError, EOFError, ValueError, KeyError, ZeroDivisionError ...
        raise _damaged(path, error) from error


def read_midi_fast(path: str | Path) -> Score:
    """Read a MIDI file with symusic, for folders of many files; arguments, result and errors as `read_midi`."""
    return read_midi_bytes(_read_bytes(Path(path)), str(path))


def read_midi_bytes(data: bytes, path: str) -> Score:
    """Read the bytes of a MIDI file with symusic; `path` names them in errors, which are as for `read_midi`."""
    import symusic

    data = _check(data, path)
    try:
        return _not_endless(_from_symusic(symusic.Score.from_midi(data)))
    except Exception as error:
        raise _damaged(path, error) from error


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise MidiError(f"{path} is a folder; name a MIDI file in it.")
        if size > MAX_FILE_BYTES:
            raise MidiError(f"{path} has {size / 2**20:.0f} MiB, more than the limit of {MAX_FILE_BYTES // 2**20} MiB.")
        return path.read_bytes()
    except OSError as error:
        raise MidiError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def _check(data: bytes, path: str) -> bytes:
    """Check header and chunks, on which the two libraries differ; return the file without chunks that are no tracks."""
    if not data:
        raise MidiError(f"{path} is empty (0 bytes); export it again.")
    if data[:4] != b"MThd":
        raise MidiError(f"{path} is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid).")
    if len(data) < 14:
        raise MidiError(f"{path} is cut off in its header; export it again.")
    header, kind, promised, division = struct.unpack(">LHHH", data[4:14])
    if kind > 1:
        raise MidiError(f"{path} is a MIDI file of type {kind}; export it as type 0 or 1, which hold one piece of music.")
    if division & 0x8000:
        raise MidiError(f"{path} counts time in SMPTE frames and so has no bars; export it with ticks per quarter note.")
    if division == 0:
        raise MidiError(f"{path} is damaged: its header says 0 ticks a quarter note; export it again.")
    tracks: list[bytes] = []
    position = 8 + header
    while position + 8 <= len(data) and len(tracks) < promised:
        name, length = struct.unpack(">4sL", data[position : position + 8])
        chunk = data[position : position + 8 + length]
        if len(chunk) < 8 + length:
            raise MidiError(f"{path} is cut off in track {len(tracks) + 1} of {promised}; export it again.")
        if name == b"MTrk":
            tracks.append(chunk)
        position += len(chunk)
    if len(tracks) < promised:
        raise MidiError(f"{path} is cut off after track {len(tracks)} of {promised}; export it again.")
    tracks = [track for track in tracks if len(track) > 8]
    if not tracks:
        raise MidiError(f"{path} holds no tracks; choose another file.")
    return struct.pack(">4sLHHH", b"MThd", 6, 1, len(tracks), division) + b"".join(tracks)


def _not_endless(score: Score) -> Score:
    if score.end > MAX_QUARTERS:
        raise ValueError(f"it would last {score.end:.0f} quarter notes")
    return score


def _damaged(path: str | Path, error: Exception) -> MidiError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return MidiError(f"{path} is damaged or cut off and cannot be read as MIDI ({reason}); export it again.")


def _take_meta(midi: "mido.MidiFile") -> list[tuple[int, Any]]:
    """Take tempos, metres and keys, with their ticks, out of all tracks: pretty_midi looks for them in the first only."""
    import mido

    taken = []
    for track in midi.tracks:
        tick = 0
        for i, message in enumerate(track):
            tick += message.time
            if message.type in ("set_tempo", "time_signature", "key_signature"):
                taken.append((tick, message))
                track[i] = mido.MetaMessage("marker", time=message.time)
    return sorted(taken, key=lambda t: t[0])


def _tidy(track: "mido.MidiTrack") -> None:
    """Move names to a track's start and prolong notes of no length to one tick; pretty_midi would drop both."""
    tick = 0
    sounding: dict[tuple[int, int], list[int]] = {}  # channel and pitch to the ticks where its open notes begin
    for message in track:
        tick += message.time
        message.time = 0 if message.type == "track_name" else tick
        if message.type == "note_on" and message.velocity > 0:
            sounding.setdefault((message.channel, message.note), []).append(tick)
        elif message.type in ("note_on", "note_off"):
            starts = sounding.pop((message.channel, message.note), [])
            if starts and starts[0] == tick:
                message.time += 1
            elif starts and starts[-1] == tick:  # it ends the notes before and not the one that begins here
                sounding[message.channel, message.note] = [tick]
    track.sort(key=lambda m: m.time)
    tick = 0
    for message in track:
        message.time, tick = message.time - tick, message.time


def _from_pretty_midi(midi: "pretty_midi.PrettyMIDI", meta: list[tuple[int, Any]]) -> Score:
    import pretty_midi

    tpq = midi.resolution
    tracks = []
    for instrument in midi.instruments:
        notes = []
        for n in instrument.notes:
            onset, end = int(midi.time_to_tick(n.start)), int(midi.time_to_tick(n.end))
            notes.append(Note(onset / tpq, (end - onset) / tpq, int(n.pitch), int(n.velocity)))
        if notes:
            name = _utf8(instrument.name).strip("\x00 ")
            tracks.append(Track(tuple(sorted(notes)), int(instrument.program), bool(instrument.is_drum), name))
    number = pretty_midi.key_name_to_key_number
    return Score(
        tracks=tuple(tracks),
        tempos=_tempos([(t / tpq, 6e7 / m.tempo) for t, m in meta if m.type == "set_tempo" and m.tempo > 0]),
        time_signatures=_metres([(t / tpq, m.numerator, m.denominator) for t, m in meta if m.type == "time_signature"]),
        keys=tuple(KeySignature(t / tpq, int(number(m.key))) for t, m in meta if m.type == "key_signature"),
    )


def _utf8(name: str) -> str:
    """Read anew, as UTF-8, a name whose bytes were taken for Latin-1."""
    try:
        return name.encode("latin1").decode()
    except UnicodeDecodeError:
        return name


def _from_symusic(midi: Any) -> Score:
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
        time_signatures=_metres([(s.time / tpq, s.numerator, s.denominator) for s in midi.time_signatures]),
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
        MidiError: the file cannot be written, or the score cannot be told in MIDI.
    """
    from musicae.files import write_atomically

    try:
        write_atomically(Path(path), score_to_bytes(score))
    except OSError as error:
        raise MidiError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.") from error


def score_to_bytes(score: Score) -> bytes:
    """Return the bytes of a score's MIDI file.

    Raises:
        MidiError: the score holds what MIDI cannot tell: a metre whose lower number is no power of two.
    """
    import pretty_midi

    for s in score.time_signatures:
        if s.denominator < 1 or s.denominator & (s.denominator - 1):
            raise MidiError(f"A metre of {s.numerator}/{s.denominator} cannot be written: MIDI knows powers of two below only.")
    midi = pretty_midi.PrettyMIDI(resolution=RESOLUTION, charset="utf-8")
    # pretty_midi offers no way to add a tempo change; these two attributes are what its reader fills in. It cuts off the
    # fraction of the microseconds a quarter note, hence the half.
    tempos = [(round(t.time * RESOLUTION), round(6e7 / t.qpm)) for t in _tempos([(t.time, t.qpm) for t in score.tempos])]
    midi._tick_scales = [(tick, (microseconds + 0.5) / 1e6 / RESOLUTION) for tick, microseconds in tempos]
    midi._update_tick_to_time(round((score.end + 1) * RESOLUTION))

    def seconds(time: float, shift: int = 0) -> float:
        return float(midi.tick_to_time(round(time * RESOLUTION) + shift))

    for s in score.time_signatures or (TimeSignature(0.0, 4, 4),):
        midi.time_signature_changes.append(pretty_midi.TimeSignature(s.numerator, s.denominator, seconds(s.time)))
    for k in score.keys:
        midi.key_signature_changes.append(pretty_midi.KeySignature(k.number, seconds(k.time)))
    for track in score.tracks:
        instrument = pretty_midi.Instrument(track.program, track.is_drum, track.name)
        for n in track.notes:
            end = max(seconds(n.end), seconds(n.onset, 1))  # at least one tick
            instrument.notes.append(pretty_midi.Note(n.velocity, n.pitch, seconds(n.onset), end))
        midi.instruments.append(instrument)
    buffer = io.BytesIO()
    midi.write(buffer)
    return buffer.getvalue()
