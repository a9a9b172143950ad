"""Drum patterns, and a tiny model that has learnt how they are played."""

from dataclasses import replace
from pathlib import Path

import torch

from musicae import Note, Score, Track
from musicae.core.objectives import ObjectiveConfig
from musicae.music.formats.midi import write_midi
from musicae.music.models.batch import GridBatch
from musicae.music.models.plan import PlanVAE, PlanVAEConfig
from musicae.music.representations import DrumGrid
from musicae.music.score import Control, Tempo, TimeSignature


def beat(bars: int = 4, *, velocity: int = 80, seed: int = 0, metre: float = 4.0) -> tuple[Note, ...]:
    """Return kick, snare and hats on the grid, all equally loud; the kicks differ by seed."""
    steps = range(round(4 * metre * bars))
    hits = [(step, 42) for step in steps if step % 2 == 0] + [(step, 38) for step in steps if step % 8 == 4]
    hits += [(step, 36) for step in steps if (step * (seed + 3) + seed) % 8 == 0]
    return tuple(sorted(Note(step / 4, 0.1, pitch, velocity) for step, pitch in hits))


def kit(*notes: Note, name: str = "Kit") -> Track:
    """Return a drum track."""
    return Track(tuple(sorted(notes)), is_drum=True, name=name)


def feel(note: Note) -> Note:
    """Play a note as the model learns it: snares late and loud, hats early and soft, kicks on the grid."""
    shift, velocity = {38: (0.06, 115), 42: (-0.04, 45), 36: (0.0, 95)}[note.pitch]
    return replace(note, onset=max(note.onset + shift, 0.0), velocity=velocity)


def drum_model() -> PlanVAE:
    """Return a tiny model that has learnt a few patterns with their feel, half of the time without being shown it."""
    torch.manual_seed(0)
    sizes = {"token_size": 24, "block_size": 48, "pooled_size": 32, "hidden_size": 64, "decoder_size": 48, "cell_size": 32}
    drums = {"depth": 512, "expression_parts": 9}
    model = PlanVAE(PlanVAEConfig(latent_size=16, token_dropout=0.0, expression_dropout=0.5, **drums, **sizes))
    grid, windows = DrumGrid(), []
    for numerator in (3, 4):
        for seed in range(6):
            notes = tuple(map(feel, beat(2, seed=seed, metre=numerator)))
            score = Score((kit(*notes),), (), (TimeSignature(0.0, numerator, 4),))
            windows.append(grid.encode(notes, score.bar_range(1, 2)))
    batch = GridBatch.from_windows(windows)
    optimizer = torch.optim.Adam(model.parameters(), 4e-3)
    for _ in range(80):
        optimizer.zero_grad()
        model(batch, ObjectiveConfig(), 1e-4).loss.backward()
        optimizer.step()
    return model


def write_files(folder: Path, lead: Score) -> None:
    """Write drums x.mid and y.mid into a folder, and band.mid, which has a melody, drums and a bass."""
    write_midi(Score((kit(*beat()),), (Tempo(0.0, 90.0),)), folder / "x.mid")
    write_midi(Score((kit(*beat(seed=2)),), (Tempo(0.0, 140.0),)), folder / "y.mid")
    bass = Track(tuple(Note(float(i), 1.0, 40) for i in range(16)), 33, name="Bass", controls=(Control(0.0, 7, 99),))
    tracks = (Track(lead.tracks[0].notes, 73, name="Lead"), kit(*beat()), bass)
    tempos = (Tempo(0.0, 100.0), Tempo(8.0, 130.0))
    write_midi(Score(tracks, tempos, (TimeSignature(0.0, 4, 4),)), folder / "band.mid")
