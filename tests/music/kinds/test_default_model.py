"""Which kind of music a score counts as, and the shipped model for it."""

import pytest

from musicae.checkpoints import shipped
from musicae.errors import CheckpointError, MidiError, ParameterError
from musicae.music.kinds.default_model import check_shipped, default_model, kind_of_score
from musicae.music.kinds.drums import DRUMS
from musicae.music.kinds.melody import MELODY
from musicae.music.score import Note, Score, Track

LEAD = Track((Note(0.0, 1.0, 60),), name="lead")
KIT = Track((Note(0.0, 1.0, 36),), is_drum=True, name="kit")
TUNE, BEAT, BAND = Score((LEAD,)), Score((KIT,)), Score((LEAD, KIT))


def test_a_score_with_a_melody_counts_as_one_unless_drums_are_requested() -> None:
    assert kind_of_score(TUNE, "x") is kind_of_score(BAND, "x") is MELODY
    assert kind_of_score(BEAT, "x") is DRUMS
    for track in ("drums", "2", "kit"):
        assert kind_of_score(BAND, "x", track) is DRUMS
    for track in ("1", "lead"):
        assert kind_of_score(BAND, "x", track) is MELODY
    assert kind_of_score(Score((Track((), name="empty"),)), "x") is MELODY


def test_requests_that_cannot_be_met_are_errors() -> None:
    with pytest.raises(MidiError, match=r"^x has no drums "):
        kind_of_score(TUNE, "x", "drums")
    with pytest.raises(ParameterError, match=r"^x has no track '7'; its tracks are 1 'lead'\.$"):
        kind_of_score(TUNE, "x", "7")


def test_the_default_model_is_that_of_the_kind() -> None:
    assert default_model([("a", TUNE, None), ("b", BAND, None)]) == "melody-2bar"
    assert default_model([("a", BEAT, None), ("b", BAND, "drums")]) == "drums-2bar"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            [("a.mid", TUNE, None), ("b.mid", BEAT, None)],
            "a.mid holds melodies, and b.mid holds drums; no model takes both. Choose files of one kind.",
        ),
        (
            [("b.mid", BEAT, None), ("c.mid", BAND, None), ("d.mid", BEAT, None)],
            "b.mid holds drums, and c.mid holds melodies; no model takes both. Choose files of one kind, or take the drums of "
            "all of them with --track drums.",
        ),
    ],
)
def test_files_of_several_kinds_are_refused_with_a_remedy(inputs: list[tuple[str, Score, str | None]], message: str) -> None:
    with pytest.raises(MidiError) as error:
        default_model(inputs)
    assert str(error.value) == message


def test_a_kind_whose_model_is_not_shipped_names_its_training(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_shipped(DRUMS, "x") in shipped.shipped()
    monkeypatch.setattr(shipped, "shipped", dict)
    with pytest.raises(CheckpointError) as error:
        check_shipped(DRUMS, "beat.mid")
    assert str(error.value) == (
        "beat.mid needs a model of drums, and this copy of musicae comes without one. Train it with "
        "`musicae train drums-2bar --data groove=PATH`, and give it with --checkpoint."
    )
