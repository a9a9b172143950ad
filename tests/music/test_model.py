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
from musicae import MusicaeError, MusicModel, Score, Track
from musicae.checkpoints.format import CheckpointInfo, save_checkpoint
from musicae.core.config import to_dict
from musicae.errors import CheckpointError, MidiError, ParameterError
from musicae.images.models.dense import DenseAutoencoder, DenseAutoencoderConfig
from musicae.music.model import load
from musicae.music.score import Tempo, TimeSignature

MakeTune = Callable[..., Score]


@pytest.fixture(scope="module")
def model(small_checkpoint: Path) -> MusicModel:
    """Return the small model, which has learnt `make_tune(0)` to `make_tune(5)`."""
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
        assert not loaded.network.training


def test_load_refuses_what_is_no_music_model(tmp_path: Path, small_checkpoint: Path) -> None:
    image = DenseAutoencoder(DenseAutoencoderConfig())
    path = tmp_path / "image.safetensors"
    save_checkpoint(path, image, CheckpointInfo(domain="images", model=image.name, config=to_dict(image.config)))
    text = f"{path} is a model of images ({image.name}); music needs a music model such as melody-2bar."
    with pytest.raises(CheckpointError, match=re.escape(text)):
        load(path)
    with pytest.raises(CheckpointError, match=r"^There is no checkpoint 'x': neither a file nor a shipped model"):
        load("x")
    with pytest.raises(ParameterError, match=r"^Unknown device 'tpu'; choose auto, cpu, cuda or mps\.$"):
        load(small_checkpoint, device="tpu")


# encode, decode, sample


def test_paths_scores_and_phrases_mean_the_same(model: MusicModel, midi_pair: tuple[Path, Path]) -> None:
    path = midi_pair[0]
    score = musicae.read(path)
    posterior = model.encode(path, str(path), score, model.phrase(path))
    assert posterior.mean.shape == (4, 16)
    assert all(torch.equal(row, posterior.mean[0]) for row in posterior.mean)
    assert posterior.mean.requires_grad is False


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
        (lambda m: m.encode(), ParameterError, "At least one source is needed: a path, a Score or a Phrase."),
        (lambda m: m.encode("no.mid"), MidiError, "no.mid cannot be read: no such file or directory."),
        (lambda m: m.encode(Score()), MidiError, "the score has no notes; choose another file."),
        (lambda m: m.encode(Score((Track(()),))), MidiError, "the score has no notes; choose another file."),
        (lambda m: m.phrase("no.mid", where="that"), MidiError, "no.mid cannot be read: no such file or directory."),
        (lambda m: m.decode(torch.zeros(2, 5)), ParameterError, "Codes must have shape (B, 16), got (2, 5)."),
        (lambda m: m.decode(torch.zeros(2, 2, 16)), ParameterError, "Codes must have shape (B, 16), got (2, 2, 16)."),
        (lambda m: m.decode(torch.zeros(2, 16), [m.empty_phrase()]), ParameterError, "2 codes need one phrase or 2, got 1."),
        (
            lambda m: m.decode(torch.zeros(16), "17/8"),
            ParameterError,
            "A bar of 17/8 has 34 time steps, more than the model's 32; choose a shorter metre.",
        ),
        (
            lambda m: m.sample(metre="7/32"),
            ParameterError,
            "A bar of 7/32 is not a whole number of time steps at 4 per quarter note; choose another metre.",
        ),
        (lambda m: m.sample(metre="4"), ParameterError, "'4' is not a time signature; give one such as 4/4, 3/4 or 6/8."),
        (lambda m: m.sample(0), ParameterError, "count must be at least 1, got 0."),
        (lambda m: m.sample(qpm=0.0), ParameterError, "qpm must lie between 4 and 2000 quarter notes per minute, got 0.0."),
    ],
)
def test_errors_are_those_documented(
    model: MusicModel, call: Callable[[Any], Any], error: type[MusicaeError], text: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        call(model)
