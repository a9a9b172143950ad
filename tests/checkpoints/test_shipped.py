"""The weights that come with musicae: every file loads, is described, is small, and does what it is for."""

import math
import runpy
from pathlib import Path
from typing import Any

import pytest
import torch

import musicae
from musicae import MusicModel, Score, humanize, interpolate, reconstruct
from musicae.checkpoints.format import read_info
from musicae.checkpoints.shipped import load_weights, shipped
from musicae.datasets.images import IMAGE_SETS
from musicae.datasets.music.prepare import split_of
from musicae.images.corruptions import Downscaling
from musicae.images.metrics import psnr
from musicae.images.model import ImageModel
from musicae.images.model import load as load_image_model
from musicae.images.recipes import IMAGE_PRESETS
from musicae.music.decoding import GREEDY
from musicae.music.recipes import PRESETS
from support.drums import beat, kit

EXAMPLES = Path(__file__).parents[2] / "examples"
TUNES = sorted((EXAMPLES / "tunes").glob("*.mid"))
NAMES = sorted({"melody-2bar", *shipped()})  # the default model is looked for even where it is missing
MUSIC = [name for name in NAMES if name not in shipped() or read_info(shipped()[name]).representation]
IMAGES = [name for name in NAMES if name not in MUSIC]
SAMPLED = [name for name in IMAGES if read_info(shipped()[name]).config.get("variational")]  # whose codes have a prior
DRUMS = [name for name in MUSIC if name in shipped() and read_info(shipped()[name]).representation["name"] == "drums"]
MELODIES = [name for name in MUSIC if name not in DRUMS]
MOST_BYTES = {"music": 15_000_000, "images": 6_000_000, "all": 60_000_000}


def weights(name: str) -> Path:
    assert name in shipped(), f"musicae/weights/{name}.safetensors is missing"
    return shipped()[name]


@pytest.fixture(scope="module", params=MELODIES)
def model(request: pytest.FixtureRequest) -> MusicModel:
    """Return each shipped model of melodies."""
    weights(request.param)
    return musicae.load(request.param, device="cpu")


@pytest.fixture(scope="module", params=DRUMS)
def drummer(request: pytest.FixtureRequest) -> MusicModel:
    """Return each shipped model of drums."""
    return musicae.load(request.param, device="cpu")


@pytest.fixture(scope="module", params=IMAGES)
def painter(request: pytest.FixtureRequest) -> ImageModel:
    """Return each shipped model of pictures."""
    return load_image_model(request.param, device="cpu")


def strokes(model: ImageModel) -> torch.Tensor:
    """Return four pictures of white strokes, the kind of thing that is written by hand: one, seven, and their mirrors."""
    c = model.network.config
    x = torch.zeros(4, c.channels, c.size, c.size)
    low, high, middle = c.size // 5, c.size - c.size // 5, c.size // 2
    x[0, :, low:high, middle - 1 : middle + 2] = 1.0
    for row in range(low, high):
        column = high - 3 - (row - low) // 2
        x[1, :, row, column : column + 3] = 1.0
    x[1, :, low : low + 3, low:high] = 1.0
    x[2:] = x[:2].flip(3)
    return x


@pytest.mark.parametrize("name", NAMES)
def test_weights_load_and_are_small(name: str) -> None:
    assert weights(name).stat().st_size <= MOST_BYTES["images" if name in IMAGES else "music"]
    network, info = load_weights(name)
    assert network.parameter_count() > 0
    assert info.data
    assert info.musicae_version or info.format_version == 1


def test_all_weights_together_are_small() -> None:
    assert sum(path.stat().st_size for path in shipped().values()) <= MOST_BYTES["all"]


@pytest.mark.parametrize("name", NAMES)
def test_weights_have_finite_figures(name: str) -> None:
    metrics = read_info(weights(name)).metrics
    assert metrics and all(math.isfinite(value) for value in metrics.values())
    assert {"test_mse", "test_psnr"} <= set(metrics) if name in IMAGES else f"test_{_f1(name)}" in metrics


def _f1(name: str) -> str:
    return "hit_f1" if name in DRUMS else "note_f1"


@pytest.mark.parametrize("name", MUSIC)
def test_weights_have_a_card_that_names_data_licences_and_command(name: str) -> None:
    text = weights(name).with_suffix(".md").read_text(encoding="utf-8")
    assert name in text.splitlines()[0]
    assert f"musicae train {name}" in text
    for collection in read_info(weights(name)).data.get("collections", {}).values():
        assert collection["title"].split("(")[0].strip() in text
        assert collection["licence"] in text
        assert "non-commercial" not in collection["licence"], "such data are for tests only"


@pytest.mark.parametrize("name", IMAGES)
def test_pictures_have_a_card_that_names_data_licence_task_and_command(name: str) -> None:
    text, info = weights(name).with_suffix(".md").read_text(encoding="utf-8"), read_info(weights(name))
    assert name in text.splitlines()[0]
    assert f"musicae image train {name}" in text and "musicae image evaluate" in text
    assert IMAGE_SETS[info.data["set"]].title in text and info.data["licence"] in text
    assert ("dynamic binarisation" in text) == (info.data["task"]["binarise"] == "dynamic")
    corruption = info.data["task"]["corruption"]
    assert corruption is None or corruption["name"] in text
    assert "half precision" in text


