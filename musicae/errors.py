"""The one error family: every failure a user can cause is a `MusicaeError` whose text states what, where, why and what next."""

__all__ = [
    "CheckpointError",
    "DataError",
    "FormatError",
    "MidiError",
    "MusicaeError",
    "ParameterError",
    "RenderError",
    "RepresentationError",
]


class MusicaeError(Exception):
    """Root of all errors raised on purpose by musicae; the command line prints it and exits with status 1.

    Examples:
        >>> import musicae
        >>> try:
        ...     musicae.read("nothing.mid")
        ... except musicae.MusicaeError as error:
        ...     print(error)
        nothing.mid cannot be read: no such file or directory.
    """


class ParameterError(MusicaeError, ValueError):
    """An argument or a configuration value lies outside what is allowed."""


class FormatError(MusicaeError):
    """A file of music cannot be read or written, or its name ends in no known suffix."""


class MidiError(MusicaeError):
    """A MIDI file cannot be read or written."""


class RepresentationError(MusicaeError):
    """A score cannot be expressed in the representation asked for."""


class DataError(MusicaeError):
    """A data set is missing, damaged or too small."""


class CheckpointError(MusicaeError):
    """A checkpoint is missing, damaged, or made for something else."""


class RenderError(MusicaeError):
    """A score cannot be played, drawn or notated, or a soundfont cannot be used."""
