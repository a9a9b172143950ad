"""The Python API: `musicae.load` and what its model does, from paths, scores, phrases and tensors."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import musicae
from musicae import MusicaeError, MusicModel, Note, Score, Track
from musicae.checkpoints.format import CheckpointInfo, save_checkpoint
from musicae.core.config import to_dict
from musicae.errors import CheckpointError, MidiError, ParameterError, RepresentationError
from musicae.images.models.dense_and_conv import DenseAutoencoder, DenseAutoencoderConfig
from musicae.music.score import KeySignature, Tempo, TimeSignature

MakeTune = Callable[..., Score]


@pytest.fixture(scope="module")
def model(small_checkpoint: Path) -> MusicModel:
    """Return the small model, which knows `make_tune(0)` to `make_tune(5)` by heart."""
    return musicae.load(small_checkpoint, device="cpu")


def notes(score: Score) -> list[tuple[float, float, int]]:
    return [(n.onset, n.duration, n.pitch) for track in score.tracks for n in track.notes]


# The package


def test_every_public_name_imports_and_is_documented() -> None:
    assert musicae.__all__ == sorted(musicae.__all__)
    for name in musicae.__all__:
        assert (getattr(musicae, name).__doc__ or "").strip(), name
        assert name in dir(musicae)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'musicae' has no attribute 'lode'$"):
        _ = musicae.lode


def test_importing_musicae_costs_nothing() -> None:
    heavy = "{'torch', 'numpy', 'pretty_midi', 'music21', 'click', 'rich'}"
    code = f"import sys, musicae\nassert not {heavy} & set(sys.modules)\nmusicae.Score\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# load


def test_load_takes_a_file_a_run_folder_or_the_name_of_a_shipped_model(
    small_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "best.safetensors").write_bytes(small_checkpoint.read_bytes())
    monkeypatch.setattr("musicae.checkpoints.shipped.shipped", lambda: {"small": small_checkpoint})
    for name in (small_checkpoint, str(small_checkpoint), tmp_path, "small"):
        loaded = musicae.load(name, device="cpu")
        assert (loaded.bars, loaded.info.step, loaded.device.type) == (2, 40, "cpu")
        assert not loaded.model.training


def test_load_refuses_what_is_no_music_model(tmp_path: Path, small_checkpoint: Path) -> None:
    image = DenseAutoencoder(DenseAutoencoderConfig())
    path = tmp_path / "image.safetensors"
    save_checkpoint(path, image, CheckpointInfo(domain="images", model=image.name, config=to_dict(image.config)))
    with pytest.raises(
        CheckpointError, match=re.escape(f"{path} is a model of images ({image.name}), not of music; see `musicae models`.")
    ):
        musicae.load(path)
    with pytest.raises(CheckpointError, match=r"^There is no checkpoint 'x': neither a file nor a shipped model"):
        musicae.load("x")
    with pytest.raises(ParameterError, match=r"^Unknown device 'tpu'; choose auto, cpu, cuda or mps\.$"):
        musicae.load(small_checkpoint, device="tpu")


# encode, decode, reconstruct


def test_paths_scores_and_phrases_mean_the_same(model: MusicModel, midi_pair: tuple[Path, Path]) -> None:
    path = midi_pair[0]
    score = musicae.read_midi(path)
    posterior = model.encode(path, str(path), score, model.phrase(path))
    assert posterior.mean.shape == (4, 16)
    assert all(torch.equal(row, posterior.mean[0]) for row in posterior.mean)
    assert posterior.mean.requires_grad is False


def test_reconstruct_keeps_what_the_model_knows(model: MusicModel, make_tune: MakeTune) -> None:
    for metre, length in (((4, 4), 8.0), ((3, 4), 6.0), ((6, 8), 6.0)):
        score = make_tune(2, metre=metre, qpm=77.0, program=12)
        again = model.reconstruct(score)
        assert notes(again) == [n for n in notes(score) if n[0] < length]
        assert again.tempos == (Tempo(0.0, 77.0),)
        assert again.time_signatures == (TimeSignature(0.0, *metre),)
        assert again.keys == score.keys
        assert (again.tracks[0].program, again.tracks[0].name) == (12, "lead")
        assert {n.velocity for n in again.tracks[0].notes} == {72}
        kept = model.compare(score)
        assert (kept["note_f1"], kept["step_accuracy"], kept["exact"]) == (1.0, 1.0, 1.0)


def test_decode_of_encode_is_reconstruct(model: MusicModel, make_tune: MakeTune) -> None:
    phrases = [model.phrase(make_tune(seed, metre=metre)) for seed, metre in ((0, (4, 4)), (1, (6, 8)), (2, (4, 4)))]
    z = model.encode(*phrases).mode
    assert model.decode(z, phrases) == [model.reconstruct(p) for p in phrases]
    assert model.decode(z[1], phrases[1]) == [model.reconstruct(phrases[1])]


def test_decode_takes_a_metre_or_one_phrase_for_all_codes(model: MusicModel, make_tune: MakeTune) -> None:
    z = torch.randn(3, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    made = model.decode(z, "5/8")
    assert [s.time_signatures for s in made] == [(TimeSignature(0.0, 5, 8),)] * 3
    assert all(s.end <= 5 for s in made)
    assert len({tuple(notes(s)) for s in made}) == 3
    phrase = model.phrase(make_tune(0, qpm=66.0))
    assert [s.tempos for s in model.decode(z, phrase)] == [(Tempo(0.0, 66.0),)] * 3


def test_phrase_takes_track_and_bars(model: MusicModel, make_tune: MakeTune) -> None:
    other = Track(tuple(replace(n, pitch=n.pitch + 12) for n in make_tune(0).tracks[0].notes), 5, name="Second")
    score = replace(make_tune(0), tracks=(make_tune(0).tracks[0], other))
    phrase = model.phrase(score, track="second", bars=(3, 4))
    assert (phrase.track, phrase.first_bar, phrase.bar_numbers, phrase.manner.program) == (2, 3, "3-4", 5)
    assert model.phrase(phrase) is phrase


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda m: m.encode(), ParameterError, "encode needs at least one source: a path, a Score or a Phrase."),
        (lambda m: m.encode("no.mid"), MidiError, "no.mid cannot be read: no such file or directory."),
        (lambda m: m.encode(Score()), MidiError, "the score has no notes; choose another file."),
        (lambda m: m.encode(Score((Track(()),))), MidiError, "the score has no notes; choose another file."),
        (lambda m: m.phrase("no.mid", where="that"), MidiError, "no.mid cannot be read: no such file or directory."),
        (lambda m: m.decode(torch.zeros(2, 5)), ParameterError, "Codes must have shape (B, 16), got (2, 5)."),
        (lambda m: m.decode(torch.zeros(2, 2, 16)), ParameterError, "Codes must have shape (B, 16), got (2, 2, 16)."),
        (lambda m: m.decode(torch.zeros(2, 16), [m._empty("4/4")]), ParameterError, "2 codes need one phrase or 2, got 1."),
        (
            lambda m: m.decode(torch.zeros(16), temperature=-0.5),
            ParameterError,
            "temperature must be a number of at least 0, got -0.5.",
        ),
        (
            lambda m: m.decode(torch.zeros(16), temperature=float("nan")),
            ParameterError,
            "temperature must be a number of at least 0, got nan.",
        ),
        (
            lambda m: m.decode(torch.zeros(16), "17/8"),
            ParameterError,
            "A bar of 17/8 has 34 time steps, more than the model's 32; choose a shorter metre.",
        ),
        (
            lambda m: m.sample(metre="7/32"),
            ParameterError,
            "A bar of 7/32 is no whole number of time steps at 4 a quarter note; choose another metre.",
        ),
        (lambda m: m.sample(metre="4"), ParameterError, "'4' is no time signature; give one such as 4/4, 3/4 or 6/8."),
        (lambda m: m.sample(0), ParameterError, "count must be at least 1, got 0."),
        (lambda m: m.sample(qpm=0.0), ParameterError, "qpm must lie between 4 and 2000 quarter notes a minute, got 0.0."),
    ],
)
def test_errors_are_those_documented(
    model: MusicModel, call: Callable[[Any], Any], error: type[MusicaeError], text: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        call(model)


def test_bars_too_long_for_the_model_are_refused(model: MusicModel) -> None:
    score = Score((Track((Note(0.0, 9.0, 60),)),), time_signatures=(TimeSignature(0.0, 9, 4),))
    text = (
        "the score: bar 1 (9/4) has 36 time steps, more than the model's 32; choose other bars, or write the tune in "
        "shorter ones."
    )
    for call in (model.phrase, model.encode, model.reconstruct, model.compare, lambda s: model.interpolate(s, s)):
        with pytest.raises(RepresentationError, match=f"^{re.escape(text)}$"):
            call(score)


# interpolate, sample


def test_interpolate_returns_scores_codes_and_all_in_a_row(model: MusicModel, make_tune: MakeTune) -> None:
    a, b = make_tune(0, qpm=60.0), make_tune(3, metre=(3, 4), qpm=120.0, program=40)
    b = replace(b, keys=(KeySignature(0.0, 7),))
    morph = model.interpolate(a, b, steps=5)
    assert (len(morph.scores), morph.z.shape) == (5, (5, 16))
    assert (morph.scores[0], morph.scores[-1]) == (model.reconstruct(a), model.reconstruct(b))
    assert torch.equal(morph.z[0], model.encode(a).mode[0])
    assert torch.equal(morph.z[4], model.encode(b).mode[0])
    assert [s.tempos[0].qpm for s in morph.scores] == pytest.approx([60, 60 * 2**0.25, 60 * 2**0.5, 60 * 2**0.75, 120])
    assert morph.joined.time_signatures == (TimeSignature(0.0, 4, 4), TimeSignature(16.0, 3, 4))
    assert morph.joined.keys == (KeySignature(0.0, 0), KeySignature(16.0, 7))
    assert sum(len(t.notes) for t in morph.joined.tracks) == sum(len(notes(s)) for s in morph.scores)
    assert {t.program for t in morph.joined.tracks} == {0, 40}


def test_interpolating_a_tune_with_itself_stays_there(model: MusicModel, make_tune: MakeTune) -> None:
    morph = model.interpolate(make_tune(1), make_tune(1), steps=4)
    assert morph.scores == [model.reconstruct(make_tune(1))] * 4


def test_interpolate_needs_two_steps(model: MusicModel, make_tune: MakeTune) -> None:
    with pytest.raises(ParameterError, match=r"^A path needs at least 2 steps, its two ends; got 1\.$"):
        model.interpolate(make_tune(0), make_tune(1), steps=1)


def test_seeds_repeat_and_the_global_generator_does_not_matter(model: MusicModel, make_tune: MakeTune) -> None:
    def both(seed: int) -> tuple[list[Score], list[Score]]:
        torch.manual_seed(torch.seed() % 1000)
        morph = model.interpolate(make_tune(0), make_tune(3), 4, temperature=1.5, seed=seed)
        return model.sample(4, temperature=1.0, seed=seed), morph.scores

    first, again, other = both(3), both(3), both(4)
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_sample_makes_what_was_asked_for(model: MusicModel) -> None:
    made = model.sample(3, metre="9/8", qpm=88.0)
    assert [s.tempos for s in made] == [(Tempo(0.0, 88.0),)] * 3
    assert [s.time_signatures for s in made] == [(TimeSignature(0.0, 9, 8),)] * 3
    assert all(0 < s.end <= 9 for s in made)
    assert model.sample(2, seed=1, temperature=0.0) == model.sample(2, seed=1, temperature=0.0)
