"""Drums in the commands: which model a file goes to, and what models of drums write."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from musicae import MusicModel, Note, Score, Track, load, reconstruct
from musicae.errors import MidiError
from musicae.music.excerpts.tracks import choose_drums, drum_tracks
from musicae.music.formats.midi import read_midi, write_midi
from musicae.music.metrics.drums import hit_distance
from musicae.music.representations import DrumGrid
from musicae.music.score import TimeSignature
from support.drums import beat, feel, kit, write_files
from support.pieces import echo

Run = Callable[..., tuple[int, str, str]]
MakeTune = Callable[..., Score]
NO_MODEL = (
    " needs a model of drums, and this copy of musicae comes without one. Train it with `musicae train drums-2bar --data "
    "groove=PATH`, and give it with --checkpoint."
)
NEEDS_DRUMS = "A model of drums needs drums; give --data groove=FOLDER, groove=FILE.zip, or a folder of music files.\n"
ON, OFF = Note(0.0, 0.1, 36, 100), Note(1.0, 0.1, 38, 100)


@pytest.fixture
def model(drum_checkpoint: Path) -> MusicModel:
    return load(drum_checkpoint, device="cpu")


@pytest.fixture
def melody_only(monkeypatch: pytest.MonkeyPatch, small_checkpoint: Path) -> None:
    """Ship a tiny model of melodies."""
    monkeypatch.setattr("musicae.checkpoints.shipped.shipped", lambda: {"melody-2bar": small_checkpoint})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, midi_pair: tuple[Path, Path], make_tune: MakeTune, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of melodies a.mid and b.mid, drums x.mid and y.mid, and band.mid, which has both."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, make_tune(0))
    return tmp_path


def drums_only(*paths: str) -> bool:
    return all([t.is_drum for t in read_midi(path).tracks] == [True] for path in paths)


# which model


def test_drums_go_to_the_model_of_drums_and_melodies_to_that_of_melodies(run: Run, shipped: None) -> None:
    status, out, err = run("reconstruct", "a.mid", "x.mid", "band.mid", "-o", "again", "--json")
    tune, drums, band = map(json.loads, out.splitlines())
    assert (status, err) == (0, "")
    assert set(tune) - set(drums) == {"note_f1"} and (band["track"], "note_f1" in band) == (1, True)
    assert set(drums) - set(tune) == {
        "hit_f1", "velocity_error", "plain_velocity_error", "timing_error", "plain_timing_error"
    }  # fmt: skip
    assert drums_only("again/x.reconstructed.mid") and not drums_only("again/a.reconstructed.mid")
    assert read_midi("again/x.reconstructed.mid").tempos[0].qpm == pytest.approx(90.0, rel=1e-4)
    assert drums["hit_f1"] > 0.8 and (drums["track"], drums["bars"]) == (1, "1-2")
    out = run("reconstruct", "x.mid")[1]
    f1, error = f"hit F1 {drums['hit_f1']:.3f}", f"timing error {drums['timing_error']:.1f} ms"
    assert out.startswith(f"x.reconstructed.mid: x.mid (track 1, bars 1-2); {f1}, time steps right ")
    assert f"{error} (quantised {drums['plain_timing_error']:.1f} ms), KL " in out


@pytest.mark.parametrize("track", ["drums", "2", "kit"])
def test_the_drums_of_a_file_with_a_melody_can_be_chosen(run: Run, shipped: None, track: str) -> None:
    status, out, _ = run("reconstruct", "band.mid", "--track", track, "-o", "again.mid", "--json")
    assert (status, json.loads(out)["track"]) == (0, 2)
    assert drums_only("again.mid")
    assert run("interpolate", "band.mid", "x.mid", "--track", track, "--track", "drums", "--steps", 2, "-o", "way")[0] == 0
    assert Path("way/step-01.mid").read_bytes() == Path("again.mid").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        (["interpolate", "x.mid", "y.mid", "--steps", 3, "--even", "-o", "out"], "step-02.mid"),
        (["interpolate", "x.mid", "y.mid", "--steps", 3, "--whole", "-o", "out"], "interpolation.mid"),
        (["interpolate", "x.mid", "y.mid", "--steps", 3, "--exact", "-o", "out"], "step-03.mid"),
        (["vary", "x.mid", "-n", 2, "-o", "out"], "x.vary-02.mid"),
        (["vary", "x.mid", "-n", 1, "--whole", "-o", "out"], "x.vary-01.mid"),
        (["mean", "x.mid", "y.mid", "-o", "out"], "mean.mid"),
        (["grid", "x.mid", "y.mid", "--size", "1x3", "-o", "out"], "row-1-column-2.mid"),
        (["continue", "x.mid", "-n", 2, "-o", "out"], "x.continued-2.mid"),
        (["sample", "-c", "drums-2bar", "--metre", "3/4", "-n", 1, "-o", "out"], "sample-01.mid"),
    ],
)
def test_every_command_makes_drums_of_drums(run: Run, shipped: None, arguments: list[str], written: str) -> None:
    status, _, err = run(*arguments)
    assert status == 0, err
    assert drums_only(f"out/{written}")
    notes = read_midi(f"out/{written}").tracks[0].notes
    assert len({n.velocity for n in notes}) > 2 and {n.pitch for n in notes} <= {36, 38, 42}


@pytest.mark.parametrize("fill", [(), ("--fill", 2)])
def test_bars_of_drums_are_filled_and_the_rest_is_kept_as_it_was_played(
    run: Run, shipped: None, fill: tuple[str | int, ...]
) -> None:
    played = [feel(n) for n in beat(3) if fill or not 4 <= n.onset < 8]
    write_midi(Score((kit(*played),)), "half.mid")
    status, out, err = run("complete", "half.mid", "--bars", "1-2", *fill, "-o", "full.mid", "--json")
    assert status == 0, err
    assert json.loads(out) == {"file": "half.mid", "track": 1, "bars": "1-2", "filled": [2], "output": "full.mid"}
    made = read_midi("full.mid").tracks[0].notes
    first = [(n.pitch, n.velocity) for n in made if n.onset < 3.9]
    assert first == [(n.pitch, n.velocity) for n in read_midi("half.mid").tracks[0].notes if n.onset < 3.9]
    assert all(abs(n.onset - m.onset) < 0.01 for n, m in zip(made, sorted(played), strict=False) if m.onset < 3.9)
    assert sum(n.onset > 3.9 for n in made) >= 4


def test_a_bar_of_the_kick_alone_is_not_empty(run: Run, shipped: None) -> None:
    write_midi(Score((kit(*(Note(float(i), 0.1, 36, 90) for i in range(8))),)), "kick.mid")
    status, _, err = run("complete", "kick.mid", "-o", "full.mid")
    assert status == 2 and "a note begins in each of bars 1-2; choose with --fill which to fill." in err


@pytest.mark.parametrize("command", ["interpolate", "mean", "grid"])
def test_drums_and_melodies_do_not_mix(run: Run, shipped: None, command: str) -> None:
    text = "Error: a.mid holds melodies, and x.mid holds drums; no model takes both. Choose files of one kind.\n"
    assert run(command, "a.mid", "x.mid") == (1, "", text)
    remedy = "files of one kind, or take the drums of all of them with --track drums.\n"
    status, out, err = run(command, "x.mid", "band.mid")
    assert (status, out) == (1, "") and err.endswith(remedy)
    assert run(command, "x.mid", "band.mid", "--track", "drums", "-o", "out")[0] == 0
    assert sorted(p.name for p in Path().iterdir()) == ["a.mid", "b.mid", "band.mid", "out", "x.mid", "y.mid"]


@pytest.mark.parametrize("command", ["reconstruct", "interpolate", "vary", "mean", "grid"])
def test_without_a_model_of_drums_the_remedy_is_told(run: Run, melody_only: None, command: str) -> None:
    files = ["x.mid", "y.mid"] if command in ("interpolate", "mean", "grid") else ["x.mid"]
    assert run(command, *files) == (1, "", f"Error: x.mid{NO_MODEL}\n")
    assert run("humanize", "x.mid") == (1, "", f"Error: humanize{NO_MODEL}\n")
    status, out, _ = run("reconstruct", "x.mid", "a.mid", "--json")
    assert status == 1 and [json.loads(line).get("error") for line in out.splitlines()] == [f"x.mid{NO_MODEL}", None]


@pytest.mark.parametrize("command", [("evaluate", "drums-2bar"), ("train", "drums-2bar")])
def test_drums_are_neither_measured_nor_trained_on_melodies(run: Run, shipped: None, command: tuple[str, ...]) -> None:
    status, _, err = run(*command)
    assert (status, err) == (1, "Error: " + NEEDS_DRUMS)
    assert not Path("runs").exists()


def test_what_concerns_all_files_is_told_once(run: Run, shipped: None) -> None:
    text = "Error: Unknown device 'tpu'; choose auto, cpu, cuda or mps.\n"
    assert run("reconstruct", "a.mid", "x.mid", "--device", "tpu") == (2, "", text)
    assert run("reconstruct", "a.mid", "x.mid", "-c", "a.mid")[2].count("\n") == 1


def test_inspect_tells_which_model_takes_drums(run: Run, shipped: None) -> None:
    out = run("inspect", "x.mid")[1]
    assert out.splitlines()[-1] == "  commands take track 1, bars 1-2, with drums-2bar"
    assert json.loads(run("inspect", "x.mid", "--json")[1])["take"] == {"track": 1, "bars": "1-2", "model": "drums-2bar"}
    assert json.loads(run("inspect", "band.mid", "--json")[1])["take"] == {"track": 1, "bars": "1-2", "model": "melody-2bar"}


def test_inspect_tells_that_no_model_takes_drums(run: Run, melody_only: None) -> None:
    assert json.loads(run("inspect", "x.mid", "--json")[1])["take"] == {"reason": f"x.mid{NO_MODEL}"}


# the drum part


def test_all_drum_tracks_are_one_part(model: MusicModel) -> None:
    lead = Track((Note(0.0, 1.0, 60),), name="lead")
    score = Score((kit(ON, name="kick"), lead, kit(OFF, name="snare"), Track((), is_drum=True)))
    assert drum_tracks(score, "x") == (0, 2) and drum_tracks(score, "x", "snare") == (2,)
    joined, index = choose_drums(score, "x")
    assert index == 0 and joined.tracks == (kit(ON, OFF, name="kick"), lead, Track((), is_drum=True))
    assert model.phrase(score).window.tokens[[0, 4]].tolist() == [1, 2]
    assert model.phrase(score, track="snare").window.tokens[[0, 4]].tolist() == [0, 2]


def test_a_track_of_another_channel_may_hold_drums(model: MusicModel) -> None:
    score = Score((Track((ON, OFF), name="loop"),))
    with pytest.raises(MidiError, match=r"^the score has no drums \(no track on channel 10\); give --track the number of the"):
        model.phrase(score)
    assert model.phrase(score, track="1").window.tokens[[0, 4]].tolist() == [1, 2]
    assert [t.is_drum for t in reconstruct(model, model.phrase(score, track="loop")).tracks] == [True]


def test_hits_are_neither_tied_nor_lost_over_the_bar_line(model: MusicModel) -> None:
    long = [replace(n, duration=0.3) for n in beat(4)]
    piece = model.piece(Score((kit(*long),)))
    assert len(reconstruct(model, piece).tracks[0].notes) > 0.8 * len(long)
    early = [*beat(2), Note(7.95, 0.02, 36, 90), *(replace(n, onset=n.onset + 8) for n in beat(2) if n.onset > 0.1)]
    window = model.piece(Score((kit(*early),))).windows[1].phrase.window
    assert int(window.tokens[0]) == 1 and window.values is not None and window.values[0, 9] == pytest.approx(-0.4, abs=0.01)


def test_a_model_that_keeps_everything_gives_the_hits_back_and_early_ones_stay_early_where_windows_meet() -> None:
    model = echo(representation=DrumGrid())
    hits = map(feel, (replace(n, onset=n.onset + 4) for n in beat(5)))  # hats on every beat are early
    score = Score((kit(*(replace(n, duration=0.01) for n in hits)),), (), (TimeSignature(0.0, 4, 4),))
    again = reconstruct(model, model.piece(score)).tracks[0].notes
    for ours, theirs in zip(again, score.tracks[0].notes, strict=True):
        assert (ours.pitch, ours.velocity) == (theirs.pitch, theirs.velocity)
        assert ours.onset == pytest.approx(theirs.onset, abs=0.001)
    assert any(n.onset < 12 < n.end for n in again)


def test_drums_have_no_scale(run: Run, shipped: None) -> None:
    status, out, err = run("vary", "x.mid", "--key", "D")
    assert (status, out, err.splitlines()[-1]) == (2, "", "Error: Drums have no key; do not give a scale.")


def test_hit_distance() -> None:
    a, b, mask = torch.tensor([[0, 5, 256, 1]]), torch.tensor([[0, 6, 256, 7]]), torch.tensor([[True, True, True, False]])
    assert float(hit_distance(a, b, mask)) == pytest.approx(2 / 3) == float(hit_distance(b, a, mask))
    assert float(hit_distance(a, a, mask)) == 0
