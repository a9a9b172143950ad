"""Shared fixtures: tunes and pictures made for the purpose, and a cache of its own for the tests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings

from musicae import Note, Score, Track
from musicae.checkpoints.format import CheckpointInfo, save_checkpoint
from musicae.cli.main import main
from musicae.core.config import to_dict
from musicae.core.objectives import ObjectiveConfig
from musicae.images.files import write_image
from musicae.music.formats.midi import write_midi
from musicae.music.models.batch import GridBatch
from musicae.music.models.plan import PlanVAE, PlanVAEConfig
from musicae.music.representations import DrumGrid, MelodyGrid
from musicae.music.score import KeySignature, Tempo, TimeSignature
from support.drums import drum_model

# No deadline: a busy machine is no failure. The same examples in each run: a failure is there for everybody, or for nobody.
settings.register_profile("musicae", deadline=None, derandomize=True)
settings.load_profile("musicae")

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Keep sums in one order, so that runs are bit-equal on any number of cores."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test read or fill the user's cache, or download anything."""
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("MUSICAE_MIRRORS", "")


def tune(seed: int = 0, *, bars: int = 4, metre: tuple[int, int] = (4, 4), qpm: float = 100.0, program: int = 0) -> Score:
    """Return a melody in eighths and quarters that differs by seed."""
    end = bars * 4 * metre[0] / metre[1]
    notes, time, i = [], 0.0, seed
    while time < end - 1e-9:
        length = min((0.5, 1.0, 0.5, 0.5)[i % 4], end - time)
        notes.append(Note(time, length, SCALE[(i * i + 3 * seed) % 8] + seed % 5, 70 + seed % 30))
        time += length
        i += 1
    track = Track(tuple(notes), program, name="lead")
    return Score((track,), (Tempo(0.0, qpm),), (TimeSignature(0.0, *metre),), (KeySignature(0.0, 0),))


@pytest.fixture
def midi_pair(tmp_path: Path) -> tuple[Path, Path]:
    """Return two MIDI files in 4/4."""
    a, b = tmp_path / "a.mid", tmp_path / "b.mid"
    write_midi(tune(0, qpm=90.0), a)
    write_midi(tune(3, qpm=140.0, program=40), b)
    return a, b


@pytest.fixture(scope="session")
def make_tune() -> Callable[..., Score]:
    """Return the function `tune`, which test modules cannot import."""
    return tune


@pytest.fixture(scope="session")
def tune_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 20 MIDI files of 17 bars each, in three metres; some of each split."""
    folder = tmp_path_factory.mktemp("data") / "tunes"
    folder.mkdir()
    for i in range(20):
        write_midi(tune(i, bars=17, metre=((4, 4), (3, 4), (6, 8))[i % 3]), folder / f"tune{i:02}.mid")
    return folder


@pytest.fixture(scope="session")
def groove_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder laid out as the Groove MIDI Dataset: six performances of five bars, four to train on."""
    root = tmp_path_factory.mktemp("drums")
    rows = ["drummer,id,style,bpm,beat_type,time_signature,midi_filename,split"]
    for i, split in enumerate(("train", "train", "train", "train", "validation", "test")):
        name = f"drummer1/session1/{i}_rock_120_beat_4-4.mid"
        (root / "groove" / name).parent.mkdir(parents=True, exist_ok=True)
        write_midi(drumming(i), root / "groove" / name)
        rows.append(f"drummer1,drummer1/session1/{i},rock,120,beat,4-4,{name},{split}")
    (root / "groove" / "info.csv").write_text("\n".join(rows) + "\n")
    return root


def drumming(seed: int) -> Score:
    """Return five bars of 4/4: kick, snare and hats, each a little off the grid and of its own loudness."""
    random = np.random.default_rng(seed)
    notes = []
    for step in range(5 * 16):
        for pitch, every in ((36, 8), (38, 8), (42, 2)):
            if step % every == (4 if pitch == 38 else 0) or random.random() < 0.05:
                onset = max(step / 4 + float(random.normal(0.0, 0.02)), 0.0)
                notes.append(Note(onset, 0.1, pitch, int(random.integers(30, 127))))
    return Score((Track(tuple(sorted(notes)), is_drum=True),))


