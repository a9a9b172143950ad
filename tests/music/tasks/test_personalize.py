"""Personal models: they come near one's files, stand alone, are the same for a seed, and work in every command; refusals."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from musicae import Score
from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, read_info, save_checkpoint
from musicae.core.config import to_dict
from musicae.errors import CheckpointError, DataError, ParameterError
from musicae.images.models.dense import DenseAutoencoder, DenseAutoencoderConfig
from musicae.music.formats.midi import write_midi
from musicae.music.model import MusicModel, load
from musicae.music.models.batch import GridBatch
from musicae.music.models.personal import PersonalVAE, PersonalVAEConfig
from musicae.music.representations import GridWindow
from musicae.music.tasks.personalize import MOST, Phrases, personalize, read_phrases
from support.commands import write_songs

Run = Callable[..., tuple[int, str, str]]
Tune = Callable[..., Score]
STEPS = 300  # of learning, where it matters


@pytest.fixture
def songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_tune: Tune) -> list[Path]:
    """Work in a folder with songs/0.mid to songs/3.mid in 6/8, one in 4/4, a copy of one, drums, and text."""
    monkeypatch.chdir(tmp_path)
    jigs = {name: make_tune(i, bars=6, metre=(6, 8)) for name, i in (("0", 0), ("1", 1), ("2", 2), ("3", 3), ("copy", 1))}
    return write_songs(jigs | {"deep/four": make_tune(5, bars=3)})


@pytest.fixture
def base(small_checkpoint: Path) -> MusicModel:
    return load(small_checkpoint, device="cpu")


@pytest.fixture
def phrases(base: MusicModel, songs: list[Path]) -> Phrases:
    return read_phrases(base, songs)


def test_phrases_are_all_windows_of_the_melodies_each_once(phrases: Phrases) -> None:
    assert phrases.files == (*(f"songs/{i}.mid" for i in range(4)), "songs/copy.mid", "songs/deep/four.mid")
    assert phrases.found == 5 * 5 + 2
    assert list(phrases.skipped) == ["songs/deep/drums.mid", "songs/deep/text.mid"]
    assert phrases.metre == "6/8"
    windows = [(p.window.tokens.tobytes(), p.window.bar_steps) for p in phrases.phrases]
    assert len(set(windows)) == len(windows) < 5 * 4 + 2 + 1


def test_of_many_phrases_some_are_taken(base: MusicModel, songs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST >= 1000
    monkeypatch.setattr("musicae.music.tasks.personalize.MOST", 7)
    some = read_phrases(base, songs)
    assert len(some.phrases) == 7 and some.found == 27


def test_scores_phrases_and_pieces_are_sources_too(base: MusicModel, make_tune: Tune) -> None:
    tunes = [make_tune(i, bars=5) for i in range(3)]
    piece, phrase = base.piece(tunes[1]), base.phrase(tunes[2])
    read = read_phrases(base, [tunes[0], piece, phrase, replace(phrase, window=GridWindow(phrase.window.tokens, (32,)))])
    assert (read.found, read.files) == (4 + 4 + 1, ("source 1", "source 2", "source 3"))
    assert read.skipped == {"source 4": "source 4 is a phrase of 1 bars; the model takes 2."}
    assert read.phrases[-1] == phrase
    same = personalize(base, read, steps=2), personalize(base, [tunes[0], piece, phrase], steps=2)
    first, second = (model.network.state_dict() for model in same)
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())
    with pytest.raises(DataError, match=r"^1 different phrases of 2 bars are too few, at least 4 are needed; "):
        personalize(base, [phrase])


def far(base: MusicModel, model: MusicModel, phrases: Phrases) -> float:
    """Return the median distance of 100 samples of a model to the nearest phrase, in codes of the base model."""
    own, made = (F.normalize(base.encode(*x).mode, dim=1) for x in (phrases.phrases, model.sample(100, metre="6/8")))
    return float((1 - made @ own.T).amin(1).median())


def test_samples_lie_near_the_files(base: MusicModel, phrases: Phrases) -> None:
    made = personalize(base, phrases, steps=STEPS)
    assert far(base, made, phrases) < 0.5 * far(base, base, phrases)
    plain = float(base.encode(*phrases.phrases).kl().sum(1).mean()) / math.log(2)
    assert 2 < made.info.metrics["kl_bits"] < math.log2(len(phrases.phrases)) + 1 < plain


def test_few_phrases_are_enough(base: MusicModel, phrases: Phrases) -> None:
    few = replace(phrases, phrases=phrases.phrases[:4])
    made = personalize(base, few, steps=STEPS)
    assert far(base, made, few) < 0.5 * far(base, base, few)
    alike = replace(few, phrases=few.phrases[:1] * 4)  # codes of no spread at all
    again = personalize(base, alike, steps=2)
    assert all(bool(t.isfinite().all()) for t in again.network.state_dict().values())


def test_the_base_does_not_change(base: MusicModel, phrases: Phrases) -> None:
    before = {name: tensor.clone() for name, tensor in base.network.state_dict().items()}
    made = personalize(base, phrases, steps=3)
    assert isinstance(made.network, PersonalVAE)
    for weights in (base.network.state_dict(), made.network.base.state_dict()):
        assert all(torch.equal(tensor, before[name]) for name, tensor in weights.items())
    x = GridBatch.from_windows([p.window for p in phrases.phrases])
    z = torch.randn(len(x), made.network.latent_size, generator=torch.Generator().manual_seed(0))
    mixed = made.network.base_code(z)
    assert torch.equal(made.network.generate(z, x).tokens, base.network.generate(mixed, x).tokens)
    low, high = made.network.anchors.amin(0), made.network.anchors.amax(0)
    assert bool(((low - 1e-5 <= mixed) & (mixed <= high + 1e-5)).all()), "a mixture lies between the phrases"


@pytest.fixture
def go(run: Run, small_checkpoint: Path, songs: list[Path]) -> Run:
    return lambda *arguments: run("personalize", *arguments, "-c", small_checkpoint, "--device", "cpu", "--steps", 20)


def test_every_command_takes_the_file(go: Run, run: Run, songs: list[Path]) -> None:
    status, out, err = go("songs", "-o", "mine.safetensors", "--json")
    said = json.loads(out)
    assert (status, said["output"], said["base"], said["metre"]) == (0, "mine.safetensors", "small.safetensors", "6/8")
    assert (said["files"], said["files_skipped"], said["phrases_found"]) == (6, 2, 27)
    assert {"note_f1", "exact", "kl_bits"} <= set(said)
    lines = err.splitlines()
    assert lines[0] == f"songs: 6 files, 27 phrases; training on {said['phrases']} phrases, most in 6/8"
    assert lines[1].startswith("skipped: songs/deep/drums.mid has drums only (track 1)")
    assert lines[2].startswith("skipped: songs/deep/text.mid ")
    told = json.loads(run("info", "mine.safetensors", "--json")[1])
    assert (told["model"], told["config"]["base"], told["data"]["base"]) == ("personal-vae", "plan-vae", "small.safetensors")
    mine = ("-c", "mine.safetensors", "--device", "cpu")
    assert run("sample", "-n", 2, "-o", "made", *mine)[0] == 0
    assert "6/8" in run("inspect", "made/sample-01.mid")[1] + run("inspect", "made/sample-01.mid")[2]
    for command in (
        ("reconstruct", songs[0], "-o", "again.mid"),
        ("interpolate", songs[0], songs[1], "--steps", 3, "-o", "morph"),
        ("vary", songs[0], "-n", 2, "-o", "varied"),
        ("mean", songs[0], songs[1], "-o", "mean.mid"),
    ):
        status, _, err = run(*command, *mine)
        assert status == 0, err


def test_the_file_stands_alone_and_a_seed_gives_its_bytes(go: Run, tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert go("songs", "-o", tmp_path / f"{name}.safetensors", "--seed", seed)[0] == 0
    a, b, c = ((tmp_path / f"{name}.safetensors").read_bytes() for name in "abc")
    assert a == b != c
    model, info = load_checkpoint(tmp_path / "a.safetensors")
    assert isinstance(model, PersonalVAE) and not any(p.requires_grad for p in model.base.parameters())
    assert model.config.base_config["latent_size"] == 16 and info.bars == 2
    assert len(a) < 2.5 * sum(t.numel() for t in model.state_dict().values()), "half precision"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["none"], 1, "Error: none is not a folder; give a folder of music files."),
        (
            ["empty"],
            1,
            "Error: empty holds no file ending in .mid, .midi, .kar, .rmi, .abc, .musicxml, .mxl, .xml; choose another folder.",
        ),
        (
            ["songs/deep/drums"],
            1,
            "Error: 0 different phrases of 2 bars are too few, at least 4 are needed; add files or longer ones. "
            "songs/deep/drums/drums.mid has drums only (track 1); a melody model needs a pitched track. Choose another file.",
        ),
        (
            ["short"],
            1,
            "Error: 1 different phrases of 2 bars are too few, at least 4 are needed; add files or longer ones.",
        ),
        (
            ["songs", "-o", "there.safetensors"],
            1,
            "Error: there.safetensors exists; use --force to overwrite it, or choose another -o.",
        ),
        (["songs", "-o", "mine.mid"], 2, "Error: mine.mid: a model's file ends in .safetensors; let -o end so."),
        ([], 2, "Error: Missing argument 'DIR'."),
    ],
)
def test_refusals_of_the_command(arguments: list[str], status: int, message: str, go: Run, make_tune: Tune) -> None:
    for name in ("empty", "short", "songs/deep/drums"):
        Path(name).mkdir()
    write_midi(make_tune(0, bars=2), "short/a.mid")
    Path("songs/deep/drums/drums.mid").write_bytes(Path("songs/deep/drums.mid").read_bytes())
    Path("there.safetensors").write_text("mine")
    returned, out, err = go(*arguments)
    assert (returned, out, err.splitlines()[-1]) == (status, "", message)
    assert Path("there.safetensors").read_text() == "mine"
    assert not Path("personal.safetensors").exists()


def test_models_that_cannot_be_a_base(run: Run, base: MusicModel, phrases: Phrases) -> None:
    pictures = DenseAutoencoder(DenseAutoencoderConfig(hidden_sizes=(4,), size=4, latent_size=2))
    config = to_dict(pictures.config)
    info = CheckpointInfo(domain="images", model=pictures.name, config=config)
    save_checkpoint(Path("pictures.safetensors"), pictures, info)
    assert run("personalize", "songs", "-c", "pictures.safetensors")[2] == (
        "Error: pictures.safetensors is a model of images (dense-autoencoder); music needs a music model such as melody-2bar.\n"
    )
    made = personalize(base, phrases, name="small", steps=1)
    with pytest.raises(CheckpointError) as error:
        personalize(made, phrases, name="mine")
    assert str(error.value) == "mine is a personal model already; start from the one that it was trained on (small)."
    with pytest.raises(ParameterError, match=r"^The base model 'dense-autoencoder' is not a model of music that decodes"):
        PersonalVAE(PersonalVAEConfig(base=pictures.name, base_config=config, anchors=4))
    with pytest.raises(ParameterError, match=r"^Unknown base model 'gan'. Known: plan-vae, "):
        PersonalVAE(PersonalVAEConfig(base="gan", base_config={}, anchors=4))
    with pytest.raises(DataError, match=r"^0 different phrases of 2 bars are too few"):
        read_phrases(base, [])


def test_the_description_keeps_what_the_base_has_learnt(base: MusicModel, phrases: Phrases, tmp_path: Path) -> None:
    base.info = replace(base.info, data={"collections": {"ryans": {"licence": "public domain"}}})
    made = personalize(base, phrases, name="small", steps=1)
    save_checkpoint(tmp_path / "m.safetensors", made.network, made.info)
    assert read_info(tmp_path / "m.safetensors").data["collections"] == base.info.data["collections"]
