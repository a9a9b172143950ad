"""Make the golden MIDI files beside this script, byte by byte and without any MIDI library.

    python tests/golden/make_golden.py

The tests read `GOLDEN` to see that the files are what this script makes, and borrow its functions to build files of their
own. An event is a pair of the ticks since the event before and the event's bytes.
"""

import struct
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

Event = tuple[int, bytes]


def varlen(value: int) -> bytes:
    """Return a variable-length number, seven bits a byte."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | (value & 0x7F))
    return bytes(reversed(groups))


def midi_file(*tracks: bytes, kind: int = 1, division: int = 480, promised: int | None = None) -> bytes:
    """Return a file of `tracks`; its header promises as many, unless told otherwise."""
    count = len(tracks) if promised is None else promised
    return struct.pack(">4sLHHH", b"MThd", 6, kind, count, division) + b"".join(tracks)


def track(*events: Event) -> bytes:
    """Return a track of `events` and the end of track."""
    body = b"".join(varlen(ticks) + event for ticks, event in (*events, (0, meta(0x2F, b""))))
    return struct.pack(">4sL", b"MTrk", len(body)) + body


def meta(kind: int, data: bytes) -> bytes:
    """Return a meta event."""
    return bytes([0xFF, kind]) + varlen(len(data)) + data


def tempo(microseconds: int) -> bytes:
    """Return a tempo in microseconds a quarter note."""
    return meta(0x51, microseconds.to_bytes(3))


def metre(numerator: int, power: int) -> bytes:
    """Return a time signature of `numerator` over 2 to the `power`."""
    return meta(0x58, bytes([numerator, power, 24, 8]))


def key(sharps: int, *, minor: bool = False) -> bytes:
    """Return a key signature; flats count as negative sharps."""
    return meta(0x59, struct.pack("bB", sharps, minor))


def name(text: str | bytes) -> bytes:
    """Return a track name."""
    return meta(0x03, text.encode() if isinstance(text, str) else text)


def program(instrument: int, channel: int = 0) -> bytes:
    """Return a program change."""
    return bytes([0xC0 | channel, instrument])


def on(pitch: int, velocity: int = 80, channel: int = 0) -> bytes:
    """Return a note on."""
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch: int, channel: int = 0) -> bytes:
    """Return a note off."""
    return bytes([0x80 | channel, pitch, 64])


def line(notes: Iterable[tuple[int, int]], *, channel: int = 0, velocity: int = 80) -> list[Event]:
    """Return the events of one note at a time: pairs of pitch (0 for a rest) and ticks."""
    events, rest = list[Event](), 0
    for pitch, ticks in notes:
        if pitch:
            events += [(rest, on(pitch, velocity, channel)), (ticks, off(pitch, channel))]
        rest = 0 if pitch else rest + ticks
    return events


def pickup() -> bytes:
    """4/4 with a pick-up of one quarter, in G major; from bar 3 on it goes faster."""
    quarters = [0, 0, 0, 62, 67, 67, 69, 71, 67, 71, 69, 62, 67, 67, 69, 71]
    conductor = [(0, tempo(625_000)), (0, metre(4, 2)), (0, key(1)), (8 * 480, tempo(454_545))]
    melody = chain(line((p, 480) for p in quarters), line([(67, 960), (66, 960)]))
    return midi_file(track(*conductor), track((0, name("Melody")), (0, program(73)), *melody))


def jig() -> bytes:
    """6/8 in E minor, 96 ticks a quarter note; note offs are note ons of velocity 0, in running status."""
    pitches = [64, 67, 71, 76, 71, 67, 66, 69, 72, 74, 72, 69, 64, 67, 71, 76, 79, 76, 74, 71, 67, 64, 64, 64]
    events: list[Event] = [(0, tempo(500_000)), (0, metre(6, 3)), (0, key(1, minor=True)), (0, name("Jig")), (0, program(21))]
    for i, pitch in enumerate(pitches):
        event = bytes([pitch, 100 if i % 3 == 0 else 80])
        events += [(0, event if i else b"\x90" + event), (48, bytes([pitch, 0]))]
    return midi_file(track(*events), kind=0, division=96)


def band() -> bytes:
    """Three tracks in 4/4, C minor: bass, drums and, last, the lead."""
    conductor = [(0, tempo(500_000)), (0, metre(4, 2)), (0, key(-3, minor=True))]
    bass = line([(36, 960), (43, 960), (41, 960), (43, 960)] * 2, channel=1, velocity=90)
    beat: list[Event] = []
    for drum in (36, 42, 38, 42) * 8:
        beat += [(0, on(drum, 100, 9)), (240, off(drum, 9))]
    lead = line([(72, 240), (75, 240), (79, 480), (77, 480), (75, 480)] * 4, channel=2, velocity=96)
    return midi_file(
        track(*conductor),
        track((0, name("Bass")), (0, program(33, 1)), *bass),
        track((0, name("Kit")), *beat),
        track((0, name("Lead")), (0, program(80, 2)), *lead),
    )


def metres() -> bytes:
    """4/4, then 3/4 in the middle of bar 2, then 9/8, 960 ticks a quarter note; the metres stand in the second track."""
    changes = [(0, metre(4, 2)), (6 * 960, metre(3, 2)), (6 * 960, metre(9, 3))]
    notes = line([(60 + i % 7, 960) for i in range(12)] + [(72 - i % 5, 480) for i in range(18)])
    return midi_file(track((0, tempo(500_000)), (0, name("Walk")), *notes), track(*changes), division=960)


GOLDEN = {"band.mid": band(), "jig.mid": jig(), "metres.mid": metres(), "pickup.mid": pickup()}

if __name__ == "__main__":
    for filename, data in GOLDEN.items():
        (Path(__file__).parent / filename).write_bytes(data)
