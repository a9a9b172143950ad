"""Sound: scores played by the instruments of a General MIDI soundfont.

The player is ours, in NumPy: each key of each instrument is played once, as long as its longest note, and its notes are
copies of that, which makes music of repeated pitches cheap. Volume, expression, pan, pedal and pitch bends of the score
are followed; there is neither reverberation nor vibrato.
"""

import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicae.core.files import write_atomically
from musicae.errors import ParameterError, RenderError
from musicae.music.score import PITCH_BEND, Score, Track
from musicae.sound.soundfont import DRUM_BANK, Region, SoundFont, default_soundfont
from musicae.sound.synth import RING, release, tone

__all__ = [
    "FORMATS",
    "MAX_SECONDS",
    "PEAK",
    "RATES",
    "check_format",
    "check_rate",
    "encode_audio",
    "open_soundfont",
    "render",
    "write_audio",
]

FORMATS = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS")}
RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000)
PEAK = 0.89  # one decibel below full scale: Vorbis overshoots a little
MAX_SECONDS = 3600.0  # 1.3 GB of samples at 44,100 a second
_BLOCK = 2**14
_BEND_RANGE = 2.0  # semitones, what General MIDI sets out with

Audio = NDArray[np.float32]


@dataclass
class _Key:
    """One key of one instrument: its notes as (first frame, frames until released, left, right)."""

    region: Region
    pitch: float
    notes: list[tuple[int, int, float, float]] = field(default_factory=list)


def check_rate(rate: int) -> None:
    """Refuse sample rates that are not offered.

    Raises:
        ParameterError: the rate is none of `RATES`.
    """
    if rate not in RATES:
        raise ParameterError(f"Unsupported sample rate {rate}; choose one of {', '.join(map(str, RATES))}.")


def check_format(name: str) -> None:
    """Check that a format of sound files is supported.

    Raises:
        ParameterError: the name is none of `FORMATS`.
    """
    if name.lower() not in FORMATS:
        raise ParameterError(f"Unsupported format {name!r}; choose one of {', '.join(FORMATS)}.")


