"""The chunks of a MIDI file: which files are read at all, and what is wrong with the others.

References:
    MIDI Manufacturers Association, 1996, Standard MIDI Files 1.0 (RP-001).
"""

import struct
from collections.abc import Sequence

from musicae.errors import MidiError

__all__ = ["join", "split"]

MAX_TRACKS = 65_535  # the header counts them in 16 bits


def split(data: bytes, path: str) -> tuple[int, list[bytes]]:
    """Return the ticks per quarter note of a MIDI file and the content of its tracks, empty ones excepted.

    Chunks that are no tracks, and bytes after the last track, are skipped.

    Raises:
        MidiError: the data are no MIDI file, are of a type that is not read, or are cut off.
    """
    if not data:
        raise MidiError(f"{path} is empty (0 bytes); export it again.")
    if data[:4] == b"RIFF" and data[8:12] == b"RMID" and b"MThd" in data[:64]:
        data = data[data.index(b"MThd") :]  # a MIDI file wrapped for Windows
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
        raise MidiError(f"{path} is damaged: its header gives 0 ticks per quarter note; export it again.")
    tracks = [track for track in _tracks(data, 8 + header, promised, path) if track]
    if not tracks:
        raise MidiError(f"{path} holds no tracks; choose another file.")
    return division, tracks


def _tracks(data: bytes, position: int, promised: int, path: str) -> list[bytes]:
    """Return the content of the track chunks from `position` on, as many as the header promised."""
    tracks: list[bytes] = []
    while position + 8 <= len(data) and len(tracks) < promised:
        name, length = struct.unpack_from(">4sL", data, position)
        position += 8
        if position + length > len(data):
            raise MidiError(f"{path} is cut off in track {len(tracks) + 1} of {promised}; export it again.")
        if name == b"MTrk":
            tracks.append(data[position : position + length])
        position += length
    if len(tracks) < promised:
        raise MidiError(f"{path} is cut off after track {len(tracks)} of {promised}; export it again.")
    return tracks


def join(division: int, tracks: Sequence[bytes]) -> bytes:
    """Return a MIDI file of type 1.

    Arguments:
        division: Ticks per quarter note.
        tracks: The content of its tracks.

    Raises:
        MidiError: the tracks are more than a header can count.
    """
    if len(tracks) > MAX_TRACKS:
        raise MidiError(f"The music has {len(tracks)} tracks, and a MIDI file holds {MAX_TRACKS}; write fewer.")
    chunks = [struct.pack(">4sL", b"MTrk", len(track)) + track for track in tracks]
    return struct.pack(">4sLHHH", b"MThd", 6, 1, len(tracks), division) + b"".join(chunks)
