"""SoundFonts: which recorded sample sounds for a key, at which pitch, loudness and envelope.

After "SoundFont Technical Specification", version 2.04 (E-mu Systems, 2006); section numbers below are its own.
Modulators and low-frequency oscillators are not read; the built-in modulator from velocity to loudness is kept.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicae.errors import RenderError

__all__ = ["DRUM_BANK", "Envelope", "Region", "SoundFont", "default_soundfont"]

DRUM_BANK = 128
_ATTENUATION = 0.4  # hardware and the players in use take this share of the generator's centibels
_DEFAULTS = {8: 13500, 56: 100, 58: -1, **dict.fromkeys((25, 26, 27, 28, 30, 33, 34, 35, 36, 38), -12000)}  # 8.1.3
_NOT_ADDED = {0, 1, 2, 3, 4, 12, 41, 43, 44, 45, 46, 47, 50, 53, 54, 57, 58}  # of an instrument only: 8.5
_HEADERS = {
    "phdr": [("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")],
    "inst": [("name", "S20"), ("bag", "<u2")],
    "pbag": [("gen", "<u2"), ("mod", "<u2")],
    "ibag": [("gen", "<u2"), ("mod", "<u2")],
    "pgen": [("oper", "<u2"), ("amount", "<i2")],
    "igen": [("oper", "<u2"), ("amount", "<i2")],
    "shdr": [
        *(("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop_start", "<u4"), ("loop_end", "<u4"), ("rate", "<u4")),
        *(("pitch", "u1"), ("correction", "i1"), ("link", "<u2"), ("type", "<u2")),
    ],
}


@dataclass(frozen=True)
class Envelope:
    """Delay, attack, hold and decay in seconds, `sustain` from 0 (full) to 1 (nothing), release in seconds."""

    delay: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float


@dataclass(frozen=True)
class Region:
    """One sample as an instrument plays it for some keys and velocities.

    Arguments:
        start: First frame in the soundfont's pool of samples.
        end: Frame after the last.
        loop: First frame of the loop and the frame after it, or None.
        rate: Frames per second at which it was recorded.
        root: MIDI pitch at which it sounds when played at `rate`, fractions included.
        scale: Semitones a key.
        gain: Factor of its loudness.
        pan: From -0.5, left, to 0.5, right.
        volume: Envelope of the loudness, of which 100 decibels are the whole range.
        modulation: Envelope of the filter and the pitch.
        cutoff: Cut-off frequency of the low-pass filter in hertz.
        resonance: Of that filter, in decibels.
        filter_cents: How far the whole of the modulation envelope moves the cut-off.
        pitch_cents: How far the whole of it moves the pitch.
        exclusive: Number of the class of which one note sounds at a time (open and closed hi-hat), 0 for none.
    """

    start: int
    end: int
    loop: tuple[int, int] | None
    rate: float
    root: float
    scale: float
    gain: float
    pan: float
    volume: Envelope
    modulation: Envelope
    cutoff: float
    resonance: float
    filter_cents: float
    pitch_cents: float
    exclusive: int


class SoundFont:
    """A SoundFont 2 file in memory.

    Arguments:
        path: The .sf2 file.

    Raises:
        RenderError: it cannot be read, is no SoundFont 2, is damaged, or its samples are compressed.
    """

    def __init__(self, path: Path) -> None:
        try:
            data = path.read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RenderError(f"The soundfont {path} cannot be read: {reason}; give a file that ends in .sf2.") from error
        if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
            raise RenderError(f"{path} is not a SoundFont: it does not begin with 'RIFF' and 'sfbk'; give a .sf2 file.")
        try:
            chunks = _chunks(data)
            self._tables = {n: np.frombuffer(chunks[n][: len(chunks[n]) // s * s], dtype) for n, dtype, s in _types()}
            smpl = chunks["smpl"]
            self.samples: NDArray[np.int16] = np.frombuffer(smpl[: len(smpl) // 2 * 2], "<i2")
            presets = self._tables["phdr"][:-1]  # the last of each table ends the one before
            self._presets = {(int(p["bank"]), int(p["program"])): i for i, p in reversed(list(enumerate(presets)))}
        except (KeyError, ValueError, struct.error) as error:
            raise RenderError(f"{path} is a damaged SoundFont ({error}); give another .sf2 file.") from error
        if not self._presets:
            raise RenderError(f"{path} holds no instruments; give another .sf2 file.")
        if np.any(self._tables["shdr"][:-1]["type"] & 0x10):
            raise RenderError(f"{path} holds compressed samples (SF3), which are not read; give it as SoundFont 2 (.sf2).")
        self.path = path
        self._regions: dict[tuple[int, int], list[tuple[tuple[int, int, int, int], Region]]] = {}

    def regions(self, bank: int, program: int, pitch: int, velocity: int) -> list[Region]:
        """Return what sounds for a key; nothing where the soundfont has no sample for it.

        A bank without the program gives its first one, as players do.

        Raises:
            RenderError: the soundfont is damaged.
        """
        if (bank, program) not in self._regions:
            try:
                self._regions[bank, program] = self._preset(bank, program)
            except (IndexError, ValueError, OverflowError) as error:
                raise RenderError(f"{self.path} is a damaged SoundFont ({error}); give another .sf2 file.") from error
        return [r for (a, b, c, d), r in self._regions[bank, program] if a <= pitch <= b and c <= velocity <= d]

    def _preset(self, bank: int, program: int) -> list[tuple[tuple[int, int, int, int], Region]]:
        choices = [(bank, program), (bank, 0), *sorted(p for p in self._presets if p[0] == bank)]
        index = next((self._presets[c] for c in choices if c in self._presets), None)
        if index is None:
            return []
        regions = []
        for preset in self._zones("p", "phdr", index, 41):
            for zone in self._zones("i", "inst", preset[41] & 0xFFFF, 53):
                amounts = _DEFAULTS | zone
                for oper, amount in preset.items():
                    if oper not in _NOT_ADDED:
                        amounts[oper] = amounts.get(oper, 0) + amount
                keys, velocities = (_overlap(preset.get(oper), zone.get(oper)) for oper in (43, 44))
                region = _region(amounts, self._tables["shdr"][zone[53] & 0xFFFF], len(self.samples))
                if region is not None:
                    regions.append(((*keys, *velocities), region))
        return regions

    def _zones(self, kind: str, owners: str, index: int, last: int) -> list[dict[int, int]]:
        """Return the generators of the zones of a preset or an instrument, its global zone within each."""
        table, bags, generators = self._tables[owners], self._tables[f"{kind}bag"], self._tables[f"{kind}gen"]
        common: dict[int, int] = {}
        zones = []
        for bag in range(int(table[index]["bag"]), int(table[index + 1]["bag"])):
            span = generators[int(bags[bag]["gen"]) : int(bags[bag + 1]["gen"])]
            zone = {int(oper): int(amount) for oper, amount in span}
            if last in zone:
                zones.append(common | zone)
            elif bag == int(table[index]["bag"]):
                common = zone
        return zones


@lru_cache(maxsize=1)
def default_soundfont() -> Path:
    """Return the General MIDI soundfont inside the pretty_midi package.

    Raises:
        RenderError: this pretty_midi came without it.
    """
    from importlib.util import find_spec

    spec = find_spec("pretty_midi")
    path = Path(spec.origin or "").parent / "TimGM6mb.sf2" if spec else Path("TimGM6mb.sf2")
    if not path.is_file():
        raise RenderError(f"{path} is missing: this pretty_midi came without its soundfont; name one by --soundfont.")
    return path


def _types() -> list[tuple[str, Any, int]]:
    return [(name, dtype, dtype.itemsize) for name, dtype in ((n, np.dtype(fields)) for n, fields in _HEADERS.items())]


def _chunks(data: bytes) -> dict[str, bytes]:
    """Return the chunks inside the lists of a RIFF file by name."""
    chunks = {}
    stack = [(12, len(data))]
    while stack:
        position, end = stack.pop()
        while position + 8 <= end:
            name, length = struct.unpack_from("<4sI", data, position)
            if name == b"LIST":
                stack.append((position + 12, min(position + 8 + length, end)))
            else:
                chunks[name.decode("latin1")] = data[position + 8 : position + 8 + length]
            position += 8 + length + length % 2
    return chunks


def _overlap(a: int | None, b: int | None) -> tuple[int, int]:
    """Return what two ranges, low byte first, have in common."""
    ranges = [(x & 0xFF, (x >> 8) & 0xFF) for x in (a, b) if x is not None]
    return max((low for low, _ in ranges), default=0), min((high for _, high in ranges), default=127)


def _seconds(timecents: int) -> float:
    return 0.0 if timecents <= -12000 else 2.0 ** (min(timecents, 8000) / 1200)


def _envelope(amounts: dict[int, int], first: int) -> Envelope:
    """Read the six generators of an envelope from number `first` on; of `sustain`, 1000 are the whole range."""
    delay, attack, hold, decay, _, release = (_seconds(amounts.get(first + i, 0)) for i in range(6))
    return Envelope(delay, attack, hold, decay, min(max(amounts.get(first + 4, 0) / 1000, 0.0), 1.0), release)


def _region(amounts: dict[int, int], header: Any, frames: int) -> Region | None:
    """Join generators and sample header; None for a sample that is not there."""
    get = amounts.get
    start = int(header["start"]) + get(0, 0) + 32768 * get(4, 0)
    end = int(header["end"]) + get(1, 0) + 32768 * get(12, 0)
    loop = (
        int(header["loop_start"]) + get(2, 0) + 32768 * get(45, 0),
        int(header["loop_end"]) + get(3, 0) + 32768 * get(50, 0),
    )
    if header["type"] & 0x8000 or not 0 <= start < end <= frames or header["rate"] < 1:
        return None
    looped = get(54, 0) & 1 and start <= loop[0] < loop[1] <= end
    root = amounts[58] if 0 <= amounts[58] <= 127 else min(int(header["pitch"]), 127)
    tuning = get(51, 0) + (get(52, 0) + int(header["correction"])) / 100
    return Region(
        start=start,
        end=end,
        loop=loop if looped else None,
        rate=float(header["rate"]),
        root=root - tuning,
        scale=amounts[56] / 100,
        gain=10 ** (-_ATTENUATION * max(get(48, 0), 0) / 200),
        pan=min(max(get(17, 0), -500), 500) / 1000,
        volume=_envelope(amounts, 33),
        modulation=_envelope(amounts, 25),
        cutoff=8.176 * 2 ** (min(max(amounts[8], 1500), 13500) / 1200),
        resonance=min(max(get(9, 0), 0), 960) / 10,
        filter_cents=float(get(11, 0)),
        pitch_cents=float(get(7, 0)),
        exclusive=get(57, 0),
    )
