"""Every command prints text by default and, with --json, one object per line with the same keys each time."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musicae import Score
from musicae.cli.main import COMMANDS
from musicae.music.formats.midi import write_midi
from support.drums import write_files

Run = Callable[..., tuple[int, str, str]]

TAKEN = {"file", "track", "bars"}
PIECE = TAKEN | {"windows", "kept"}
MELODY = {"note_f1", "step_accuracy", "hold_accuracy", "exact", "kl_bits"}
EFFECT = {"samples", "amount", "right", "change", "size"}
INFO = "file megabytes domain kind model config representation bars step training data metrics musicae_version format_version"
TUNES = "folder-tunes"
VALID = (
    "step loss reconstruction note_f1 onset_f1 pitch_accuracy step_accuracy hold_accuracy exact kl_bits nll_bits active_units"
)

# Arguments -> the keys of each object, in the order of the lines.
CASES: dict[str, list[set[str]]] = {
    "attributes a.mid -c vectors.safetensors": [TAKEN | {"attributes"}],
    "attributes --table -c vectors.safetensors": [{"checkpoint", "data", "attributes", "searched", "alone"}],
    "complete a.mid --fill 2": [TAKEN | {"filled", "output"}],
    "continue a.mid -n 2": [TAKEN | {"new_bars", "output"}] * 2,
    "data prepare --data tunes --jobs 0": [{"key", "seed", "bars", "collections"}],
    "data describe --data tunes": [{"key", "seed", "bars", "collections"}],
    "evaluate vectors.safetensors --data tunes --limit 4": [{TUNES}],
    "grid a.mid b.mid --size 1x2": [{"row", "column", "output"}] * 2 + [{"sources", "rows", "columns", "output"}],
    "humanize x.mid": [{"file", "tracks", "windows", "hits", "kept", "output"}],
    "info vectors.safetensors": [set(INFO.split())],
    "inspect a.mid b.mid": [{"file", "bars", "seconds", "tempos", "metres", "keys", "tracks", "take"}] * 2,
    "interpolate a.mid b.mid --steps 2": [{"step", "share", "output"}] * 2 + [{"sources", "steps", "output"}],
    "interpolate a.mid b.mid --steps 2 --exact": [{"step", "share", "output"}] * 2 + [{"sources", "steps", "exact", "output"}],
    "mean a.mid b.mid": [{"sources", "output"}],
    "models": [{"name", "domain", "kind", "model", "bars", "MB"}] * 3,
    "personalize tunes --steps 3 -c vectors.safetensors": [
        {
            "output",
            "base",
            "files",
            "files_skipped",
            "phrases",
            "phrases_found",
            "metre",
            "note_f1",
            "exact",
            "kl_bits",
            "nll_bits",
        }
    ],
    "plot a.mid": [{"file", "output"}],
    "plot a.mid b.mid --row": [{"files", "output"}],
    "reconstruct a.mid": [TAKEN | MELODY | {"output"}],
    "reconstruct a.mid --whole": [PIECE | MELODY | {"output"}],
    "reconstruct a.mid gone.mid": [TAKEN | MELODY | {"output"}, {"file", "error"}],
    "render a.mid --rate 8000": [{"file", "output", "seconds", "rate"}],
    "sample -n 2": [{"metre", "notes", "output"}] * 2,
    "sample -n 1 --png": [{"metre", "notes", "output", "also"}],
    "search a.mid --in tunes --top 2 -c vectors.safetensors": [TAKEN | {"distance", "semitones"}] * 2,
    "steer a.mid --set density=+1 -c vectors.safetensors": [TAKEN | {"attributes", "moved", "output"}],
    "train --config tiny.json --data tunes --threads 1 --steps 1": [
        {"folder", "step", *(f"valid_{name}" for name in VALID.split())}
    ],
    "vary a.mid -n 2": [TAKEN | {"distance", "output"}] * 2,
    "vary a.mid -n 1 --whole": [PIECE | {"distance", "output"}],
}
ELSEWHERE = {"completion", "image", "release"}  # see their own tests


@pytest.fixture
def place(folder: Path, make_tune: Callable[..., Score], tune_folder: Path, small_checkpoint: Path, shipped: None) -> Path:
    """Work in a folder with tunes, drums, a folder of tunes, a recipe, and a checkpoint with attribute vectors."""
    write_files(folder, make_tune(0))
    shutil.copytree(tune_folder, "tunes")
    shutil.copy(small_checkpoint, "vectors.safetensors")
    effect = {"samples": 1, "amount": 1.0, "right": [1.0] * 6, "change": [[0.0] * 6] * 6, "size": [[0.0] * 6] * 6}
    from musicae.music.latent.attribute_vectors import weights_hash

    values = {"mean": [2.0, 2.0, 7.0, 0.5, 65.0, 0.8], "deviation": [1.0] * 6, "vectors": [[0.1] * 16] * 6}
    about = {"weights": weights_hash(Path("vectors.safetensors")), "data": "tests", "alone": effect, "searched": effect}
    Path("vectors.attributes.json").write_text(json.dumps({**values, **about}))
    sizes = {"token_size": 8, "block_size": 16, "pooled_size": 8, "hidden_size": 16, "decoder_size": 16, "cell_size": 8}
    recipe: dict[str, Any] = {"model": "plan-vae", "config": {"latent_size": 4, **sizes}, "representation": {"name": "melody"}}
    Path("tiny.json").write_text(json.dumps({**recipe, "training": {"batch_size": 8, "validate_every": 9}}))
    return folder


@pytest.mark.parametrize("arguments", CASES)
def test_text_by_default_and_json_on_demand(run: Run, place: Path, arguments: str) -> None:
    keys = CASES[arguments]
    fails = {"error"} <= keys[-1]
    status, out, _ = run(*arguments.split())
    assert (status, bool(out)) == (int(fails), True)
    for line in out.splitlines():
        assert not line.startswith(("{", "[")), "text, not JSON"
    force = ["--force"] if "output" in keys[0] or "folder" in keys[0] else []
    status, out, err = run(*arguments.split(), *force, "--json")
    assert (status, err.startswith("Error")) == (int(fails), False)
    assert [set(json.loads(line)) for line in out.splitlines()] == keys


def test_every_command_is_tried() -> None:
    assert {arguments.split()[0] for arguments in CASES} | ELSEWHERE == set(COMMANDS)


def test_what_was_written_is_named(run: Run, place: Path) -> None:
    """Every file that --json names exists, and no other file is new."""
    before = set(Path().rglob("*"))
    objects = [
        json.loads(line)
        for arguments in (
            "grid a.mid b.mid --size 1x3 --png --musicxml",
            "interpolate a.mid b.mid --wav",
            "vary a.mid -n 2 --ogg",
        )
        for line in run(*arguments.split(), "--json")[1].splitlines()
    ]
    named = {Path(path) for facts in objects for path in (facts["output"], *facts.get("also", ()))}
    assert {path for path in set(Path().rglob("*")) - before if path.is_file()} == named


def test_the_object_of_a_file_that_fails(run: Run, place: Path) -> None:
    write_midi(Score(), place / "empty.mid")
    status, out, err = run("reconstruct", "a.mid", "empty.mid", "--json")
    assert (status, err) == (1, "")
    assert json.loads(out.splitlines()[1]) == {"file": "empty.mid", "error": "empty.mid has no notes; choose another file."}
