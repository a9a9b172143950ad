"""Model cards of music models: every kind of music has words for its card, and the tables print what was measured."""

import pytest

from musicae.checkpoints.format import CheckpointInfo
from musicae.checkpoints.release import Provenance
from musicae.music.evaluation.card import CardTables, music_card
from musicae.music.kinds import KINDS
from musicae.music.kinds.card import CardWords

PROVENANCE = Provenance(summary="A model.", command="musicae train", machine="one core")
TARGET = {"kind": "target", "steps": 300, "beta": 0.01, "target_bits": 58.6}


def described(kind: str, beta: dict[str, object] | None = None, transpose: int = 0) -> CheckpointInfo:
    """Return the description of a model of the kind's default windows."""
    spec = KINDS[kind].spec
    return CheckpointInfo(
        domain="music",
        kind=kind,
        model="plan-vae",
        config={"max_bar_steps": spec.max_bar_steps, "max_steps": spec.max_steps},
        representation=spec.representation.to_dict(),
        bars=spec.bars,
        training={} if beta is None else {"objective": {"beta": beta}},
        data={
            "transpose": transpose,
            "collections": {
                "a": {"title": "Airs", "licence": "public domain", "tunes": 9, "kept": {"train": 5, "valid": 3, "test": 2}}
            },
        },
    )


def tables(words: CardWords, unseen: bool = False) -> CardTables:
    """Return measurements in which every metric has a value of its own."""
    metrics = {name: i + 0.12345 for i, name in enumerate(words.columns)}
    half = {"a": metrics, "all": {name: value + 1 for name, value in metrics.items()}}
    return CardTables(half=half, single=half, unseen={"essen": {"essen": metrics}} if unseen else {})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_card(kind: str) -> None:
    words = KINDS[kind].card
    card = music_card("name", described(kind, TARGET), tables(words), PROVENANCE)
    assert card.inputs.startswith("2 bars of ") and "{" not in card.inputs
    assert card.facts["Not for"] == words.limits
    sections = dict(card.sections)
    assert list(sections) == ["Training data", "Metrics"]
    assert "| Airs | public domain | 9 | 5 | 3 | 2 |" in sections["Training data"]
    rows = [line for line in sections["Metrics"].splitlines() if line.startswith("| ")]
    assert len(rows) == 5 and {row.count("|") for row in rows} == {len(words.columns) + 2}
    assert rows[0] == f"| collection | {' | '.join(c.replace('_', ' ') for c in words.columns)} |"
    assert rows[2].startswith("| a | 0 | 1.1235 | ") and rows[3].startswith("| all | 1 | 2.1235 | ")
    assert rows[4].startswith("| all, single precision | 1 | 2.1235 | ")


def test_grid_and_limits_of_bars_are_named() -> None:
    card = music_card("name", described("melody"), tables(KINDS["melody"].card), PROVENANCE)
    assert "6 steps per quarter note (at 0, 1/4, 1/3, 1/2, 2/3 and 3/4)" in card.inputs
    assert "bars of up to 48 time steps" in card.inputs


@pytest.mark.parametrize(
    ("beta", "expected"),
    [
        (TARGET, "hold the KL at 59 bits per training window (after 300 steps without)"),
        ({**TARGET, "steps": 1}, "hold the KL at 59 bits per training window (from the first step)"),
        ({"kind": "linear", "beta": 0.2}, "plus 0.2 times the KL"),
    ],
)
def test_the_weight_of_the_kl_is_named(beta: dict[str, object], expected: str) -> None:
    words = KINDS["melody"].card
    assert music_card("name", described("melody", beta), tables(words), PROVENANCE).facts["Objective"].endswith(expected)
    assert music_card("name", described("melody"), tables(words), PROVENANCE).facts["Objective"] == words.objective


def test_transposition_and_unseen_collections_are_named_if_there_are_any() -> None:
    words = KINDS["melody"].card
    plain = dict(music_card("name", described("melody"), tables(words), PROVENANCE).sections)
    assert "transposed" not in plain["Training data"] and "essen" not in plain["Metrics"]
    more = dict(music_card("name", described("melody", transpose=5), tables(words, unseen=True), PROVENANCE).sections)
    assert "transposed by up to 5 semitones" in more["Training data"]
    assert "`musicae evaluate name --data essen`" in more["Metrics"] and "| essen | 0 | 1.1235 |" in more["Metrics"]