def render(score: Score, *, rate: int = 44100, soundfont: Path | None = None) -> Audio:
    """Play a score.

    Arguments:
        score: The music; one without notes gives a bar of silence.
        rate: Samples per second, one of `RATES`.
        soundfont: A SoundFont 2 file. [default: the General MIDI one inside pretty_midi]

    Returns:
        Shape (samples, 2), the largest magnitude 0.89. Lasts until the last note has faded, at most 3 seconds after its end, or
        6 where a pedal holds it.

    Raises:
        ParameterError: a sample rate that is not offered.
        RenderError: the soundfont cannot be used, or the music lasts more than an hour.
    """
    check_rate(rate)
    font = open_soundfont(soundfont)
    seconds = score.seconds_at(score.end or score.bars()[-1].end)
    if seconds > MAX_SECONDS:
        raise RenderError(
            f"The music lasts {seconds / 3600:.1f} hours, but at most 1 hour is made into sound; take fewer bars."
        )
    out = np.zeros((2, int((seconds + 2 * RING + 1) * rate)), np.float32)
    last = max(int(seconds * rate), rate // 10)  # a FLAC file cannot be empty
    for track in score.tracks:
        for key in _keys(score, track, font, rate):
            last = max(last, _play(out, key, font.samples, rate))
    out = out[:, :last]
    peak = float(np.abs(out).max(initial=0.0))
    if peak > 0:
        out *= PEAK / peak
    return out.T


def encode_audio(audio: Audio, *, rate: int = 44100, form: str = "wav") -> bytes:
    """Return the bytes of a sound file; the same audio gives the same bytes.

    Arguments:
        audio: Shape (samples, channels), magnitudes up to 1.
        rate: Samples per second.
        form: `wav` or `flac`, 16 bits per sample, or `ogg` (Vorbis).

    Raises:
        ParameterError: a format that is not offered.
    """
    import soundfile

    check_format(form)
    kind, subtype = FORMATS[form.lower()]
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", rate, audio.shape[1], subtype, format=kind) as file:
        for start in range(0, len(audio), _BLOCK):
            block = audio[start : start + _BLOCK]
            file.write(np.ascontiguousarray(block) if kind == "OGG" else np.rint(block * 32767).astype(np.int16))
    return _same_serial(buffer.getvalue()) if kind == "OGG" else buffer.getvalue()


def write_audio(score: Score, path: str | Path, *, rate: int = 44100, soundfont: Path | None = None) -> float:
    """Play a score into a file; its suffix, .wav, .flac or .ogg, names the format (see `render`).

    Returns:
        Its seconds.

    Raises:
        ParameterError: a sample rate or format that is not offered.
        RenderError: the soundfont cannot be used, the music is too long, or the file cannot be written.
    """
    path = Path(path)
    check_format(path.suffix[1:])
    audio = render(score, rate=rate, soundfont=soundfont)
    try:
        write_atomically(path, encode_audio(audio, rate=rate, form=path.suffix[1:]))
    except OSError as error:
        raise RenderError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.") from error
    return len(audio) / rate


def open_soundfont(path: Path | None = None) -> SoundFont:
    """Read a soundfont, or find it read already; the General MIDI one inside pretty_midi where none is named.

    Raises:
        RenderError: it cannot be used.
    """
    return _read_soundfont(path or default_soundfont())


@lru_cache(maxsize=1)
def _read_soundfont(path: Path) -> SoundFont:
    return SoundFont(path)


def _keys(score: Score, track: Track, font: SoundFont, rate: int) -> Iterable[_Key]:
    """Sort the notes of a track by the keys that sound them."""
    keys: dict[tuple[int, float], _Key] = {}
    last: dict[int, tuple[_Key, int]] = {}  # the sounding note of each exclusive class
    controls = _Controls(track)
    latest = score.seconds_at(score.end) + RING  # a pedal may stay down long after the music
    for note in track.notes:
        start = round(score.seconds_at(note.onset) * rate)
        end = round(min(score.seconds_at(controls.released(note.end)), latest) * rate)
        level, side, bend = controls.at(note.onset)
        level *= (note.velocity / 127) ** 2  # 8.4.1: concave, 960 centibels
        bank = DRUM_BANK if track.is_drum else 0
        for region in font.regions(bank, track.program, note.pitch, note.velocity):
            key = keys.setdefault((id(region), note.pitch + bend), _Key(region, note.pitch + bend))
            pan = min(max(region.pan + side, -0.5), 0.5)
            left, right = (float(level * f(np.pi / 2 * (pan + 0.5))) for f in (np.cos, np.sin))
            if region.exclusive:
                _cut(last.get(region.exclusive), start)
                last[region.exclusive] = (key, len(key.notes))
            key.notes.append((start, max(end - start, 1), left, right))
    return keys.values()


def _cut(sounding: tuple[_Key, int] | None, at: int) -> None:
    """Release a note where another of its class begins."""
    if sounding is not None:
        key, index = sounding
        start, length, left, right = key.notes[index]
        if start < at:
            key.notes[index] = (start, min(length, at - start), left, right)


def _play(out: Audio, key: _Key, samples: NDArray[np.int16], rate: int) -> int:
    """Add all notes of a key to the sound; return the frame after the last."""
    tail = release(key.region, rate)
    wave = tone(samples, key.region, key.pitch, max(length for _, length, _, _ in key.notes) + len(tail), rate)
    last, shaped, shape = 0, wave[:0], 0
    for start, length, left, right in sorted(key.notes, key=lambda note: note[1]):
        if length != shape:  # notes of equal length differ in loudness only
            heard, end = min(length, len(wave)), min(length + len(tail), len(wave))
            shaped, shape = np.concatenate((wave[:heard], wave[heard:end] * tail[: end - heard])), length
        _add(out[:, start : start + len(shaped)], shaped, left, right)
        last = max(last, start + len(shaped))
    return last


def _add(out: Audio, wave: Audio, left: float, right: float) -> None:
    """Add a wave to both channels, in blocks that stay in the processor's cache."""
    for at in range(0, len(wave), _BLOCK):
        block = wave[at : at + _BLOCK]
        out[0, at : at + _BLOCK] += block * np.float32(left)
        out[1, at : at + _BLOCK] += block * np.float32(right)


class _Controls:
    """What the controllers of a track set: volume, pan and bend at an onset, and how long the pedal holds a note."""

    def __init__(self, track: Track) -> None:
        self._changes: dict[int, tuple[list[float], list[int]]] = {}
        for control in track.controls:
            times, values = self._changes.setdefault(control.number, ([], []))
            times.append(control.time)
            values.append(control.value)

    def _value(self, number: int, time: float, default: int) -> int:
        if number not in self._changes:
            return default
        times, values = self._changes[number]
        index = int(np.searchsorted(times, time + 1e-6, side="right")) - 1
        return values[index] if index >= 0 else default

    def at(self, time: float) -> tuple[float, float, float]:
        """Return the factor of loudness, the shift to the right (-0.5 to 0.5) and the bend in semitones."""
        volume, expression = self._value(7, time, 100), self._value(11, time, 127)
        level = (volume / 127) ** 2 * (expression / 127) ** 2
        bend = self._value(PITCH_BEND, time, 0) / 8192 * _BEND_RANGE
        return level, min(max((self._value(10, time, 64) - 64) / 126, -0.5), 0.5), bend

    def released(self, end: float) -> float:
        """Return when a note that ends at `end` (quarter notes) falls silent: not before the pedal is up."""
        if 64 not in self._changes or self._value(64, end, 0) < 64:
            return end
        times, values = self._changes[64]
        return next((t for t, v in zip(times, values, strict=True) if t > end and v < 64), end)


def _pages(data: bytes) -> Iterator[tuple[int, int]]:
    """Give begin and end of the pages of an Ogg stream (RFC 3533, section 6)."""
    start = 0
    while start + 27 <= len(data):
        segments = data[start + 26]
        end = start + 27 + segments + sum(data[start + 27 : start + 27 + segments])
        yield start, end
        start = end


def _same_serial(data: bytes) -> bytes:
    """Set the serial number of an Ogg stream, which libsndfile draws from the clock, to 1, and the checksums after it."""
    reversed_bits = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))
    stream = bytearray(data)
    for start, end in _pages(data):
        stream[start + 14 : start + 18] = (1).to_bytes(4, "little")
        stream[start + 22 : start + 26] = bytes(4)
        # Ogg's checksum is zlib's with the bits of each byte the other way round and nothing inverted.
        crc = zlib.crc32(stream[start:end].translate(reversed_bits), 0xFFFFFFFF) ^ 0xFFFFFFFF
        stream[start + 22 : start + 26] = int(f"{crc:032b}"[::-1], 2).to_bytes(4, "little")
    return bytes(stream)
