"""`reconstruct`: encode music and decode its code."""

from musicae.music.excerpts.piece import Piece
from musicae.music.model import MusicModel, MusicSource
from musicae.music.score import Score
from musicae.music.tasks.pieces import codes_of, decode_windows

__all__ = ["reconstruct"]


def reconstruct(model: MusicModel, source: MusicSource | Piece, *, exact: bool = False) -> Score:
    """Encode a phrase or a piece and decode its codes greedily.

    Arguments:
        model: The model.
        source: A path, a score or a phrase: one phrase is taken. A piece: all of its bars.
        exact: Refine the codes first, so that the result has the notes of the source.

    Returns:
        A score with the bars, metres, tempo and instrument of the source.

    Raises:
        MidiError: a file cannot be read, or has no such part.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> score = musicae.reconstruct(model, "examples/tunes/a-reel.mid")
        >>> len(score.bars())
        2
        >>> whole = musicae.reconstruct(model, model.piece("examples/tunes/a-reel.mid"))
        >>> len(whole.bars())
        17
    """
    if isinstance(source, Piece):
        return decode_windows(model, source, codes_of(model, source, exact=exact)[0])
    phrase = model.phrase(source)
    return model.decode(model.refine(phrase).z if exact else model.encode(phrase).mode, phrase)[0]
