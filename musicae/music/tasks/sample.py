"""`sample`: new music from the prior."""

from musicae.music.decoding import Decoding
from musicae.music.model import MusicModel
from musicae.music.score import Score

__all__ = ["sample"]


def sample(
    model: MusicModel,
    count: int = 1,
    *,
    metre: str | None = None,
    qpm: float = 120.0,
    decoding: Decoding = Decoding(temperature=0.5),  # noqa: B008  (frozen)
) -> list[Score]:
    """Return new scores, decoded from codes drawn from the prior (see `MusicModel.sample`).

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar-sampling")
        >>> scores = musicae.sample(model, 3, metre="6/8", decoding=musicae.Decoding(temperature=0.5, seed=1))
        >>> [len(score.bars()) for score in scores]
        [2, 2, 2]
    """
    return model.sample(count, metre=metre, qpm=qpm, decoding=decoding)
