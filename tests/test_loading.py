"""`musicae.load`: one door to the models of both wings."""

import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import save_file

import musicae
from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, read_info, save_checkpoint
from musicae.core.config import with_changes
from musicae.errors import CheckpointError, ParameterError
from musicae.images.model import ImageModel
from musicae.loading import LOADERS
from musicae.music.model import MusicModel


def test_without_a_name_the_default_model_of_melodies_is_loaded() -> None:
    model = musicae.load(device="cpu")
    assert isinstance(model, MusicModel)
    assert (model.info.domain, model.info.kind, model.bars) == ("music", "melody", 2)


def test_the_domain_of_a_checkpoint_decides_what_is_returned(tmp_path: Path) -> None:
    for name, expected in (("drums-2bar", MusicModel), ("vae-2d", ImageModel)):
        model = musicae.load(name, device="cpu")
        assert isinstance(model, expected)
        network, info = load_checkpoint(Path(musicae.__file__).parent / "weights" / f"{name}.safetensors")
        save_checkpoint(tmp_path / f"{name}.safetensors", network, info)  # in the current format
        assert isinstance(musicae.load(tmp_path / f"{name}.safetensors", device="cpu"), expected)
        assert read_info(tmp_path / f"{name}.safetensors").domain in LOADERS


def test_an_unknown_domain_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "smell.safetensors"
    network, info = load_checkpoint(Path(musicae.__file__).parent / "weights" / "vae-2d.safetensors")
    save_checkpoint(path, network, with_changes(info, domain="smells"))
    with pytest.raises(CheckpointError) as error:
        musicae.load(path)
    assert str(error.value) == f"{path} holds a model of 'smells'; known are music, images. Update musicae."


def test_what_cannot_be_loaded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"^There is no checkpoint 'x': neither a file nor a shipped model"):
        musicae.load("x")
    save_file({}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="is not a checkpoint of musicae"):
        musicae.load(tmp_path / "other.safetensors")
    with pytest.raises(ParameterError, match="Unknown device 'tpu'"):
        musicae.load("vae-2d", device="tpu")


def test_one_wing_does_not_load_the_other() -> None:
    code = (
        "import sys, musicae\n"
        "musicae.load({name!r}, device='cpu')\n"
        "assert not [m for m in sys.modules if m.startswith({other!r})], sorted(sys.modules)"
    )
    for name, other in (("drums-2bar", "musicae.images"), ("vae-2d", "musicae.music")):
        script = code.format(name=name, other=other)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_description_is_kept() -> None:
    info = musicae.load("vae-2d", device="cpu").info
    assert isinstance(info, CheckpointInfo) and info == read_info(Path(musicae.__file__).parent / "weights/vae-2d.safetensors")
