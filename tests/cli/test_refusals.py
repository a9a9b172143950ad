"""`musicae reconstruct`, `interpolate` and `sample` refuse in one sentence, and write nothing then."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from musicae import Note, Score, Track
from musicae.checkpoints.format import CheckpointInfo, save_checkpoint
from musicae.core.config import to_dict
from musicae.images.models.dense import DenseAutoencoder, DenseAutoencoderConfig
from musicae.music.formats.midi import write_midi
from musicae.music.models.plan import PlanVAE, PlanVAEConfig

Run = Callable[..., tuple[int, str, str]]


pytestmark = pytest.mark.usefixtures("folder")


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def bad(folder: Path) -> Path:
    """Add files that cannot be used."""
    Path("text.mid").write_text("no music")
    Path("empty.mid").touch()
    Path("nothing").mkdir()
    Path("cut.mid").write_bytes(Path("a.mid").read_bytes()[:60])
    write_midi(Score((Track((Note(0.0, 1.0, 38),), is_drum=True),)), "drums.mid")
    write_midi(Score(), "silent.mid")
    gap = tuple(Note(onset, 1.0, 60) for onset in (0.0, 4.0, 20.0))
    write_midi(Score((Track(gap, name="lead"),)), "gap.mid")
    model = DenseAutoencoder(DenseAutoencoderConfig())
    info = CheckpointInfo(domain="images", model=model.name, config=to_dict(model.config))
    save_checkpoint(Path("image.safetensors"), model, info)
    plan = PlanVAE(PlanVAEConfig(latent_size=2, block_size=4, pooled_size=4, hidden_size=4, decoder_size=4, cell_size=4))
    odd = CheckpointInfo(
        domain="music", model=plan.name, config=to_dict(plan.config), representation={"name": "chroma"}, bars=2
    )
    save_checkpoint(Path("odd.safetensors"), plan, odd)
    save_file({"weight": torch.zeros(2)}, "other.safetensors")
    return folder


DRUMS = "drums.mid has drums only (track 1); a melody model needs a pitched track. Choose another file."


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["missing.mid"], 1, "missing.mid cannot be read: no such file or directory."),
        (["nothing"], 1, "nothing is a folder; name a file in it."),
        (["none*.mid"], 1, "none*.mid cannot be read: no such file or directory."),
        (["text.mid"], 1, "text.mid is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid)."),
        (["empty.mid"], 1, "empty.mid is empty (0 bytes); export it again."),
        (["cut.mid"], 1, "cut.mid is cut off in track 2 of 2; export it again."),
        (["drums.mid"], 1, DRUMS),
        (["silent.mid"], 1, "silent.mid has no notes; choose another file."),
        (["gap.mid", "--bars", "3-4"], 1, "gap.mid: no note sounds in bars 3-4 of track 1; choose other bars."),
        (["b.mid", "--bars", "9-10"], 2, "b.mid has bars 1 to 4; there are no bars 9-10."),
        (["b.mid", "--bars", "1-3"], 2, "b.mid: the model takes 2 bars, not 3; give 1-2, for example."),
        (["b.mid", "--track", "tuba"], 2, "b.mid has no track 'tuba'; its tracks are 1 'lead'."),
        (["b.mid", "--track", "2"], 2, "b.mid has no track '2'; its tracks are 1 'lead'."),
        (["b.mid", "--device", "tpu"], 2, "Unknown device 'tpu'; choose auto, cpu, cuda or mps."),
    ],
)
def test_reconstruct_refuses(run: Run, small_checkpoint: Path, bad: Path, arguments: list[str], status: int, text: str) -> None:
    before = files(bad)
    assert run("reconstruct", *arguments, "-c", small_checkpoint) == (status, "", f"Error: {text}\n")
    assert files(bad) == before


@pytest.mark.parametrize("name", ["missing.mid", "text.mid", "empty.mid", "cut.mid", "drums.mid", "silent.mid"])
def test_one_bad_file_keeps_interpolate_from_writing_anything(run: Run, small_checkpoint: Path, bad: Path, name: str) -> None:
    before = files(bad)
    for command in (["interpolate", "a.mid", name], ["interpolate", name, "a.mid"]):
        status, out, err = run(*command, "-c", small_checkpoint, "-o", "out")
        assert (status, out) == (1, "")
        assert err.startswith(f"Error: {name} ")
        assert err.count("\n") == 1
    assert files(bad) == before
    assert not Path("out").exists()


MUSIC = [["reconstruct", "a.mid"], ["interpolate", "a.mid", "b.mid"], ["sample"]]


@pytest.mark.parametrize("command", MUSIC)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text.mid", "text.mid is not a safetensors file, or is damaged. Give a checkpoint written by `musicae train`."),
        (
            "image.safetensors",
            "image.safetensors is a model of images (dense-autoencoder); music needs a music model such as melody-2bar.",
        ),
        (
            "other.safetensors",
            "other.safetensors is not a checkpoint of musicae: its metadata lack the key 'musicae'. Give one written by",
        ),
        ("odd.safetensors", "odd.safetensors holds an unusable representation. Unknown representation 'chroma'."),
    ],
)
def test_wrong_checkpoints_are_refused(run: Run, bad: Path, command: list[str], name: str, text: str) -> None:
    before = files(bad)
    status, out, err = run(*command, "-c", name)
    assert (status, out) == (1, "")
    assert err.startswith(f"Error: {text}")
    assert err.count("\n") == 1
    assert files(bad) == before


@pytest.mark.parametrize("command", MUSIC)
def test_existing_files_are_overwritten_with_force_only(
    run: Run, small_checkpoint: Path, folder: Path, command: list[str]
) -> None:
    name = {"reconstruct": "a.reconstructed.mid", "interpolate": "interpolation.mid", "sample": "sample-04.mid"}[command[0]]
    Path("out").mkdir()
    taken = Path("out") / name
    taken.write_text("mine")
    before = files(folder)
    refusal = f"Error: {taken} exists; use --force to overwrite it, or choose another -o.\n"
    assert run(*command, "-c", small_checkpoint, "-o", "out") == (1, "", refusal)
    assert (files(folder), taken.read_text()) == (before, "mine")
    assert run(*command, "-c", small_checkpoint, "-o", "out", "--force")[0] == 0
    assert taken.read_bytes()[:4] == b"MThd"


def test_several_results_do_not_go_to_one_file(run: Run, folder: Path) -> None:
    for command, count in ((["interpolate", "a.mid", "b.mid"], 8), (["reconstruct", "a.mid", "b.mid"], 2), (["sample"], 4)):
        status, out, err = run(*command, "-o", "x.mid")
        text = f"Error: x.mid is the name of one file, but there are {count} to write; give -o a folder."
        assert (status, out, err.splitlines()[-1]) == (2, "", text)
    assert files(folder) == ["a.mid", "b.mid"]


@pytest.mark.parametrize(
    ("metre", "status", "text"),
    [
        ("5/9", 2, "'5/9' is not a time signature; give one such as 4/4, 3/4 or 6/8."),
        ("waltz", 2, "'waltz' is not a time signature; give one such as 4/4, 3/4 or 6/8."),
        ("²/4", 2, "'²/4' is not a time signature; give one such as 4/4, 3/4 or 6/8."),
        ("17/8", 2, "A bar of 17/8 has 34 time steps, more than the model's 32; choose a shorter metre."),
        ("7/32", 2, "A bar of 7/32 is not a whole number of time steps at 4 per quarter note; choose another metre."),
    ],
)
def test_sample_refuses_metres(run: Run, small_checkpoint: Path, folder: Path, metre: str, status: int, text: str) -> None:
    assert run("sample", "--metre", metre, "-c", small_checkpoint) == (status, "", f"Error: {text}\n")
    assert files(folder) == ["a.mid", "b.mid"]
