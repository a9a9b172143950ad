"""Compressed MusicXML files (.mxl): a zip archive that holds one score."""

import io
import posixpath
import re
import zipfile
import zlib

from musicae.errors import FormatError

__all__ = ["MAX_XML_BYTES", "unzipped"]

MAX_XML_BYTES = 32 * 2**20  # of a compressed file, unpacked


def unzipped(data: bytes) -> bytes:
    """Return the score inside a compressed MusicXML file (.mxl), or the data themselves where they are not compressed.

    Raises:
        FormatError: the archive is damaged, holds no score, or one that is too large.
    """
    if not data.startswith(b"PK"):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = _root_file(archive)
            if archive.getinfo(name).file_size > MAX_XML_BYTES:
                raise FormatError(f"holds a score of more than {MAX_XML_BYTES // 2**20} MiB")
            with archive.open(name) as file:
                return file.read(MAX_XML_BYTES + 1)[:MAX_XML_BYTES]
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise FormatError(f"is a damaged archive ({' '.join(str(error).split()) or type(error).__name__})") from error


def _root_file(archive: zipfile.ZipFile) -> str:
    """Return the name of the score in an archive."""
    try:
        container = archive.open("META-INF/container.xml").read(2**16)
        result = re.search(rb'full-path="([^"]+)"', container)
        if result:
            return posixpath.normpath(result[1].decode())
    except KeyError:
        pass
    names = [n for n in archive.namelist() if n.endswith((".xml", ".musicxml")) and not n.startswith("META-INF/")]
    if not names:
        raise FormatError("is an archive without a score")
    return names[0]
