"""Shared fixtures: tunes made for the purpose, and a cache of its own for the tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from musicae import MelodyGrid, Note, PlanVAE, Score, Track, write_midi
from musicae.batch import GridBatch
from musicae.checkpoint import CheckpointInfo, save_checkpoint
from musicae.cli.main import main
from musicae.config import to_dict
from musicae.models.plan import PlanVAEConfig
from musicae.objectives import ObjectiveConfig
from musicae.score import KeySignature, Tempo, TimeSignature

settings.register_profile("musicae", deadline=None)  # a busy machine is no failure
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
    info = CheckpointInfo(model=model.name, config=to_dict(model.config), representation=grid.to_dict(), bars=2, step=40)
    save_checkpoint(path, model, info)
    return path


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
