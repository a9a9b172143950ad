"""Odd MIDI files, made byte by byte: what old programs, karaoke players and drum machines produce.

Each function draws from the random numbers that it is given and returns the bytes of a file. `ODD` names them; those in
`REFUSED` hold nothing that a melody model can take, or no music, so that an error is the right answer.
"""

import random
import runpy
import struct
from collections.abc import Callable
from pathlib import Path

_MADE = runpy.run_path(str(Path(__file__).parents[2] / "tests" / "golden" / "make_golden.py"))
midi_file, track, line, meta, name, program, tempo, metre, key, on, off = (
    _MADE[k] for k in ("midi_file", "track", "line", "meta", "name", "program", "tempo", "metre", "key", "on", "off")
)
Event = tuple[int, bytes]
Random = random.Random


def tune(draw: Random, tpq: int = 480, *, bars: int = 12, quarters: int = 4) -> list[tuple[int, int]]:
    """Return pitches and ticks of a tune of eighths, quarters and rests that fills its bars."""
    events, left, pitch = [], bars * quarters * 2, 67
    while left:
        length = min(draw.choice((1, 1, 1, 2, 2, 3)), left)
        pitch = min(max(pitch + draw.choice((-4, -2, -1, 0, 1, 2, 3, 5)), 55), 84)
        events.append((0 if draw.random() < 0.1 else pitch, length * tpq // 2))
        left -= length
    return events


def merged(*parts: list[Event]) -> list[Event]:
    """Put the events of several parts into one row."""
    timed = []
    for part in parts:
        tick = 0
        for ticks, event in part:
            tick += ticks
            timed.append((tick, event))
    timed.sort(key=lambda t: t[0])
    return [(tick - before, event) for (tick, event), (before, _) in zip(timed, [(0, b""), *timed], strict=False)]


def _start(draw: Random, numerator: int = 4) -> list[Event]:
    return [(0, tempo(draw.randint(300_000, 900_000))), (0, metre(numerator, 2)), (0, key(draw.randint(-7, 7)))]


def _beat(draw: Random, tpq: int = 480, bars: int = 12) -> list[Event]:
    return list(line([(draw.choice((36, 38, 42, 46, 51)), tpq // 2) for _ in range(bars * 8)], channel=9))


def karaoke(draw: Random) -> bytes:
    """Ten tracks with lyrics on a track of their own, the melody in the fourth."""
    words = [(0, meta(0x01, b"@KMIDI KARAOKE FILE")), (0, meta(0x01, b"@LENGL"))]
    words += [(240, meta(0x05, draw.choice((b"la ", b"/na", b"\\Oh", "né".encode("latin1"))))) for _ in range(60)]
    parts = [track((0, name(f"part {c}")), (0, program(8 * c, c)), *line(tune(draw), channel=c)) for c in (1, 2, 4, 5, 6, 7, 8)]
    lead = track((0, name("Melody")), (0, program(73, 3)), *line(tune(draw), channel=3))
    kit = track((0, name("Drums")), *_beat(draw))
    return bytes(midi_file(track(*_start(draw)), track((0, name("Words")), *words), *parts[:2], lead, *parts[2:], kit))


def one_track(draw: Random) -> bytes:
    """Type 0: five channels in one track."""
    parts = [[(0, program(12 * c, c)), *line(tune(draw), channel=c)] for c in range(4)]
    return bytes(midi_file(track(*merged(_start(draw), *parts, _beat(draw))), kind=0))


def running_status(draw: Random) -> bytes:
    """Note ons of velocity 0 in running status."""
    events, first = [], True
    for pitch, ticks in tune(draw):
        events += [
            (0, (b"\x90" if first else b"") + bytes([pitch or 60, 80 if pitch else 1])),
            (ticks, bytes([pitch or 60, 0])),
        ]
        first = False
    return bytes(midi_file(track(*_start(draw), *events)))


def ticks(tpq: int) -> Callable[[Random], bytes]:
    """Return a function that makes files of so many ticks a quarter note."""

    def draw_file(draw: Random) -> bytes:
        return bytes(midi_file(track(*_start(draw), *line(tune(draw, tpq))), division=tpq))

    return draw_file


def no_length(draw: Random) -> bytes:
    """Every third note begins and ends in one tick."""
    events = []
    for i, (pitch, length) in enumerate(tune(draw)):
        short = 0 if i % 3 == 0 else length
        events += [(0, on(pitch or 60)), (short, off(pitch or 60)), (length - short, meta(0x06, b""))]
    return bytes(midi_file(track(*_start(draw), *events)))


def overlapping(draw: Random) -> bytes:
    """Notes that last into the next two, of one pitch too."""
    parts: list[list[Event]] = [[], []]
    for i in range(60):
        parts[i % 2] += [(0, on(60 + draw.randint(0, 3))), (360, off(60 + draw.randint(0, 3)))]
    return bytes(midi_file(track(*merged(_start(draw), *parts, line(tune(draw))))))


def without_offs(draw: Random) -> bytes:
    """Nothing but note ons."""
    return bytes(midi_file(track(*_start(draw), *((240, on(60 + draw.randint(0, 12))) for _ in range(60)))))


def late_metre(draw: Random) -> bytes:
    """Metre and tempo changes in the last track, some in the middle of a bar, one of them absurd."""
    changes = [(0, metre(4, 2)), (6 * 480, metre(3, 2)), (7 * 480, metre(6, 3)), (9 * 480, metre(200, 2)), (480, tempo(0))]
    changes += [(480, tempo(draw.randint(200_000, 2_000_000))) for _ in range(20)]
    return bytes(midi_file(track((0, name("Voice")), *line(tune(draw))), track(*changes)))


def pick_up(draw: Random) -> bytes:
    """A pick-up in a bar of its own, then another metre."""
    numerator = draw.choice((2, 3, 4))
    changes = [(0, metre(1, 2)), (480, metre(numerator, 2))]
    return bytes(midi_file(track(*changes), track(*line([(62, 480), *tune(draw, quarters=numerator)]))))


def odd_key(draw: Random) -> bytes:
    """A key of nine sharps, as a damaged exporter writes it."""
    return bytes(midi_file(track((0, key(9)), (0, metre(4, 2)), *line(tune(draw)))))


def wrapped(draw: Random) -> bytes:
    """A MIDI file inside a RIFF file, with junk after it."""
    data = bytes(midi_file(track(*_start(draw), *line(tune(draw)))))
    return b"RIFF" + struct.pack("<L", len(data) + 12) + b"RMIDdata" + struct.pack("<L", len(data)) + data + b"junk"


def controllers(draw: Random) -> bytes:
    """System exclusive messages, pedals, pitch bends, aftertouch and program changes among the notes."""
    extra = [(0, b"\xf0\x05\x7e\x7f\x09\x01\xf7"), (0, b"\xb0\x07\x64"), (0, b"\xb0\x40\x7f"), (0, b"\xe0\x00\x50")]
    changes = [*extra, (3840, program(draw.randint(0, 127))), (0, b"\xd0\x33"), (0, b"\xa0\x3c\x33"), (0, meta(0x7F, b"abc"))]
    return bytes(midi_file(track(*merged(_start(draw), changes, line(tune(draw))))))


def sixteen(draw: Random) -> bytes:
    """Sixteen channels and a track without notes; names in three encodings."""
    texts = (b"", "Größe".encode("latin1"), "旋律".encode(), "メロディ".encode("shift-jis"))
    parts = [track((0, name(texts[c % 4])), (0, program(7 * c, c)), *line(tune(draw), channel=c)) for c in range(16)]
    return bytes(midi_file(track(*_start(draw)), *parts, track((0, name("empty")))))


def far_off(draw: Random) -> bytes:
    """A first note after forty silent bars."""
    return bytes(midi_file(track(*_start(draw), *line([(0, 160 * 480), *tune(draw)]))))


def very_short(draw: Random) -> bytes:
    """One note, or three."""
    return bytes(midi_file(track(*line([(60 + i, 240) for i in range(draw.choice((1, 3)))]))))


def drums(draw: Random) -> bytes:
    """A drum pattern and nothing else."""
    return bytes(midi_file(track(*_start(draw), (0, name("Kit")), *_beat(draw))))


def film(draw: Random) -> bytes:
    """Time counted in film frames: such a file has no bars."""
    return bytes(midi_file(track(*line(tune(draw, 40))), division=0xE728))


def silent(draw: Random) -> bytes:
    """Words, but no notes."""
    return bytes(midi_file(track(*_start(draw), *((480, meta(0x05, b"la")) for _ in range(draw.randint(1, 9))))))


def fragments(draw: Random) -> bytes:
    """A file that a download left cut off."""
    data = bytes(midi_file(track(*_start(draw), *line(tune(draw)))))
    return data[: draw.randint(30, len(data) - 20)]


ODD: dict[str, Callable[[Random], bytes]] = {
    "karaoke, ten tracks": karaoke,
    "type 0, five channels": one_track,
    "running status": running_status,
    **{f"{tpq} ticks a quarter": ticks(tpq) for tpq in (24, 96, 120, 192, 384, 960, 1024, 15360)},
    "notes of no length": no_length,
    "overlapping notes": overlapping,
    "note ons without offs": without_offs,
    "late and absurd changes": late_metre,
    "pick-up in its own bar": pick_up,
    "key of nine sharps": odd_key,
    "RIFF wrapper": wrapped,
    "controllers and sysex": controllers,
    "sixteen channels": sixteen,
    "forty silent bars first": far_off,
    "one note or three": very_short,
}
REFUSED: dict[str, Callable[[Random], bytes]] = {
    "drums only": drums,
    "film time": film,
    "no notes": silent,
    "cut off": fragments,
}
