"""Which model is taken where none is named: that of melodies, or that of drums, by what the inputs are."""

from collections.abc import Sequence

from musicae.checkpoints import shipped as hub
from musicae.errors import CheckpointError, MidiError
from musicae.music.excerpts.tracks import plays_drums
from musicae.music.score import Score

__all__ = ["DRUMS", "MELODY", "default_model", "drum_model"]

MELODY = "melody-2bar"
DRUMS = "drums-2bar"


def default_model(inputs: Sequence[tuple[str, Score, str | None]]) -> str:
    """Return the name of the shipped model for inputs: of drums where all of them are, else of melodies.

    A file with a melody is one, even if it has drums too, unless a drum track of it is wanted.

    Arguments:
        inputs: For each the file's name, for messages; its score; and the track wanted (number, name or `drums`), or None.

    Raises:
        MidiError: some are drums and some melodies, or drums are wanted of a file without.
        ParameterError: a track wanted does not exist.
        CheckpointError: they are drums, and no model of drums is shipped.
    """
    drums = [plays_drums(score, where, wanted) for where, score, wanted in inputs]
    if not any(drums):
        return MELODY
    if all(drums):
        return drum_model(inputs[0][0])
    beat, tune = inputs[drums.index(True)], inputs[drums.index(False)]
    chosen = "has drums only" if beat[2] is None else "is to give its drums"
    remedy = f", or take the drums of {tune[0]}, too, with --track drums" if any(t.is_drum for t in tune[1].tracks) else ""
    raise MidiError(f"{beat[0]} {chosen}, and {tune[0]} gives a melody; no model takes both. Choose files of one kind{remedy}.")


def drum_model(where: str) -> str:
    """Return the name of the shipped model of drums.

    Arguments:
        where: The file that it is for, for messages.

    Raises:
        CheckpointError: none is shipped.
    """
    if DRUMS not in hub.shipped():
        raise CheckpointError(
            f"{where} needs a model of drums, and this copy of musicae comes without one. Train it with "
            f"`musicae train {DRUMS} --data groove=PATH`, and give it with --checkpoint."
        )
    return DRUMS
