"""Drums in the commands: which model a file goes to, what drum models write, and humanizing."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from musicae import MusicModel, Note, Score, Track, load, read_midi, write_midi
from musicae.batch import GridBatch
from musicae.checkpoint import CheckpointInfo, save_checkpoint
from musicae.config import to_dict
from musicae.errors import CheckpointError, MidiError, ParameterError
from musicae.feel import humanize
from musicae.kit import choose_part, drum_tracks
from musicae.models import MusicVAE, MusicVAEConfig, PlanVAE, PlanVAEConfig
from musicae.morph import hit_distance
from musicae.objectives import ObjectiveConfig
from musicae.representations import DrumGrid
from musicae.score import Control, Tempo, TimeSignature
from musicae.whole import cut, reconstruct

Run = Callable[..., tuple[int, str, str]]
MakeTune = Callable[..., Score]
NO_MODEL = (
    " needs a model of drums, and this copy of musicae comes without one. Train it with `musicae train drums-2bar --data "
    "groove=PATH`, and give it with --checkpoint."
)
ON, OFF = Note(0.0, 0.1, 36, 100), Note(1.0, 0.1, 38, 100)


def beat(bars: int = 4, *, velocity: int = 80, seed: int = 0, metre: float = 4.0) -> tuple[Note, ...]:
    """Return kick, snare and hats on the grid, all equally loud; the kicks differ by seed."""
    steps = range(round(4 * metre * bars))
    hits = [(step, 42) for step in steps if step % 2 == 0] + [(step, 38) for step in steps if step % 8 == 4]
    hits += [(step, 36) for step in steps if (step * (seed + 3) + seed) % 8 == 0]
    return tuple(sorted(Note(step / 4, 0.1, pitch, velocity) for step, pitch in hits))


def kit(*notes: Note, name: str = "Kit") -> Track:
    return Track(tuple(sorted(notes)), is_drum=True, name=name)


def train(played: list[Score]) -> PlanVAE:
    """Return a tiny model that has learnt patterns with their feel, half of them without being shown it."""
    torch.manual_seed(0)
    sizes = {"token_size": 24, "block_size": 48, "pooled_size": 32, "hidden_size": 64, "decoder_size": 48, "cell_size": 32}
    drums = {"depth": 512, "hit_parts": 9}
    model = PlanVAE(PlanVAEConfig(latent_size=16, token_dropout=0.0, value_dropout=0.5, **drums, **sizes))
    grid = DrumGrid()
    batch = GridBatch.from_windows([grid.encode(s.tracks[0].notes, s.bar_range(1, 2)) for s in played])
    optimizer = torch.optim.Adam(model.parameters(), 4e-3)
    for _ in range(80):
        optimizer.zero_grad()
        model(batch, ObjectiveConfig(), 1e-4).loss.backward()
        optimizer.step()
    return model


def feel(note: Note) -> Note:
    """Play a note as the model learns it: snares late and loud, hats early and soft, kicks on the grid."""
    shift, velocity = {38: (0.06, 115), 42: (-0.04, 45), 36: (0.0, 95)}[note.pitch]
    return replace(note, onset=max(note.onset + shift, 0.0), velocity=velocity)


@pytest.fixture(scope="module")
def drum_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint of a tiny model of two bars of drums."""
    played = [Score((kit(*map(feel, beat(2, seed=seed))),)) for seed in range(6)]
    waltz = [Score((kit(*map(feel, beat(2, seed=seed, metre=3.0))),), (), (TimeSignature(0.0, 3, 4),)) for seed in range(6)]
    model = train(played + waltz)
    path = tmp_path_factory.mktemp("drums") / "drums.safetensors"
    info = CheckpointInfo(model=model.name, config=to_dict(model.config), representation=DrumGrid().to_dict(), bars=2)
    save_checkpoint(path, model, info)
    return path


@pytest.fixture
def model(drum_checkpoint: Path) -> MusicModel:
    return load(drum_checkpoint, device="cpu")


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, small_checkpoint: Path, drum_checkpoint: Path) -> None:
    """Ship a tiny model of melodies and one of drums."""
    monkeypatch.setattr("musicae.hub.shipped", lambda: {"melody-2bar": small_checkpoint, "drums-2bar": drum_checkpoint})


