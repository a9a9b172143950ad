"""Which shipped model is used if none is named: the one for the kind of music that the inputs are."""

from collections.abc import Sequence

from musicae.checkpoints import shipped
from musicae.errors import CheckpointError, MidiError
from musicae.music.kinds import KINDS, Kind
from musicae.music.score import Score

__all__ = ["check_shipped", "default_model", "kind_of_score"]


def kind_of_score(score: Score, where: str, wanted: str | None = None) -> Kind:
    """Return the kind of music that a score is.

    A score with a melody is one, even if it has drums too, unless one of its drum tracks is wanted.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        wanted: A track number (from 1) or name, `drums`, or None.

    Raises:
        MidiError: the drums are wanted of a file without any.
        ParameterError: the track wanted does not exist.
    """
    return next(kind for kind in KINDS.values() if kind.tracks.matches(score, where, wanted))


def default_model(inputs: Sequence[tuple[str, Score, str | None]]) -> str:
    """Return the name of the shipped model for the kind of music that all inputs are.

    Arguments:
        inputs: Per input the file's name, for messages; its score; and the track wanted (number, name or `drums`), or None.

    Raises:
        MidiError: the inputs are of several kinds, or the drums are wanted of a file without any.
        ParameterError: a track wanted does not exist.
        CheckpointError: no model of the kind is shipped.
    """
    kinds = [kind_of_score(score, where, wanted) for where, score, wanted in inputs]
    if len({kind.name for kind in kinds}) == 1:
        return check_shipped(kinds[0], inputs[0][0])
    first, other = kinds[0], next(i for i, kind in enumerate(kinds) if kind.name != kinds[0].name)
    shared = [k for k in KINDS.values() if k.tracks.is_drum and all(any(t.is_drum for t in s.tracks) for _, s, _ in inputs)]
    remedy = f", or take the {shared[0].tracks.name} of all of them with --track {shared[0].tracks.name}" if shared else ""
    raise MidiError(
        f"{inputs[0][0]} holds {first.title}, and {inputs[other][0]} holds {kinds[other].title}; no model takes both. Choose "
        f"files of one kind{remedy}."
    )


def check_shipped(kind: Kind, where: str) -> str:
    """Return the name of the default model of a kind.

    Arguments:
        kind: The kind.
        where: The file that it is for, for messages.

    Raises:
        CheckpointError: it is not shipped.
    """
    if kind.default_model not in shipped.shipped():
        raise CheckpointError(
            f"{where} needs a model of {kind.title}, and this copy of musicae comes without one. Train it with "
            f"`{kind.training}`, and give it with --checkpoint."
        )
    return kind.default_model
