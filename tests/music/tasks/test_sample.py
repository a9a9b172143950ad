"""Samples from the prior."""

from musicae import Decoding, MusicModel, sample
from musicae.music.score import Tempo, TimeSignature


def test_sample_returns_what_was_asked_for(model: MusicModel) -> None:
    scores = sample(model, 3, metre="9/8", qpm=88.0)
    assert [s.tempos for s in scores] == [(Tempo(0.0, 88.0),)] * 3
    assert [s.time_signatures for s in scores] == [(TimeSignature(0.0, 9, 8),)] * 3
    assert all(0 < s.end <= 9 for s in scores)
    greedy = Decoding(seed=1)
    assert sample(model, 2, decoding=greedy) == sample(model, 2, decoding=greedy) == model.sample(2, decoding=greedy)