@pytest.fixture
def melody_only(monkeypatch: pytest.MonkeyPatch, small_checkpoint: Path) -> None:
    """Ship a tiny model of melodies."""
    monkeypatch.setattr("musicae.hub.shipped", lambda: {"melody-2bar": small_checkpoint})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, midi_pair: tuple[Path, Path], make_tune: MakeTune, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of melodies a.mid and b.mid, drums x.mid and y.mid, and band.mid, which has both."""
    monkeypatch.chdir(tmp_path)
    write_midi(Score((kit(*beat()),), (Tempo(0.0, 90.0),)), "x.mid")
    write_midi(Score((kit(*beat(seed=2)),), (Tempo(0.0, 140.0),)), "y.mid")
    bass = Track(tuple(Note(float(i), 1.0, 40) for i in range(16)), 33, name="Bass", controls=(Control(0.0, 7, 99),))
    lead = Track(make_tune(0).tracks[0].notes, 73, name="Lead")
    tempos = (Tempo(0.0, 100.0), Tempo(8.0, 130.0))
    write_midi(Score((lead, kit(*beat()), bass), tempos, (TimeSignature(0.0, 4, 4),)), "band.mid")
    return tmp_path


def drums_only(*paths: str) -> bool:
    return all([t.is_drum for t in read_midi(path).tracks] == [True] for path in paths)


# which model


def test_drums_go_to_the_model_of_drums_and_melodies_to_that_of_melodies(run: Run, shipped: None) -> None:
    status, out, err = run("reconstruct", "a.mid", "x.mid", "band.mid", "-o", "again")
    tune, drums, band = map(json.loads, out.splitlines())
    assert status == 0 and "(hit F1 " in err and "(note F1 " in err
    assert set(tune) - set(drums) == {"note_f1"} and (band["track"], "note_f1" in band) == (1, True)
    assert set(drums) - set(tune) == {
        "hit_f1", "velocity_error", "plain_velocity_error", "timing_error", "plain_timing_error"
    }  # fmt: skip
    assert drums_only("again/x.reconstructed.mid") and not drums_only("again/a.reconstructed.mid")
    assert read_midi("again/x.reconstructed.mid").tempos[0].qpm == pytest.approx(90.0, rel=1e-4)
    assert drums["hit_f1"] > 0.8 and (drums["track"], drums["bars"]) == (1, "1-2")


@pytest.mark.parametrize("track", ["drums", "2", "kit"])
def test_the_drums_of_a_file_with_a_melody_can_be_chosen(run: Run, shipped: None, track: str) -> None:
    status, out, _ = run("reconstruct", "band.mid", "--track", track, "-o", "again.mid")
    assert (status, json.loads(out)["track"]) == (0, 2)
    assert drums_only("again.mid")
    assert run("interpolate", "band.mid", "x.mid", "--track", track, "--track", "drums", "--steps", 2, "-o", "way")[0] == 0
    assert Path("way/step-01.mid").read_bytes() == Path("again.mid").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        (["interpolate", "x.mid", "y.mid", "--steps", 3, "--even", "-o", "out"], "step-02.mid"),
        (["interpolate", "x.mid", "y.mid", "--steps", 3, "--whole", "-o", "out"], "interpolation.mid"),
        (["vary", "x.mid", "-n", 2, "-o", "out"], "x.vary-02.mid"),
        (["vary", "x.mid", "-n", 1, "--whole", "-o", "out"], "x.vary-01.mid"),
        (["mean", "x.mid", "y.mid", "-o", "out"], "mean.mid"),
        (["grid", "x.mid", "y.mid", "--size", "1x3", "-o", "out"], "row-1-column-2.mid"),
        (["sample", "-c", "drums-2bar", "--metre", "3/4", "-n", 1, "-o", "out"], "sample-01.mid"),
    ],
)
def test_every_command_makes_drums_of_drums(run: Run, shipped: None, arguments: list[str], written: str) -> None:
    assert run(*arguments)[0] == 0
    assert drums_only(f"out/{written}")
    notes = read_midi(f"out/{written}").tracks[0].notes
    assert len({n.velocity for n in notes}) > 2 and {n.pitch for n in notes} <= {36, 38, 42}


@pytest.mark.parametrize("command", ["interpolate", "mean", "grid"])
def test_drums_and_melodies_do_not_mix(run: Run, shipped: None, command: str) -> None:
    text = "Error: x.mid has drums only, and a.mid gives a melody; no model takes both. Choose files of one kind.\n"
    assert run(command, "a.mid", "x.mid") == (1, "", text)
    remedy = "files of one kind, or take the drums of band.mid, too, with --track drums.\n"
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


def test_what_concerns_all_files_is_told_once(run: Run, shipped: None) -> None:
    text = "Error: Unknown device 'tpu'; choose auto, cpu, cuda or mps.\n"
    assert run("reconstruct", "a.mid", "x.mid", "--device", "tpu") == (2, "", text)
    assert run("reconstruct", "a.mid", "x.mid", "-c", "a.mid")[2].count("\n") == 1


def test_inspect_tells_which_model_takes_drums(run: Run, shipped: None) -> None:
    out = run("inspect", "x.mid")[1]
    assert out.splitlines()[-1] == "  would take track 1, bars 1-2, by drums-2bar"
    assert json.loads(run("inspect", "x.mid", "--json")[1])["take"] == {"track": 1, "bars": "1-2", "model": "drums-2bar"}
    assert json.loads(run("inspect", "band.mid", "--json")[1])["take"] == {"track": 1, "bars": "1-2"}


def test_inspect_tells_that_no_model_takes_drums(run: Run, melody_only: None) -> None:
    assert json.loads(run("inspect", "x.mid", "--json")[1])["take"] == {"reason": f"x.mid{NO_MODEL}"}


# the drum part


def test_all_drum_tracks_are_one_part(model: MusicModel) -> None:
    lead = Track((Note(0.0, 1.0, 60),), name="lead")
    score = Score((kit(ON, name="kick"), lead, kit(OFF, name="snare"), Track((), is_drum=True)))
    assert drum_tracks(score, "x") == (0, 2) and drum_tracks(score, "x", "snare") == (2,)
    joined, index = choose_part(score, "x", pitched=False)
    assert index == 0 and joined.tracks == (kit(ON, OFF, name="kick"), lead, Track((), is_drum=True))
    assert model.phrase(score).window.tokens[[0, 4]].tolist() == [1, 2]
    assert model.phrase(score, track="snare").window.tokens[[0, 4]].tolist() == [0, 2]


def test_a_track_of_another_channel_may_hold_drums(model: MusicModel) -> None:
    score = Score((Track((ON, OFF), name="loop"),))
    with pytest.raises(MidiError, match=r"^the score has no drums \(no track on channel 10\); give --track the number of the"):
        model.phrase(score)
    assert model.phrase(score, track="1").window.tokens[[0, 4]].tolist() == [1, 2]
    assert [t.is_drum for t in model.reconstruct(model.phrase(score, track="loop")).tracks] == [True]


def test_hits_are_neither_tied_nor_lost_over_the_bar_line(model: MusicModel) -> None:
    long = [replace(n, duration=0.3) for n in beat(4)]
    piece = cut(model, Score((kit(*long),)))
    assert len(reconstruct(model, piece).tracks[0].notes) > 0.8 * len(long)
    early = [*beat(2), Note(7.95, 0.02, 36, 90), *(replace(n, onset=n.onset + 8) for n in beat(2) if n.onset > 0.1)]
    window = cut(model, Score((kit(*early),))).parts[1].phrase.window
    assert int(window.tokens[0]) == 1 and window.values is not None and window.values[0, 9] == pytest.approx(-0.4, abs=0.01)


def test_drums_have_no_scale(run: Run, shipped: None) -> None:
    status, out, err = run("vary", "x.mid", "--key", "D")
    assert (status, out, err.splitlines()[-1]) == (2, "", "Error: Drums have no key; leave out the scale.")


def test_hit_distance() -> None:
    a, b, mask = torch.tensor([[0, 5, 256, 1]]), torch.tensor([[0, 6, 256, 7]]), torch.tensor([[True, True, True, False]])
    assert float(hit_distance(a, b, mask)) == pytest.approx(2 / 3) == float(hit_distance(b, a, mask))
    assert float(hit_distance(a, a, mask)) == 0


# humanize


def test_humanizing_keeps_every_hit_and_gives_it_the_feel_that_was_learnt(model: MusicModel) -> None:
    notes = beat(5)  # an odd number of bars: the last window reaches back
    done = humanize(model, Score((kit(*notes),)), temperature=0.0)
    made = done.score.tracks[0].notes
    assert (done.windows, done.hits, done.kept) == (3, len(notes), ())
    assert sorted((n.pitch, round(n.onset * 4)) for n in made) == sorted((n.pitch, n.onset * 4) for n in notes)
    for pitch in (36, 38, 42):
        ours = [n for n in made if n.pitch == pitch and n.onset > 0.1]
        wanted = feel(Note(4.0, 0.1, pitch))
        offsets = [n.onset - round(n.onset * 4) / 4 for n in ours]
        assert sum(offsets) / len(offsets) == pytest.approx(wanted.onset - 4.0, abs=0.02)
        assert sum(n.velocity for n in ours) / len(ours) == pytest.approx(wanted.velocity, abs=15)
    assert len(done.score.bars()) == 5


def test_amount_goes_from_the_grid_to_the_feel(model: MusicModel) -> None:
    score = Score((kit(*beat(velocity=70)),))
    assert humanize(model, score, amount=0.0).score == score
    half, full = (humanize(model, score, amount=amount).score.tracks[0].notes for amount in (0.5, 1.0))
    for n, h, f in zip(*(sorted(t, key=lambda n: (n.pitch, n.onset)) for t in (beat(velocity=70), half, full)), strict=True):
        assert (
            h.onset - n.onset == pytest.approx((f.onset - n.onset) / 2, abs=0.01) and abs(2 * h.velocity - f.velocity - 70) <= 2
        )
    played = Score((kit(*(replace(n, onset=n.onset + 0.03) for n in beat()[:9])),))
    assert all(n.onset * 4 % 1 == 0 for n in humanize(model, played, amount=0.0).score.tracks[0].notes)


def test_seed_and_temperature(model: MusicModel) -> None:
    score = Score((kit(*beat()),))
    assert model.humanize(score, seed=1) == model.humanize(score, seed=1) != model.humanize(score, seed=2)
    assert model.humanize(score, seed=1, temperature=0.0) == model.humanize(score, seed=2, temperature=0.0)


def test_triplets_flams_and_other_drums_keep_their_places(model: MusicModel) -> None:
    triplet, sway, clave = Note(1 / 3, 0.1, 38, 60), Note(2.97, 0.02, 40, 40), Note(5.1, 0.1, 93, 77)
    main = Note(3.0, 0.1, 38, 90)
    done = humanize(model, Score((kit(triplet, sway, clave, main),)), temperature=0.0)
    by_pitch = {(n.pitch, round(n.onset)): n for n in done.score.tracks[0].notes}
    assert by_pitch[38, 0].onset == pytest.approx(1 / 3) and by_pitch[38, 0].velocity != 60
    assert by_pitch[93, 5] == clave and done.hits == 3
    assert by_pitch[38, 3].onset - by_pitch[40, 3].onset == pytest.approx(0.03)


def test_hits_of_one_pitch_stay_apart_and_inside_the_piece(model: MusicModel) -> None:
    roll = [Note(i / 4, 0.125, (38, 42)[i % 2], 80) for i in range(32)] + [Note(i / 4 + 0.125, 0.125, 38) for i in range(31)]
    score = Score((kit(*roll),))
    made = humanize(model, score, temperature=3.0).score
    assert len(made.bars()) == 2 and made.end <= 8.0
    for pitch in (38, 42):
        ours = [n for n in made.tracks[0].notes if n.pitch == pitch]
        assert all(a.onset < b.onset and a.end <= b.onset + 1e-9 for a, b in pairwise(ours))
    write_midi(made, "roll.mid")
    assert len(read_midi("roll.mid").tracks[0].notes) == len(roll)


def test_the_command_keeps_everything_but_the_drums(run: Run, shipped: None) -> None:
    status, out, err = run("humanize", "band.mid", "x.mid", "-o", "out")
    band, plain = map(json.loads, out.splitlines())
    assert status == 0 and "2 of 2 files done." in err
    before, after = read_midi("band.mid"), read_midi("out/band.humanized.mid")
    assert (band["tracks"], band["windows"], band["kept"]) == ([2], 2, [])
    assert band["hits"] == plain["hits"] == len(beat()) == len(after.tracks[1].notes)
    assert [after.tracks[i] for i in (0, 2)] == [before.tracks[i] for i in (0, 2)]
    assert after.tracks[2].controls == before.tracks[2].controls and after.tempos == before.tempos
    assert after.bars() == before.bars() and len({n.velocity for n in after.tracks[1].notes}) > 5
    assert run("humanize", "x.mid", "-o", "out")[0] == 1
    assert run("humanize", "x.mid", "-o", "out", "--force")[:2] == (0, json.dumps(plain) + "\n")


def test_drums_in_several_tracks_are_played_together_and_stay_apart(model: MusicModel) -> None:
    tracks = tuple(kit(*(n for n in beat() if n.pitch == pitch), name=str(pitch)) for pitch in (36, 38, 42))
    made = humanize(model, Score(tracks)).score
    assert [{n.pitch for n in t.notes} for t in made.tracks] == [{36}, {38}, {42}]
    together = humanize(model, Score((kit(*beat()),))).score.tracks[0].notes
    assert tuple(sorted(n for t in made.tracks for n in t.notes)) == together


def test_bars_that_no_model_takes_are_kept(model: MusicModel) -> None:
    odd = (TimeSignature(0.0, 4, 4), TimeSignature(8.0, 17, 8))
    score = Score((kit(*beat(2), *(Note(8.0 + i, 0.1, 36, 70) for i in range(8))),), (), odd)
    done = humanize(model, score)
    assert [(k.bar_numbers, k.reason) for k in done.kept] == [("3", "too long")]
    assert [n for n in done.score.tracks[0].notes if n.onset > 7.9] == [n for n in score.tracks[0].notes if n.onset > 7.9]


def test_humanizing_is_refused(run: Run, shipped: None, model: MusicModel, small_checkpoint: Path, tmp_path: Path) -> None:
    text = "no track on channel 10); give --track the number of the track that holds them, or choose another file.\n"
    assert run("humanize", "a.mid") == (1, "", f"Error: a.mid has no drums ({text}")
    what = "without velocities and offsets, so it cannot humanize; choose one of drums such as drums-2bar.\n"
    assert run("humanize", "x.mid", "-c", small_checkpoint) == (
        1,
        "",
        f"Error: The model (plan-vae) is one of melodies, {what}",
    )
    hits_only = MusicVAE(MusicVAEConfig(encoder_size=4, decoder_sizes=(4,), latent_size=2, depth=512, set_input=True))
    info = CheckpointInfo(model="musicvae", config=to_dict(hits_only.config), representation=DrumGrid().to_dict(), bars=2)
    save_checkpoint(tmp_path / "hits.safetensors", hits_only, info)
    assert run("humanize", "x.mid", "-c", "hits.safetensors") == (
        1,
        "",
        f"Error: The model (musicvae) is one of hits only, {what}",
    )
    assert run("reconstruct", "x.mid", "-c", "hits.safetensors")[0] == 0
    with pytest.raises(ParameterError, match=r"^amount must lie between 0 \(on the grid\) and 1 \(as drawn\), got 2\.$"):
        humanize(model, "x.mid", amount=2)
    with pytest.raises(ParameterError, match=r"^A phrase is no whole piece; "):
        model.humanize(model.phrase("x.mid"))
    with pytest.raises(CheckpointError, match="so it cannot humanize"):
        load(small_checkpoint).humanize("x.mid")
