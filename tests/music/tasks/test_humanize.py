"""Humanizing: velocity and timing for drums, hits and everything else kept."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from musicae import Decoding, MusicModel, Note, Score, humanize, load
from musicae.checkpoints.format import CheckpointInfo, save_checkpoint
from musicae.core.config import to_dict
from musicae.errors import CheckpointError, ParameterError
from musicae.music.decoding import GREEDY
from musicae.music.formats.midi import read_midi, write_midi
from musicae.music.models.musicvae import MusicVAE, MusicVAEConfig
from musicae.music.representations import DrumGrid
from musicae.music.score import TimeSignature
from support.drums import beat, feel, kit, write_files

Run = Callable[..., tuple[int, str, str]]
MakeTune = Callable[..., Score]


@pytest.fixture
def model(drum_checkpoint: Path) -> MusicModel:
    return load(drum_checkpoint, device="cpu")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, midi_pair: tuple[Path, Path], make_tune: MakeTune, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of melodies a.mid and b.mid, drums x.mid and y.mid, and band.mid, which has both."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, make_tune(0))
    return tmp_path


def test_humanizing_keeps_every_hit_and_gives_it_the_feel_that_was_learnt(model: MusicModel) -> None:
    notes = beat(5)  # an odd number of bars: the last window reaches back
    done = humanize(model, Score((kit(*notes),)), decoding=GREEDY)
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
    first, again, other = (humanize(model, score, decoding=Decoding(0.5, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert humanize(model, score, decoding=Decoding(seed=1)) == humanize(model, score, decoding=Decoding(seed=2))


def test_triplets_flams_and_other_drums_keep_their_places(model: MusicModel) -> None:
    triplet, sway, clave = Note(1 / 3, 0.1, 38, 60), Note(2.97, 0.02, 40, 40), Note(5.1, 0.1, 93, 77)
    main = Note(3.0, 0.1, 38, 90)
    done = humanize(model, Score((kit(triplet, sway, clave, main),)), decoding=GREEDY)
    by_pitch = {(n.pitch, round(n.onset)): n for n in done.score.tracks[0].notes}
    assert by_pitch[38, 0].onset == pytest.approx(1 / 3) and by_pitch[38, 0].velocity != 60
    assert by_pitch[93, 5] == clave and done.hits == 3
    assert by_pitch[38, 3].onset - by_pitch[40, 3].onset == pytest.approx(0.03)


def test_hits_of_one_pitch_stay_apart_and_inside_the_piece(model: MusicModel) -> None:
    roll = [Note(i / 4, 0.125, (38, 42)[i % 2], 80) for i in range(32)] + [Note(i / 4 + 0.125, 0.125, 38) for i in range(31)]
    score = Score((kit(*roll),))
    made = humanize(model, score, decoding=Decoding(3.0)).score
    assert len(made.bars()) == 2 and made.end <= 8.0
    for pitch in (38, 42):
        ours = [n for n in made.tracks[0].notes if n.pitch == pitch]
        assert all(a.onset < b.onset and a.end <= b.onset + 1e-9 for a, b in pairwise(ours))
    write_midi(made, "roll.mid")
    assert len(read_midi("roll.mid").tracks[0].notes) == len(roll)


def test_the_command_keeps_everything_but_the_drums(run: Run, shipped: None) -> None:
    status, out, err = run("humanize", "band.mid", "x.mid", "-o", "out", "--json")
    band, plain = map(json.loads, out.splitlines())
    assert (status, err) == (0, "")
    before, after = read_midi("band.mid"), read_midi("out/band.humanized.mid")
    assert (band["tracks"], band["windows"], band["kept"]) == ([2], 2, [])
    assert band["hits"] == plain["hits"] == len(beat()) == len(after.tracks[1].notes)
    assert [after.tracks[i] for i in (0, 2)] == [before.tracks[i] for i in (0, 2)]
    assert after.tracks[2].controls == before.tracks[2].controls and after.tempos == before.tempos
    assert after.bars() == before.bars() and len({n.velocity for n in after.tracks[1].notes}) > 5
    assert run("humanize", "x.mid", "-o", "out")[0] == 1
    assert run("humanize", "x.mid", "-o", "out", "--force", "--json")[:2] == (0, json.dumps(plain) + "\n")
    text = f"x.humanized.mid: x.mid (track 1), {plain['hits']} hits\n"
    assert run("humanize", "x.mid")[:2] == (0, text)


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
    remedy = "cannot humanize; choose a drum model such as drums-2bar.\n"
    assert run("humanize", "x.mid", "-c", small_checkpoint) == (
        1,
        "",
        f"Error: A model of melodies without velocities and offsets (plan-vae) {remedy}",
    )
    hits_only = MusicVAE(MusicVAEConfig(encoder_size=4, decoder_sizes=(4,), latent_size=2, depth=512, set_input=True))
    info = CheckpointInfo(
        domain="music",
        kind="drums",
        model="musicvae",
        config=to_dict(hits_only.config),
        representation=DrumGrid().to_dict(),
        bars=2,
    )
    save_checkpoint(tmp_path / "hits.safetensors", hits_only, info)
    assert run("humanize", "x.mid", "-c", "hits.safetensors") == (
        1,
        "",
        f"Error: A model of drums without velocities and offsets (musicvae) {remedy}",
    )
    assert run("reconstruct", "x.mid", "-c", "hits.safetensors")[0] == 0
    with pytest.raises(ParameterError, match=r"^amount must lie between 0 \(on the grid\) and 1 \(as drawn\), got 2\.$"):
        humanize(model, "x.mid", amount=2)
    with pytest.raises(CheckpointError, match="cannot humanize"):
        humanize(load(small_checkpoint), "x.mid")
