"""One key of a soundfont's instrument as a wave: its sample at another pitch, looped, filtered, with its envelope."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from musicae.sound.soundfont import Envelope, Region

__all__ = ["RING", "release", "tone"]

RING = 3.0  # seconds that a note goes on at most after its end
_STEP = 0.005  # change of the cut-off that is not heard
_RANGE = 100.0  # decibels between full and nothing in an envelope
_FLOOR = 66.0  # decibels below full where a tone is over
_FRAME, _TAIL = 4096, 1024  # of the filter
_BLOCK = 8192  # frames worked on at a time, so that they stay in the processor's cache
_OPEN = 16_000.0  # hertz from which on the filter is not heard

Wave = NDArray[np.float32]


def release(region: Region, rate: int) -> Wave:
    """Return the factors by which a note fades after its end, one a frame."""
    return _fade(max(region.volume.release, 0.01), rate)


@lru_cache(maxsize=64)
def _fade(seconds: float, rate: int) -> Wave:
    count = max(int(min(seconds * _FLOOR / _RANGE, RING) * rate), 1)
    fade = np.exp(np.arange(count) * (-_RANGE * np.log(10) / 20 / (seconds * rate)))
    last = min(count, rate // 100)
    fade[count - last :] *= np.linspace(1.0, 0.0, last)
    return np.asarray(fade, np.float32)


def tone(samples: NDArray[np.int16], region: Region, pitch: float, frames: int, rate: int) -> Wave:
    """Play a key that is held all the time.

    Arguments:
        samples: The soundfont's pool.
        region: What to play of it.
        pitch: MIDI pitch, fractions allowed.
        frames: Length asked for.
        rate: Frames per second.

    Returns:
        At most `frames` values; fewer where sample or envelope end before. Loudness is that of the sample, in [-1, 1],
        times the region's gain and envelope.
    """
    envelope = region.volume
    if envelope.sustain * _RANGE >= _FLOOR:
        fading = envelope.decay * _FLOOR / _RANGE
        frames = min(frames, int((envelope.delay + envelope.attack + envelope.hold + fading) * rate) + 1)
    ratio = region.rate / rate * 2.0 ** ((pitch - region.root) * region.scale / 12)
    wave = _filter(_resample(samples, region, ratio, frames, rate), region, rate)
    return np.asarray(wave * _loudness(envelope, len(wave), rate) * np.float32(region.gain), np.float32)


def _level(envelope: Envelope, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of an envelope, 0 to 1, at times in seconds; attack and decay are straight lines."""
    up = envelope.delay + max(envelope.attack, 1e-4)
    down = up + envelope.hold
    # `decay` is the time from full to nothing, so the way to the sustain level takes its share of it.
    points = (envelope.delay, up, down, down + max(envelope.decay * envelope.sustain, 1e-4))
    return np.interp(times, points, (0.0, 1.0, 1.0, 1.0 - envelope.sustain))


def _loudness(envelope: Envelope, count: int, rate: int) -> Wave:
    """Return the factors of an envelope of loudness, whose decay is a straight line in decibels."""
    begin = int((envelope.delay + max(envelope.attack, 1e-4)) * rate) + 1
    factors = np.empty(count, np.float32)
    times = np.arange(min(begin, count)) / rate
    factors[:begin] = _level(envelope, times)
    later = np.arange(begin, max(count, begin), dtype=np.float32) / np.float32(rate)
    start = envelope.delay + envelope.attack + envelope.hold
    fall = (later - np.float32(start)) * np.float32(_RANGE / max(envelope.decay, 1e-4))
    np.clip(fall, 0.0, np.float32(_RANGE * envelope.sustain), out=fall)
    factors[begin:] = np.exp(fall * np.float32(-np.log(10) / 20))
    return factors


def _resample(samples: NDArray[np.int16], region: Region, ratio: float, frames: int, rate: int) -> Wave:
    """Read the sample at another speed, through cubic Hermite curves, round its loop as long as needed."""
    if region.pitch_cents:
        shift = region.pitch_cents / 1200 * _level(region.modulation, np.arange(frames) / rate)
        positions = np.concatenate(([0.0], np.cumsum(ratio * 2.0**shift)[:-1]))
    else:
        positions = np.arange(frames) * ratio
    first, end = region.start, region.end
    if region.loop is None:
        positions = positions[: int(np.searchsorted(positions, end - first - 1))]
    else:
        begin, stop = (at - first for at in region.loop)
        around = int(np.searchsorted(positions, stop))
        positions[around:] -= np.floor((positions[around:] - begin) / (stop - begin)) * (stop - begin)
    source = samples[first : end + 3].astype(np.float32) / np.float32(32768)
    if region.loop is not None and begin + 3 <= stop:
        source[stop : stop + 3] = source[begin : begin + 3][: len(source) - stop]
    source = np.concatenate((source[:1], source, source[-1:].repeat(3)))  # source[i + 1] is sample i
    wave = np.empty(len(positions), np.float32)
    for at in range(0, len(wave), _BLOCK):
        _interpolate(source, positions[at : at + _BLOCK], wave[at : at + _BLOCK])
    return wave


def _interpolate(source: Wave, positions: NDArray[np.float64], out: Wave) -> None:
    """Write the values of the curves through `source` at places between its values."""
    whole = positions.astype(np.intp)
    t = (positions - whole).astype(np.float32)
    a, b, c, d = (source.take(whole + i) for i in range(4))
    slope, next_slope = (c - a) * np.float32(0.5), (d - b) * np.float32(0.5)
    rise = c - b
    bend = slope + next_slope - 2 * rise
    out[:] = b + t * (slope + t * (rise - slope - bend + t * bend))


def _filter(wave: Wave, region: Region, rate: int) -> Wave:
    """Pass a wave through the region's two-pole low-pass filter, whose cut-off follows the modulation envelope.

    Overlapping frames are filtered each at its own cut-off, by multiplication of their spectra.
    """
    if min(region.cutoff, region.cutoff * 2 ** (region.filter_cents / 1200)) >= min(_OPEN, rate * 0.4) or not len(wave):
        return wave
    half = _FRAME // 2
    count = len(wave) // half + 2
    padded = np.zeros((count + 1) * half, np.float32)
    padded[half : half + len(wave)] = wave
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::half]
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / _FRAME)).astype(np.float32)
    x = np.fft.rfftfreq(_FRAME + _TAIL, 1 / rate).astype(np.float32)
    damping = np.float32(2**0.5 * 10 ** (-region.resonance / 20))
    centres = np.arange(len(frames)) * half / rate
    cutoffs = region.cutoff * 2.0 ** (region.filter_cents * _level(region.modulation, centres + 1e-3) / 1200)
    out = np.zeros((len(frames) + 1) * half + _TAIL, np.float32)
    settled = None, np.empty(0, np.complex64)
    for i, (frame, cutoff) in enumerate(zip(frames, np.clip(cutoffs, 20.0, 20_000.0), strict=True)):
        if settled[0] is None or abs(cutoff / settled[0] - 1) > _STEP:
            at = x / np.float32(cutoff)
            settled = cutoff, (1 / (1 - at**2 + np.complex64(1j) * damping * at)).astype(np.complex64)
        spectrum = np.fft.rfft(frame * window, _FRAME + _TAIL)
        out[i * half : i * half + _FRAME + _TAIL] += np.fft.irfft(spectrum * settled[1], _FRAME + _TAIL)
    return out[half : half + len(wave)]
