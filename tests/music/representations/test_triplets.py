"""A model on a grid of unequal steps does all that one on sixteenths does, and keeps triplets where they were."""

from pathlib import Path

import pytest
import torch

from musicae import MusicModel, Note, Score, Track, continuation, interpolate, reconstruct
from musicae.checkpoints.format import CheckpointInfo
from musicae.music.formats.midi import read_midi, write_midi
from musicae.music.metrics.attributes import measure_attributes
from musicae.music.models.plan import PlanVAE, PlanVAEConfig
from musicae.music.representations import MelodyGrid, TripletGrid
from musicae.music.score import TimeSignature

SIZES = {"token_size": 8, "block_size": 12, "pooled_size": 8, "hidden_size": 16, "decoder_size": 12, "cell_size": 8}
THIRD = 1 / 3


@pytest.fixture(scope="module")
def model() -> MusicModel:
    """Return an untrained model of two bars on the triplet grid."""
    torch.manual_seed(0)
    config = PlanVAEConfig(latent_size=6, block=6, max_steps=96, max_bar_steps=48, **SIZES)
    info = CheckpointInfo(
        domain="music",
        kind="melody",
        model=PlanVAE.name,
        config=vars(config),
        representation=TripletGrid().to_dict(),
        bars=2,
    )
    return MusicModel(PlanVAE(config).eval(), info)


def triplets(metre: tuple[int, int] = (4, 4), bars: int = 4) -> Score:
    """Return bars full of triplets of eighths."""
    quarters = int(bars * 4 * metre[0] / metre[1])
    notes = tuple(Note(i * THIRD, THIRD, 60 + i % 5) for i in range(3 * quarters))
    return Score((Track(notes),), time_signatures=(TimeSignature(0.0, *metre),))


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (9, 8), (7, 16), (5, 8)])
def test_phrases_keep_metre_and_length(model: MusicModel, metre: tuple[int, int]) -> None:
    phrase = model.phrase(triplets(metre))
    result = reconstruct(model, phrase)
    assert [(b.numerator, b.denominator, b.length) for b in result.bars()][:2] == [(*metre, 4 * metre[0] / metre[1])] * 2
    morph = interpolate(model, phrase, model.phrase(triplets((3, 4))), steps=3)
    starts = [(b.start, b.numerator) for b in morph.joined.bars() if b.number % 2 == 1]
    assert starts[1][0] == pytest.approx(8 * metre[0] / metre[1]) and starts[-1][1] == 3


def test_triplets_survive_the_grid_and_the_file(model: MusicModel, tmp_path: Path) -> None:
    phrase = model.phrase(triplets())
    notes = model.representation.decode(phrase.window)
    assert [n.onset for n in notes] == pytest.approx([i * THIRD for i in range(24)])
    write_midi(Score((Track(notes),)), tmp_path / "t.mid")
    assert [n.onset for n in read_midi(tmp_path / "t.mid").tracks[0].notes] == pytest.approx(
        [i * THIRD for i in range(24)], abs=1e-3
    )


def test_whole_pieces_keep_their_bars(model: MusicModel) -> None:
    score = triplets((3, 4), bars=7)
    result = reconstruct(model, model.piece(score))
    assert [(b.start, b.numerator) for b in result.bars()] == [(b.start, b.numerator) for b in score.bars()]


def test_attributes_do_not_depend_on_the_grid() -> None:
    off_beat = Score((Track(tuple(Note(i + 0.5, 1.0, 60 + 2 * (i % 4)) for i in range(7))),))
    rows = [
        measure_attributes([grid.encode(off_beat.tracks[0].notes, off_beat.bar_range(1, 2))], grid)
        for grid in (MelodyGrid(), TripletGrid(), MelodyGrid(12))
    ]
    for row in rows[1:]:
        assert row.tolist()[0] == pytest.approx(rows[0].tolist()[0])


def test_music_goes_on_in_the_bars_of_the_phrase(model: MusicModel) -> None:
    results = continuation(model, model.phrase(triplets((6, 8))), 2)
    assert [b.length for b in results[0].bars()][:3] == [3.0] * 3