@pytest.fixture(scope="session")
def small_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint of a tiny model of two bars that has learnt `tune(0)` to `tune(5)` in 4/4, 3/4 and 6/8 by heart."""
    torch.manual_seed(0)
    sizes = {"token_size": 16, "block_size": 48, "pooled_size": 24, "hidden_size": 64, "decoder_size": 48, "cell_size": 32}
    model = PlanVAE(PlanVAEConfig(latent_size=16, token_dropout=0.0, **sizes))
    grid = MelodyGrid()
    tunes = [tune(seed, metre=metre) for metre in ((4, 4), (3, 4), (6, 8)) for seed in range(6)]
    batch = GridBatch.from_windows([grid.encode(t.tracks[0].notes, t.bar_range(1, 2)) for t in tunes])
    optimizer = torch.optim.Adam(model.parameters(), 4e-3)
    for _ in range(40):
        optimizer.zero_grad()
        model(batch, ObjectiveConfig(), 1e-4).loss.backward()
        optimizer.step()
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    info = CheckpointInfo(
        domain="music",
        kind="melody",
        model=model.name,
        config=to_dict(model.config),
        representation=grid.to_dict(),
        bars=2,
        step=40,
    )
    save_checkpoint(path, model, info)
    return path


@pytest.fixture(scope="session")
def drum_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint of a tiny model of two bars of drums."""
    path, model = tmp_path_factory.mktemp("weights") / "drums.safetensors", drum_model()
    info = CheckpointInfo(
        domain="music",
        kind="drums",
        model=model.name,
        config=to_dict(model.config),
        representation=DrumGrid().to_dict(),
        bars=2,
    )
    save_checkpoint(path, model, info)
    return path


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, small_checkpoint: Path, drum_checkpoint: Path) -> None:
    """Ship a tiny model of melodies, under both names, and one of drums, and nothing else."""
    melodies = dict.fromkeys(("melody-2bar", "melody-2bar-sampling"), small_checkpoint)
    monkeypatch.setattr("musicae.checkpoints.shipped.shipped", lambda: {**melodies, "drums-2bar": drum_checkpoint})


@pytest.fixture
def folder(tmp_path: Path, midi_pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that holds a.mid and b.mid."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs `musicae` with arguments in this process and returns exit status, stdout and stderr."""

    def musicae(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(a) for a in arguments])
        captured = capsys.readouterr()
        assert isinstance(stopped.value.code, int)
        return stopped.value.code, captured.out, captured.err

    return musicae


_SMALL = {"variational": True, "hidden_sizes": [12], "latent_size": 3}
_MAP = {"variational": False, "bottleneck": "map", "widths": [4, 4]}
_TASKS: dict[str, dict[str, Any]] = {
    "noise": {"corruption": {"name": "gaussian"}},
    "halves": {"corruption": {"name": "downscaling", "factor": 2}},
}
_PICTURE_MODELS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "vae": ("dense-autoencoder", _SMALL, {"binarise": "dynamic"}),
    "flat": ("dense-autoencoder", {**_SMALL, "latent_size": 2}, {"binarise": "dynamic"}),
    "plain": ("dense-autoencoder", {**_SMALL, "variational": False}, {}),
    "denoise": ("conv-autoencoder", _MAP, _TASKS["noise"]),
    "superres": ("conv-autoencoder", _MAP, _TASKS["halves"]),
    "cvae": ("conditional-autoencoder", _SMALL, {"binarise": "dynamic"}),
    "aae": ("adversarial-autoencoder", {"hidden_sizes": [12], "latent_size": 3, "discriminator_sizes": [8]}, {}),
}


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in the format of CIFAR-10: class k is a bright bar at row 3 k on some colour."""
    folder, random = tmp_path_factory.mktemp("cifar"), np.random.default_rng(0)
    for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"):
        images = np.broadcast_to(random.integers(0, 120, (20, 3, 1, 1)), (20, 3, 32, 32)).copy()
        labels = np.arange(20) % 10
        for image, label in zip(images, labels, strict=True):
            image[:, 3 * label : 3 * label + 3] = 255
        rows = np.concatenate([labels[:, None], images.reshape(20, -1)], 1).astype(np.uint8)
        (folder / name).write_bytes(rows.tobytes())
    return folder


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    """Return a folder with a short run of each model, made by `musicae image train --config`."""
    folder = tmp_path_factory.mktemp("runs")
    for name, (model, config, task) in _PICTURE_MODELS.items():
        training = {"steps": 3, "batch_size": 16, "warmup_steps": 1, "weight_decay": 0.0}
        recipe = {"model": model, "config": config, "task": task, "data": "cifar-10", "training": training}
        (folder / f"{name}.json").write_text(json.dumps(recipe))
        arguments = ["--config", folder / f"{name}.json", "--data-dir", photographs, "--device", "cpu", "-o", folder / name]
        with pytest.raises(SystemExit) as stopped:
            main(["image", "train", *map(str, arguments)])
        assert stopped.value.code == 0
    return folder


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Return a colour PNG of 32 x 32 pixels."""
    path = tmp_path / "picture.png"
    write_image(torch.linspace(0, 1, 3 * 32 * 32).reshape(3, 32, 32), path)
    return path
