"""Several whole pieces, their windows paired in order, so that codes can be mixed window by window.

A mixture of pieces has the layout of one of them: its bars, metres, kept bars, instrument, keys and other tracks. A piece with
fewer windows is repeated. The tempo map of the layout is scaled to the mean tempo of the mixture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from musicae.core.latent import slerp
from musicae.music.decoding import Decoding
from musicae.music.excerpts.phrase import Manner
from musicae.music.excerpts.piece import Piece
from musicae.music.model import MusicModel
from musicae.music.score import Score, Tempo
from musicae.music.tasks.pieces import codes_of, decode_windows

__all__ = ["PairedPieces", "between", "pair"]


@dataclass(frozen=True)
class PairedPieces:
    """Pieces and the codes of their windows.

    Arguments:
        pieces: The pieces.
        codes: Per piece the codes of its windows, shape (windows, Z).
        exact: Per piece whether all of its codes are known to decode to its own notes.
    """

    pieces: tuple[Piece, ...]
    codes: tuple[Tensor, ...]
    exact: tuple[bool, ...]

    def codes_for(self, layout: int) -> list[Tensor]:
        """Return per piece the codes that are paired with the windows of piece `layout`, each of shape (windows, Z)."""
        return [codes[self._rows(layout, piece)] for codes, piece in zip(self.codes, self.pieces, strict=True)]

    def manners_for(self, layout: int) -> list[list[Manner]]:
        """Return per piece how the windows are played that are paired with those of piece `layout`."""
        return [[piece.phrases[row].manner for row in self._rows(layout, piece)] for piece in self.pieces]

    def _rows(self, layout: int, piece: Piece) -> list[int]:
        return [i % len(piece.windows) for i in range(len(self.pieces[layout].windows))]

    def decode(self, model: MusicModel, layout: int, z: Tensor, manners: Sequence[Manner], decoding: Decoding) -> Score:
        """Decode codes into the windows of one of the pieces.

        Arguments:
            model: The model.
            layout: The piece.
            z: One code per window of it, shape (windows, Z).
            manners: How each window is played.
            decoding: How notes are chosen.
        """
        piece = self.pieces[layout]
        layouts = [replace(phrase, manner=manner) for phrase, manner in zip(piece.phrases, manners, strict=True)]
        return decode_windows(model, piece, z, decoding, layouts)

    def paced(self, score: Score, layout: int, weights: Sequence[float]) -> Score:
        """Scale the tempo map of a score in the layout of one piece to the mean tempo of a mixture of all.

        Arguments:
            score: The score.
            layout: The piece whose tempo map it has.
            weights: The share of each piece in the mixture; they sum to 1.
        """
        own = _mean_qpm(self.pieces[layout])
        factor = math.prod((_mean_qpm(piece) / own) ** weight for piece, weight in zip(self.pieces, weights, strict=True))
        if factor == 1.0:
            return score
        tempos = score.tempos or (Tempo(0.0, 120.0),)
        return replace(score, tempos=tuple(Tempo(t.time, min(max(t.qpm * factor, 4.0), 2000.0)) for t in tempos))

    def length(self, layout: int) -> float:
        """Return the length of a piece in quarter notes."""
        return self.pieces[layout].score.bars()[-1].end


def pair(model: MusicModel, pieces: Sequence[Piece], *, exact: bool = False) -> PairedPieces:
    """Encode pieces.

    Arguments:
        model: The model.
        pieces: The pieces.
        exact: Refine the codes until they decode to the pieces' own notes.
    """
    encoded = [codes_of(model, piece, exact=exact) for piece in pieces]
    return PairedPieces(tuple(pieces), tuple(codes for codes, _ in encoded), tuple(reached for _, reached in encoded))


def between(a: Tensor, b: Tensor, alpha: float) -> Tensor:
    """Return codes on the great circle from a to b, shape (..., Z): exactly a at 0 and exactly b at 1."""
    return a if alpha == 0 else b if alpha == 1 else slerp(a, b, alpha)


def _mean_qpm(piece: Piece) -> float:
    end = piece.score.bars()[-1].end
    return 60.0 * end / piece.score.seconds_at(end)
