"""Errors in one sentence, with the exit status that belongs to them."""

from musicae.errors import MusicaeError, ParameterError

__all__ = ["sentence", "status"]


def sentence(error: Exception) -> str:
    """Return one sentence for an error: what is wrong, and what to do about it."""
    if isinstance(error, MusicaeError):
        return str(error)
    reason = " ".join(str(error).split()) or "no reason given"
    if isinstance(error, OSError):
        return f"the system refused: {reason}."
    return (
        f"unexpected {type(error).__name__} ({reason}); this is a bug in musicae. Please report it with what the same "
        "command prints under MUSICAE_TRACEBACK=1."
    )


def status(error: Exception) -> int:
    """Return the exit status: 2 for bad usage, 1 for bad data and all other errors."""
    return 2 if isinstance(error, ParameterError) else 1
