"""Checkpoints: what is written can be read alone and in full, and nothing else is believed."""

import ast
import json
import pickle
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load, save_file

import musicae
from musicae.checkpoints.format import FORMAT_VERSION, CheckpointInfo, load_checkpoint, read_info, save_checkpoint
from musicae.checkpoints.shipped import find_weights, load_weights, shipped
from musicae.core.config import to_dict, with_changes
from musicae.core.registry import MODELS
from musicae.errors import CheckpointError
from musicae.music.models.musicvae import MusicVAE, MusicVAEConfig

CONFIG = MusicVAEConfig(depth=5, latent_size=3, encoder_size=4, decoder_sizes=(5, 4), max_steps=16)
INFO = CheckpointInfo(
    domain="music",
    kind="melody",
    model="musicvae",
    config=json.loads(json.dumps(to_dict(CONFIG))),
    representation={"name": "melody", "steps_per_quarter": 4},
    bars=2,
    step=1234,
    training={"steps": 5000, "objective": {"beta": {"kind": "linear"}}},
    data={"collections": {"ryans": {"licence": "public-domain tunes, “free”", "kept": {"train": 7}}}},
    metrics={"valid_note_f1": 0.25, "valid_exact": 0.125},
    musicae_version="0.1.0",
)


def model() -> MusicVAE:
    """Return a small model with a counter that is no float."""
    torch.manual_seed(0)
    made = MusicVAE(CONFIG)
    made.trained_steps.fill_(2**40 + 1)
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a good checkpoint."""
    save_checkpoint(tmp_path / "good.safetensors", model(), INFO)
    return tmp_path / "good.safetensors"


def rewrite(path: Path, metadata: dict[str, str] | None = None, **tensors: Any) -> None:
    """Replace metadata and tensors of a checkpoint; None takes a tensor out."""
    kept = {name: t for name, t in {**load(path.read_bytes()), **tensors}.items() if t is not None}
    with safe_open(path, framework="numpy") as file:
        old = file.metadata()
    save_file(kept, path, old if metadata is None else metadata)


def describe(path: Path, **changes: Any) -> None:
    """Change fields of a checkpoint's description."""
    rewrite(path, {"musicae": json.dumps({**to_dict(INFO), **changes})})


def test_everything_said_is_read_back(path: Path) -> None:
    assert read_info(path) == INFO == with_changes(INFO)
    again, info = load_checkpoint(path)
    assert info == INFO and again.config == CONFIG and not again.training
    theirs = again.state_dict()
    for name, tensor in model().state_dict().items():
        assert torch.equal(theirs[name], tensor) and theirs[name].dtype == tensor.dtype, name


def test_the_description_is_read_without_weights(path: Path) -> None:
    data = path.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    path.write_bytes(data[:header] + b"\xff" * (len(data) - header))  # every float becomes not a number
    assert read_info(path) == INFO
    assert bool(load_checkpoint(path)[0].state_dict()["mean.bias"].isnan().all())


def test_the_same_model_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "again.safetensors", model(), INFO)
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.safetensors", "good.safetensors"], "nothing is left over"


def test_the_version_that_wrote_it_is_filled_in(path: Path) -> None:
    save_checkpoint(path, model(), with_changes(INFO, musicae_version=""))
    assert read_info(path) == with_changes(INFO, musicae_version=version("musicae"))
    save_checkpoint(path, model(), with_changes(INFO, musicae_version="0.0.7"))
    assert read_info(path).musicae_version == "0.0.7"


def test_a_file_is_always_written_in_the_current_format(path: Path) -> None:
    save_checkpoint(path, model(), with_changes(INFO, format_version=1))
    assert read_info(path) == INFO and INFO.format_version == FORMAT_VERSION == 2


