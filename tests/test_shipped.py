"""The weights that come with musicae: every file loads, is described, is small, and keeps the example tunes."""

import runpy
from pathlib import Path

import pytest

import musicae
from musicae import MusicModel
from musicae.checkpoint import read_info
from musicae.datasets.windows import split_of
from musicae.hub import load_weights, shipped
from musicae.presets import PRESETS

EXAMPLES = Path(__file__).parent.parent / "examples"
TUNES = sorted((EXAMPLES / "tunes").glob("*.mid"))
NAMES = sorted({"melody-2bar", *shipped()})  # the default model is looked for even where it is missing


def weights(name: str) -> Path:
    assert name in shipped(), f"musicae/weights/{name}.safetensors is missing"
    return shipped()[name]


@pytest.fixture(scope="module", params=NAMES)
def model(request: pytest.FixtureRequest) -> MusicModel:
    """Return each shipped music model."""
    path = weights(request.param)
    if not read_info(path).representation:
        pytest.skip("a model of images")
    return musicae.load(request.param, device="cpu")


@pytest.mark.parametrize("name", NAMES)
def test_weights_load_and_are_small(name: str) -> None:
    path = weights(name)
    assert path.stat().st_size <= 15e6
    network, info = load_weights(name)
    assert network.parameter_count() > 0
    assert info.data
    assert info.metrics
    assert info.musicae_version or info.format_version == 1


@pytest.mark.parametrize("name", NAMES)
def test_weights_have_a_card_that_names_data_licences_and_command(name: str) -> None:
    text = weights(name).with_suffix(".md").read_text(encoding="utf-8")
    assert name in text.splitlines()[0]
    assert f"musicae train {name}" in text
    for collection in read_info(weights(name)).data.get("collections", {}).values():
        assert collection["title"].split("(")[0].strip() in text
        assert collection["licence"] in text
        assert "non-commercial" not in collection["licence"], "such data are for tests only"


def test_the_default_model_is_what_its_preset_trains() -> None:
    info = read_info(weights("melody-2bar"))
    preset = PRESETS["melody-2bar"]
    assert (info.model, info.bars) == (preset.model, preset.bars)
    assert {k: info.config[k] for k in preset.config} == preset.config
    assert "test_note_f1" in info.metrics


def test_there_are_example_tunes_new_to_the_model() -> None:
    assert [path.name for path in TUNES] == ["a-reel.mid", "b-reel.mid", "c-jig.mid"]
    exported = runpy.run_path(str(EXAMPLES / "tunes" / "export.py"))["TUNES"]
    assert {file: split_of(name) for file, (_, name, *_) in exported.items()} == {path.name: "test" for path in TUNES}


@pytest.mark.parametrize("path", TUNES, ids=lambda path: path.stem)
def test_example_tunes_are_kept(model: MusicModel, path: Path) -> None:
    assert model.compare(path)["note_f1"] >= 0.9


def test_morph_ends_are_the_reconstructions_and_steps_differ(model: MusicModel) -> None:
    morph = model.interpolate(TUNES[0], TUNES[1], steps=5)
    assert (morph.scores[0], morph.scores[-1]) == (model.reconstruct(TUNES[0]), model.reconstruct(TUNES[1]))
    assert len({tuple((n.onset, n.pitch) for n in s.tracks[0].notes) for s in morph.scores}) >= 3


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8", "2/4", "9/8", "5/4", "7/8"])
def test_samples_are_music_in_every_metre(model: MusicModel, metre: str) -> None:
    scores = model.sample(8, metre=metre, seed=0)
    sounding = [score for score in scores if score.tracks[0].notes]
    assert len(sounding) >= 7
    assert len({tuple((n.onset, n.pitch) for n in s.tracks[0].notes) for s in sounding}) >= 7
    pitches = [n.pitch for score in sounding for n in score.tracks[0].notes]
    assert 50 < sum(pitches) / len(pitches) < 90
