"""The shipped model that is used if none is named: the default model of the inputs' kind of music."""

from collections.abc import Sequence

from musicae.checkpoints import shipped
from musicae.errors import CheckpointError, MidiError
from musicae.music.kinds import KINDS, Kind
from musicae.music.score import Score

__all__ = ["check_shipped", "default_model", "kind_of_score"]


def kind_of_score(score: Score, where: str, track: str | None = None) -> Kind:
    """Return the kind of music that a score counts as.

    A score with melody and drums counts as a melody, unless a drum track is requested.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        track: A track number (from 1) or name, `drums`, or None.

    Raises:
        MidiError: the drums are requested, and the file has none.
        ParameterError: the requested track does not exist.
    """
    return next(kind for kind in KINDS.values() if kind.tracks.matches(score, where, track))


def default_model(inputs: Sequence[tuple[str, Score, str | None]]) -> str:
    """Return the name of the shipped model for the kind of music that all inputs count as.

    Arguments:
        inputs: Per input the file's name, for messages; its score; and the requested track (number, name or `drums`), or None.

    Raises:
        MidiError: the inputs are of several kinds, or the drums are requested of a file that has none.
        ParameterError: a requested track does not exist.
        CheckpointError: no model of the kind is shipped.
    """
    kinds = [kind_of_score(score, where, track) for where, score, track in inputs]
    if len({kind.name for kind in kinds}) == 1:
        return check_shipped(kinds[0], inputs[0][0])
    first, other = kinds[0], next(i for i, kind in enumerate(kinds) if kind.name != kinds[0].name)
    rules = [kind.tracks for kind in KINDS.values() if kind.tracks.keyword]
    shared = [rule for rule in rules if all(rule.applies(score, rule.keyword) for _, score, _ in inputs)]
    remedy = f", or take the {shared[0].name} of all of them with --track {shared[0].keyword}" if shared else ""
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
