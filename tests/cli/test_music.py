"""`musicae reconstruct`, `interpolate` and `sample`: the files they write, what they print, and seeds."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from musicae import Score, Track
from musicae.music.formats.midi import read_midi, write_midi
from musicae.music.score import KeySignature, TimeSignature

Run = Callable[..., tuple[int, str, str]]
MakeTune = Callable[..., Score]


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def morph(run: Run, small_checkpoint: Path) -> Run:
    """Return a function that runs `musicae interpolate` with the small model."""
    return lambda *arguments: run("interpolate", *arguments, "-c", small_checkpoint)


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def notes(path: Path | str) -> tuple[tuple[float, float, int], ...]:
    return tuple((n.onset, n.duration, n.pitch) for track in read_midi(path).tracks for n in track.notes)


# interpolate


def test_interpolate_writes_a_file_a_step_and_all_in_a_row(morph: Run, folder: Path) -> None:
    steps = ["out/step-01.mid", "out/step-02.mid", "out/step-03.mid"]
    ends = "from a.mid (track 1, bars 1-2) to b.mid (track 1, bars 1-2)"
    text = f"out/interpolation.mid: 3 steps {ends}, one after the other; each alone in step-01.mid to step-03.mid\n"
    assert morph("a.mid", "b.mid", "--steps", 3, "-o", "out") == (0, text, "")
    assert files(folder) == ["a.mid", "b.mid", "out/interpolation.mid", *steps]
    status, out, err = morph("a.mid", "b.mid", "--steps", 3, "-o", "out", "--force", "--json")
    parts = [
        {"step": i, "share": share, "output": path} for i, share, path in zip((1, 2, 3), (0.0, 0.5, 1.0), steps, strict=True)
    ]
    sources = [{"file": f"{name}.mid", "track": 1, "bars": "1-2"} for name in "ab"]
    joined = {"sources": sources, "steps": 3, "output": "out/interpolation.mid"}
    assert (status, [json.loads(line) for line in out.splitlines()], err) == (0, [*parts, joined], "")


def test_interpolate_makes_seven_steps_in_the_folder_morph_by_default(morph: Run, folder: Path) -> None:
    assert morph("a.mid", "b.mid")[0] == 0
    assert len(files(folder / "morph")) == 8


def test_many_steps_are_numbered_with_as_many_digits_as_they_need(morph: Run) -> None:
    out = morph("a.mid", "b.mid", "--steps", 100, "--json")[1]
    *steps, joined = [json.loads(line)["output"] for line in out.splitlines()]
    assert (steps[0], steps[-1], joined) == ("morph/step-001.mid", "morph/step-100.mid", "morph/interpolation.mid")
    assert sorted(steps) == steps


def test_ends_are_the_reconstructions_of_the_inputs(morph: Run, run: Run, small_checkpoint: Path) -> None:
    assert morph("a.mid", "b.mid", "--steps", 5)[0] == 0
    assert run("reconstruct", "a.mid", "b.mid", "-c", small_checkpoint, "-o", "again")[0] == 0
    assert Path("morph/step-01.mid").read_bytes() == Path("again/a.reconstructed.mid").read_bytes()
    assert Path("morph/step-05.mid").read_bytes() == Path("again/b.reconstructed.mid").read_bytes()
    assert notes("morph/step-01.mid") != notes("morph/step-05.mid")


def test_tempo_and_loudness_glide_and_the_instrument_changes_half_way(morph: Run) -> None:
    assert morph("a.mid", "b.mid", "--steps", 5)[0] == 0
    scores = [read_midi(f"morph/step-{i:02d}.mid") for i in range(1, 6)]
    tempos = [90 * (140 / 90) ** (i / 4) for i in range(5)]  # equal ratios
    assert [s.tempos[0].qpm for s in scores] == pytest.approx(tempos, rel=1e-5)
    assert [s.tracks[0].notes[0].velocity for s in scores] == [70, 71, 72, 72, 73]
    assert [s.tracks[0].program for s in scores] == [0, 0, 40, 40, 40]


def test_steps_nearer_to_a_have_the_metre_and_key_of_a(morph: Run, make_tune: MakeTune) -> None:
    jig = make_tune(1, metre=(6, 8))
    write_midi(Score(jig.tracks, jig.tempos, jig.time_signatures, (KeySignature(0.0, 7),)), "jig.mid")
    assert morph("a.mid", "jig.mid", "--steps", 4)[0] == 0
    scores = [read_midi(f"morph/step-{i:02d}.mid") for i in range(1, 5)]
    metres = [(s.time_signatures[0].numerator, s.time_signatures[0].denominator) for s in scores]
    assert metres == [(4, 4), (4, 4), (6, 8), (6, 8)]
    assert [s.keys[0].name for s in scores] == ["C major", "C major", "G major", "G major"]
    assert [s.end <= bars for s, bars in zip(scores, (8, 8, 6, 6), strict=True)] == [True] * 4


def test_interpolation_is_all_steps_in_a_row(morph: Run, make_tune: MakeTune) -> None:
    write_midi(make_tune(1, metre=(6, 8)), "jig.mid")
    assert morph("a.mid", "jig.mid", "--steps", 4)[0] == 0
    joined = read_midi("morph/interpolation.mid")
    starts = (0.0, 8.0, 16.0, 22.0)
    parts = [notes(f"morph/step-{i:02d}.mid") for i in range(1, 5)]
    moved = [(onset + start, length, pitch) for start, part in zip(starts, parts, strict=True) for onset, length, pitch in part]
    assert notes("morph/interpolation.mid") == tuple(moved)
    assert joined.time_signatures == (TimeSignature(0.0, 4, 4), TimeSignature(16.0, 6, 8))
    assert [t.time for t in joined.tempos] == list(starts)
    assert len(joined.bars()) == 8


def test_bars_and_tracks_of_both_files_can_be_chosen(morph: Run, make_tune: MakeTune) -> None:
    two = Score((make_tune(0).tracks[0], Track(make_tune(4).tracks[0].notes, 5, name="Fiddle")))
    write_midi(two, "two.mid")
    status, out, _ = morph("two.mid", "b.mid", "--bars", "3-4", "--track", "fiddle", "--track", "1", "--bars", "2-3")
    assert (status, "from two.mid (track 2, bars 3-4) to b.mid (track 1, bars 2-3)" in out) == (0, True)
    status, out, _ = morph("two.mid", "b.mid", "--bars", "3-4", "-o", "other")
    assert (status, "from two.mid (track 1, bars 3-4) to b.mid (track 1, bars 3-4)" in out) == (0, True)


# reconstruct


def test_reconstruct_writes_a_file_and_measures_how_much_was_kept(run: Run, small_checkpoint: Path, folder: Path) -> None:
    status, out, err = run("reconstruct", "a.mid", "-c", small_checkpoint, "-o", "again.mid", "--json")
    facts = json.loads(out)
    bits = facts.pop("kl_bits")
    assert (status, err) == (0, "")
    assert facts == {
        "file": "a.mid",
        "output": "again.mid",
        "track": 1,
        "bars": "1-2",
        "step_accuracy": 1.0,
        "note_f1": 1.0,
        "exact": 1.0,
        "hold_accuracy": 0.5938,
    }
    assert 1 < bits < 1000
    assert files(folder) == ["a.mid", "again.mid", "b.mid"]
    again = read_midi("again.mid")
    assert notes("again.mid") == tuple(n for n in notes("a.mid") if n[0] < 8)
    assert again.tempos[0].qpm == pytest.approx(90.0)
    assert again.tracks[0].program == 0
    metrics = f"note F1 1.000, time steps right 1.000 (no-event baseline 0.594), exact windows 1.000, KL {bits:.1f} bits"
    text = f"again.mid: a.mid (track 1, bars 1-2); {metrics}\n"
    assert run("reconstruct", "a.mid", "-c", small_checkpoint, "-o", "again.mid", "--force") == (0, text, "")


def test_reconstruct_writes_several_files_to_a_folder_or_here(run: Run, small_checkpoint: Path, folder: Path) -> None:
    status, out, _ = run("reconstruct", "a.mid", "b.mid", "-c", small_checkpoint, "-o", "again")
    assert status == 0
    written = ["again/a.reconstructed.mid", "again/b.reconstructed.mid"]
    assert [line.partition(":")[0] for line in out.splitlines()] == written
    assert run("reconstruct", "a.mid", "-c", small_checkpoint)[0] == 0
    assert files(folder) == ["a.mid", "a.reconstructed.mid", *written, "b.mid"]


# sample


def test_sample_writes_what_was_asked_for(run: Run, small_checkpoint: Path, folder: Path) -> None:
    wanted = ["--metre", "6/8", "--tempo", 90, "-n", 2]
    status, out, err = run("sample", *wanted, "-c", small_checkpoint, "-o", "new")
    assert (status, err) == (0, "")
    for i, line in enumerate(out.splitlines(), 1):
        score = read_midi(f"new/sample-0{i}.mid")
        assert line == f"new/sample-0{i}.mid: a sample in 6/8 of {len(score.tracks[0].notes)} notes"
    for name in ("new/sample-01.mid", "new/sample-02.mid"):
        score = read_midi(name)
        assert score.time_signatures == (TimeSignature(0.0, 6, 8),)
        assert [t.qpm for t in score.tempos] == pytest.approx([90.0])
        assert 0 < score.end <= 6
    facts = json.loads(run("sample", "-n", 1, "-c", small_checkpoint, "-o", "one.mid", "--json")[1])
    assert facts == {"metre": "4/4", "notes": len(read_midi("one.mid").tracks[0].notes), "output": "one.mid"}
    assert (folder / "one.mid").is_file()


@pytest.mark.parametrize("command", [["sample", "-n", "3"], ["interpolate", "a.mid", "b.mid", "--temperature", "1.5"]])
def test_a_seed_makes_files_byte_identical(run: Run, small_checkpoint: Path, command: list[str]) -> None:
    made = []
    for seed, output in ((5, "one"), (5, "two"), (6, "three")):
        torch.manual_seed(len(output))  # what was drawn before does not matter
        assert run(*command, "-c", small_checkpoint, "--seed", seed, "-o", output)[0] == 0
        made.append({name: (Path(output) / name).read_bytes() for name in files(Path(output))})
    assert made[0] == made[1]
    assert made[0] != made[2]
    assert len(set(made[0].values())) > 1