def test_half_precision_halves_the_file_and_keeps_whole_numbers(path: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.safetensors"
    save_checkpoint(half, model(), INFO, half=True)
    assert {str(t.dtype) for t in load(half.read_bytes()).values()} == {"float16", "int64"}
    weights = 4 * sum(t.numel() for t in model().state_dict().values())
    assert path.stat().st_size - half.stat().st_size == pytest.approx(weights / 2, abs=64)
    again = load_checkpoint(half)[0].state_dict()
    assert int(again["trained_steps"]) == 2**40 + 1
    for name, tensor in model().state_dict().items():
        assert again[name].dtype == tensor.dtype
        torch.testing.assert_close(again[name], tensor, rtol=1e-3, atol=1e-6)


def test_no_module_reads_or_writes_pickles() -> None:
    """Pickle runs code on loading; `torch.load` is allowed with `weights_only=True`, numpy's with `allow_pickle=False`."""
    for file in sorted(Path(musicae.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
                assert not {"pickle", "dill", "joblib", "shelve", "marshal"} & {n.split(".")[0] for n in names}, file
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "np.load"):
                given = {k.arg: ast.unparse(k.value) for k in node.keywords}
                safe = given.get("weights_only") == "True" or given.get("allow_pickle") == "False"
                assert safe, f"{file}:{node.lineno}"


def refusal(path: Path) -> str:
    """Return the message with which a checkpoint is refused."""
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(path)
    return str(error.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    assert refusal(path) == f"{path} does not exist. Give a checkpoint written by `musicae train`."


@pytest.mark.parametrize("content", [b"", b"MThd\x00\x00\x00\x06", b"\xff" * 100, pickle.dumps({"weight": 1})])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    assert refusal(path) == (f"{path} is not a safetensors file, or is damaged. Give a checkpoint written by `musicae train`.")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_files_that_were_cut_off_are_refused(share: float, path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert refusal(path) == (f"{path} is not a safetensors file, or is damaged. Give a checkpoint written by `musicae train`.")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path).startswith(f"{tmp_path} is not a safetensors file, or is damaged.")


@pytest.mark.parametrize("metadata", [{}, {"format": "pt"}])
def test_safetensors_of_others_are_refused(metadata: dict[str, str], path: Path) -> None:
    rewrite(path, metadata)
    assert (
        refusal(path)
        == f"{path} is not a checkpoint of musicae: its metadata lack the key 'musicae'. Give one written by `musicae train`."
    )


@pytest.mark.parametrize("written", [FORMAT_VERSION + 1, 0, None])
def test_other_formats_are_refused(written: int | None, path: Path) -> None:
    describe(path, format_version=written)
    assert refusal(path) == f"{path} has format {written}; this version of musicae reads formats 1 and 2. Update musicae."


def test_unknown_models_are_refused(path: Path) -> None:
    describe(path, model="diffusion")
    assert refusal(path) == f"{path} holds a model 'diffusion'; known are {', '.join(MODELS)}. Update musicae."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[1]", "'list' object has no attribute 'get'"),
        ('{"format_version": 1, "model": 3, "config": {}}', "CheckpointInfo.model in {path} must be str, got 3."),
        ('{"format_version": 1, "model": "a", "config": "x"}', "CheckpointInfo.config in {path} must be an object of named"),
        ('{"format_version": 1, "config": {}}', "CheckpointInfo in {path} is incomplete: "),
        ('{"format_version": 1, "model": "a", "config": {}, "licence": "x"}', "Unknown field 'licence' of CheckpointInfo in "),
        ('{"format_version": 1, "model": [], "config": {}}', "CheckpointInfo.model in {path} must be str, got []."),
        ('{"format_version": 1, "model": "a", "config": {}, "representation": "x"}', "CheckpointInfo.representation in "),
        ('{"format_version": 2, "domain": "music", "model": 3}', "CheckpointInfo.model in {path} must be str, got 3."),
        ('{"format_version": 2, "model": "a", "config": {}}', "CheckpointInfo in {path} is incomplete: "),
    ],
)
def test_damaged_metadata_are_refused(text: str, reason: str, path: Path) -> None:
    rewrite(path, {"musicae": text})
    message = refusal(path)
    assert message.startswith(f"{path} has damaged metadata ({reason.format(path=path)}") and message.endswith(
        "). Copy or train it again."
    )


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({**to_dict(CONFIG), "layers": 3}, "Unknown field 'layers' of MusicVAEConfig in "),
        ({**to_dict(CONFIG), "latent_size": "3"}, "MusicVAEConfig.latent_size in {path} must be int, got '3'."),
        ({**to_dict(CONFIG), "latent_size": 0}, "MusicVAE needs sizes of at least 1."),
        ({**to_dict(CONFIG), "encoder_size": 2**40}, ""),
    ],
)
def test_unusable_configurations_are_refused(config: Any, reason: str, path: Path) -> None:
    describe(path, config=config)
    assert refusal(path).startswith(f"{path} holds an unusable configuration. {reason.format(path=path)}")


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"mean.bias": None}, 'Missing key(s) in state_dict: "mean.bias".'),
        ({"extra": np.zeros(2, dtype=np.float32)}, 'Unexpected key(s) in state_dict: "extra".'),
        ({"mean.bias": np.zeros(7, dtype=np.float32)}, "size mismatch for mean.bias: copying a param with shape"),
    ],
)
def test_weights_of_another_model_are_refused(tensors: dict[str, Any], reason: str, path: Path) -> None:
    rewrite(path, **tensors)
    message = refusal(path)
    assert message.startswith(
        f"The weights in {path} do not fit its configuration: Error(s) in loading state_dict for MusicVAE: "
    )
    assert reason in message and "\n" not in message


def test_checkpoints_are_found_by_path_and_run_folder(path: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "best.safetensors").write_bytes(path.read_bytes())
    assert find_weights(path) == find_weights(str(path)) == path
    assert find_weights(run) == run / "best.safetensors"
    assert load_weights(run)[1] == INFO


def test_shipped_checkpoints_are_found_by_name_and_say_where_they_come_from() -> None:
    for name, file in shipped().items():
        assert find_weights(name) == file and file.stat().st_size <= 15 * 2**20
        info = read_info(file)
        assert info.model in MODELS and info.metrics
        sources = list(info.data["collections"].values()) if info.representation else [info.data]
        assert sources and all(source["licence"] for source in sources)
        assert file.with_suffix(".md").exists(), "every shipped checkpoint has a model card"


def test_unknown_names_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "musicae.checkpoints.shipped.shipped", lambda: {"melody-2bar": tmp_path / "a", "melody-4bar": tmp_path / "b"}
    )
    with pytest.raises(CheckpointError) as error:
        load_weights("melody-2bars")
    assert str(error.value) == (
        "There is no checkpoint 'melody-2bars': neither a file nor a shipped model; did you mean 'melody-2bar'? "
        "Shipped: melody-2bar, melody-4bar."
    )
    monkeypatch.setattr("musicae.checkpoints.shipped.shipped", dict)
    with pytest.raises(CheckpointError, match=re.escape("neither a file nor a shipped model. Shipped: none.")):
        find_weights(tmp_path)
