"""Read and write MusicXML: scores as notation programs exchange them, plain (.musicxml, .xml) or compressed (.mxl).

Reading: one track per part, all its staves and voices together, at sounding pitch; ties joined; tempos, metres, keys, programs,
drums and the first line of lyrics. Repeats and their endings are read once, as they stand. Grace and cue notes are skipped, and
the velocity of all notes is 80. Unpitched notes are drums. `musicae.music.formats.measures`
turns measures into bars. Files that are written measure by measure (score-timewise) are an error.

Writing, through music21: one part per track, drums with a percussion clef, at the nearest thirty-second or triplet sixteenth
(see `musicae.music.formats.notation`), with metres, keys, tempos, ties, voices where notes overlap, pick-ups and programs.
"""

import io
import zipfile
from pathlib import Path

from musicae.errors import FormatError
from musicae.music.formats import files
from musicae.music.formats.musicxml_archive import unzipped
from musicae.music.formats.musicxml_reading import score_of
from musicae.music.formats.musicxml_writing import score_to_musicxml
from musicae.music.score import Score

__all__ = ["read_musicxml", "write_musicxml"]

_CONTAINER = b"""<?xml version="1.0" encoding="UTF-8"?>
<container><rootfiles><rootfile full-path="score.musicxml"/></rootfiles></container>
"""


def read_musicxml(path: str | Path) -> Score:
    """Read a MusicXML file, compressed or not.

    Raises:
        FormatError: the file cannot be read, is too large, is no MusicXML, or is damaged.
    """
    data = files.read_bytes(path, "a MusicXML file", FormatError)
    try:
        return score_of(unzipped(data))
    except FormatError as error:
        raise FormatError(f"{path} {error}; export it again, or choose another file.") from error


def write_musicxml(score: Score, path: str | Path) -> None:
    """Write a score as MusicXML, compressed where the name ends in .mxl; the same score gives the same bytes.

    Raises:
        FormatError: the file cannot be written.
    """
    data = score_to_musicxml(score)
    files.write_bytes(path, _zipped(data) if Path(path).suffix.lower() == ".mxl" else data, FormatError)


def _zipped(data: bytes) -> bytes:
    """Return a score as the bytes of a compressed file, which do not depend on the day."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("META-INF/container.xml", _CONTAINER), ("score.musicxml", data)):
            entry = zipfile.ZipInfo(name)  # dated 1980
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()