@pytest.mark.parametrize("name", [name for name in MUSIC if name in PRESETS])
def test_music_is_what_its_preset_trains(name: str) -> None:
    info = read_info(weights(name))
    preset = PRESETS[name]
    assert (info.model, info.bars) == (preset.model, preset.bars)
    assert {k: info.config[k] for k in preset.config} == preset.config


@pytest.mark.parametrize("name", [name for name in IMAGES if name in IMAGE_PRESETS])
def test_pictures_are_what_their_preset_trains(name: str) -> None:
    info, preset = read_info(weights(name)), IMAGE_PRESETS[name]
    assert (info.model, info.data["set"], info.data["task"]) == (preset.model, preset.data, preset.task)
    assert {k: info.config[k] for k in preset.config} == preset.config


def test_there_are_example_tunes_new_to_the_model() -> None:
    assert [path.name for path in TUNES] == ["a-reel.mid", "b-reel.mid", "c-jig.mid"]
    exported = runpy.run_path(str(EXAMPLES / "tunes" / "export.py"))["TUNES"]
    assert {file: split_of(name) for file, (_, name, *_) in exported.items()} == {path.name: "test" for path in TUNES}


@pytest.mark.parametrize("path", TUNES, ids=lambda path: path.stem)
def test_example_tunes_are_kept(model: MusicModel, path: Path) -> None:
    """Sixteen bars at 16 bits a bar instead of 28 lose more, most of a jig full of ornament."""
    assert model.compare(path)["note_f1"] >= (0.9 if model.bars == 2 else 0.7)


def test_morph_ends_are_the_reconstructions_and_steps_differ(model: MusicModel) -> None:
    morph = interpolate(model, TUNES[0], TUNES[1], steps=5)
    assert (morph.scores[0], morph.scores[-1]) == (reconstruct(model, TUNES[0]), reconstruct(model, TUNES[1]))
    assert len({tuple((n.onset, n.pitch) for n in s.tracks[0].notes) for s in morph.scores}) >= 3


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8", "2/4", "9/8", "5/4", "7/8"])
def test_samples_are_music_in_every_metre(model: MusicModel, metre: str) -> None:
    scores = model.sample(8, metre=metre)
    sounding = [score for score in scores if score.tracks[0].notes]
    assert len(sounding) >= 7
    assert len({tuple((n.onset, n.pitch) for n in s.tracks[0].notes) for s in sounding}) >= 7
    pitches = [n.pitch for score in sounding for n in score.tracks[0].notes]
    assert 50 < sum(pitches) / len(pitches) < 90


def test_a_plain_beat_is_kept_and_gets_a_drummers_feel(drummer: MusicModel) -> None:
    score = Score((kit(*beat(8)),))
    assert drummer.compare(score)["hit_f1"] >= 0.8
    morph = interpolate(drummer, score, Score((kit(*beat(2, seed=2)),)), steps=3)
    assert [t.is_drum for t in morph.scores[1].tracks] == [True]
    notes = humanize(drummer, score, decoding=GREEDY).score.tracks[0].notes
    assert sorted((n.pitch, round(4 * n.onset)) for n in notes) == sorted((n.pitch, 4 * n.onset) for n in beat(8))
    hats = [n.velocity for n in notes if n.pitch == 42]
    assert max(hats) - min(hats) >= 5, "hats on and between the beats are played alike"
    assert sum(n.onset * 4 % 1 > 0 for n in notes) > len(notes) / 2


def test_drum_samples_are_beats(drummer: MusicModel) -> None:
    scores = drummer.sample(8)
    assert all(t.is_drum for s in scores for t in s.tracks)
    assert sum(len(s.tracks[0].notes) >= 8 for s in scores) >= 6
    assert len({n.velocity for s in scores for n in s.tracks[0].notes}) > 20


def test_pictures_come_back_or_are_repaired(painter: ImageModel) -> None:
    """What is made is nearer to strokes than a black picture, and, of a repair, than the damaged ones."""
    true = strokes(painter)
    labels = torch.tensor([1, 7, 1, 7]) if painter.network.classes else None
    if painter.task.corruption is None:
        worst, made = torch.zeros_like(true), painter.reconstruct(true, labels)
    else:
        worst = painter.damage(true)
        made = painter.repair(worst)
    assert made.shape == true.shape and 0.0 <= float(made.min()) <= float(made.max()) <= 1.0
    assert float(psnr(made, true).mean()) > float(psnr(worst, true).mean()) + 1.0
    if isinstance(painter.task.corruption, Downscaling):
        small = painter.task.corruption.shrink(true)
        torch.testing.assert_close(painter.enlarge(small), made)


@pytest.mark.parametrize("painter", SAMPLED, indirect=True)
def test_pictures_that_can_be_sampled_are_varied_and_neither_black_nor_grey(painter: ImageModel) -> None:
    config: Any = painter.network.config
    labels = torch.arange(32) % painter.network.classes if painter.network.classes else None
    samples = painter.sample(32, labels, seed=0)
    assert 0.05 < float(samples.mean()) < 0.4 and float(samples.std(0).mean()) > 0.05
    ink = 0.75 if config.latent_size == 2 else 0.9  # two numbers say so little that the mean pictures are soft
    assert float((samples > ink).float().mean()) > 0.02
