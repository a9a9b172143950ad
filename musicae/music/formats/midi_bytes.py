"""The bytes of MIDI files: which are read at all, and what is wrong with the others; knows no MIDI library."""

import struct
from pathlib import Path

from musicae.errors import MidiError

__all__ = ["MAX_FILE_BYTES", "SUFFIXES", "check", "read_bytes"]

SUFFIXES = (".mid", ".midi", ".kar", ".rmi")  # how the names of MIDI files end
MAX_FILE_BYTES = 16 * 2**20  # larger than any MIDI file seen; bounds memory on hostile input


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        MidiError: it cannot be read, or is too large.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise MidiError(f"{path} is a folder; name a MIDI file in it.")
        if size > MAX_FILE_BYTES:
            most = MAX_FILE_BYTES // 2**20
            raise MidiError(f"{path} has {size / 2**20:.0f} MiB, more than the limit of {most} MiB; cut it into parts.")
        return path.read_bytes()
    except OSError as error:
        raise MidiError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def check(data: bytes, path: str) -> bytes:
    """Check header and chunks, on which the libraries differ; return the file without chunks that are no tracks.

    Raises:
        MidiError: it is no MIDI file, is of a kind that is not read, or is cut off.
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
