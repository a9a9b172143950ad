"""The events of a MIDI track: from its bytes to tuples and back.

An event of a channel is a tuple `(tick, status, first, second)`: the tick counts from the beginning of the track, the status
holds kind and channel, and `first` and `second` are its data bytes (0 where it has one only). A meta event is a tuple
`(tick, type, data)`. System exclusive and other system messages are skipped: they are no music. They leave the running status
as it is, since files that rely on it exist. The end-of-track event ends a track.

The bytes are read here because no library reads all of them: mido 1.3 takes the note after a system exclusive message under
running status for more of that message, refuses continuation packets with bytes above 127, and builds an object per event,
which takes 13 times as long.
"""

from collections.abc import Iterable

__all__ = ["Damage", "Event", "Meta", "encode", "events"]

Event = tuple[int, int, int, int]
Meta = tuple[int, int, bytes]

_META = 0xFF
_END_OF_TRACK = 0x2F
_EXCLUSIVE = (0xF0, 0xF7)
_SYSTEM = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}  # their data bytes


class Damage(Exception):
    """The bytes of a track are not events; the text gives the place and the reason."""


def events(track: bytes) -> tuple[list[Event], list[Meta]]:
    """Return the events of a track's channels and its meta events.

    Arguments:
        track: The content of its chunk.

    Raises:
        Damage: the content is no sequence of events.
    """
    events: list[Event] = []
    metas: list[Meta] = []
    position = tick = status = 0
    try:
        while position < len(track):
            delta = track[position]
            position += 1
            if delta > 127:
                delta, position = _number(track, position - 1)
            tick += delta
            byte = track[position]
            if byte > 127:
                if byte >= 0xF0:
                    position = _other(track, position, tick, metas)
                    continue
                status = byte
                position += 1
            elif not status:
                raise Damage(f"byte {position + 1} is data, and no event came before it")
            first, second = track[position], 0
            position += 1
            if not 0xC0 <= status < 0xE0:
                second = track[position]
                position += 1
            if (first | second) > 127:
                raise Damage(f"byte {position} follows a status byte but is none of 0 to 127")
            events.append((tick, status, first, second))
    except IndexError:
        raise Damage("it ends within an event") from None
    return events, metas


def _other(track: bytes, position: int, tick: int, metas: list[Meta]) -> int:
    """Read an event that belongs to no channel; return where the next one begins."""
    status = track[position]
    if status != _META and status not in _EXCLUSIVE:
        if status not in _SYSTEM:
            raise Damage(f"byte {position + 1} is {status}, which begins no event")
        return position + 1 + _SYSTEM[status]
    kind = track[position + 1]
    length, start = _number(track, position + (2 if status == _META else 1))
    end = start + length
    if end > len(track):
        raise Damage("it ends within an event")
    if status == _META:
        if kind == _END_OF_TRACK:
            return len(track)
        metas.append((tick, kind, track[start:end]))
    return end


def _number(track: bytes, position: int) -> tuple[int, int]:
    """Return a number of up to four bytes, seven bits in each, and where the next byte lies."""
    value = 0
    for place in range(position, position + 4):
        byte = track[place]
        value = value << 7 | byte & 127
        if byte < 128:
            return value, place + 1
    raise Damage(f"the number from byte {position + 1} on has more than four bytes")


def encode(ordered: Iterable[Event | Meta], end: int) -> bytes:
    """Return the content of a track's chunk; runs of events of one status state it once.

    Arguments:
        ordered: The events, by their ticks.
        end: The tick at which the track ends; where events come later, it ends with them.
    """
    track = bytearray()
    last = running = 0
    for event in ordered:
        track += _varied(event[0] - last)
        last = event[0]
        if len(event) == 3:
            _, kind, data = event
            track += bytes((_META, kind)) + _varied(len(data)) + data
            running = 0
            continue
        _, status, first, second = event
        if status != running:
            track.append(status)
            running = status
        track.append(first)
        if not 0xC0 <= status < 0xE0:
            track.append(second)
    return bytes(track + _varied(max(end - last, 0)) + bytes((_META, _END_OF_TRACK, 0)))


def _varied(value: int) -> bytes:
    """Return the bytes of a number, seven bits in each."""
    groups = [value & 127]
    while value := value >> 7:
        groups.append(128 | value & 127)
    return bytes(reversed(groups))
