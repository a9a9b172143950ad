"""Words in MIDI files, which do not state their encoding: shown decoded, written with the bytes that they had.

Names are decoded as UTF-8, else as Latin-1; a track remembers which, so that a name in Shift-JIS or another encoding comes out
with its own bytes. Lyrics, markers and other texts keep one character per byte (see `musicae.music.score.Text`).
"""

__all__ = ["FALLBACK", "TEXT_TYPES", "decode", "encode"]

FALLBACK = "latin-1"  # decodes every byte
TEXT_TYPES = {1: "text", 2: "copyright", 5: "lyrics", 6: "marker", 7: "cue_marker"}  # of meta events that hold texts


def decode(data: bytes) -> tuple[str, str]:
    """Return a name and its encoding, without spaces and zeros at its ends."""
    data = data.strip(b"\0 ")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode(FALLBACK), FALLBACK


def encode(name: str, encoding: str) -> bytes:
    """Return the bytes of a name in its encoding, or in UTF-8 where that has not all of its characters."""
    try:
        return name.encode(encoding)
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")
