"""Shared fixtures: tunes made for the purpose, and a cache of its own for the tests."""

from pathlib import Path

import pytest
import torch

from musicae import Note, Score, Track, write_midi
from musicae.score import KeySignature, Tempo, TimeSignature

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Keep sums in one order, so that runs are bit-equal on any number of cores."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test read or fill the user's cache."""
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


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
